"""What a SavedModel says of itself: its signatures, read from saved_model.pb without loading it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import json_format, message
from tensorflow.core.protobuf import saved_model_pb2

from nlp_apps.errors import WorkError
from nlp_apps.server.model_folders import GRAPH

Shape = tuple[int | None, ...] | None
"""Sizes of the axes, None where any will do; None for a tensor of any rank."""


@dataclass(frozen=True)
class Tensor:
    """One input or output.

    Attributes:
        name: As clients write it.
        dtype: TensorFlow's name: `string`, `int32`, `float32`, `bool`...
        shape: Its axes; axis 0 is None where it counts the rows of a batch.
        default: What an input is when a request leaves it out.
    """

    name: str
    dtype: str
    shape: Shape
    default: np.ndarray[Any, Any] | None = None

    @property
    def has_rows(self) -> bool:
        """Whether axis 0 is the batch."""
        return bool(self.shape) and self.shape is not None and self.shape[0] is None

    def told(self) -> dict[str, Any]:
        """The tensor in JSON's types, -1 for an axis of any size."""
        shape = None if self.shape is None else [-1 if n is None else n for n in self.shape]
        told = {"dtype": self.dtype, "shape": shape}
        if self.default is not None and self.default.dtype != object:
            told["default"] = self.default.tolist()
        return told


@dataclass(frozen=True)
class Signature:
    """One function of a SavedModel.

    Attributes:
        name: As in `signature_name`.
        inputs: By name, in the order of names.
        outputs: By name, in the order of names.
    """

    name: str
    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]

    @cached_property
    def has_rows(self) -> bool:
        """Whether requests are rows: axis 0 of every input is the batch."""
        return all(tensor.has_rows for tensor in self.inputs.values())

    @cached_property
    def takes_rows(self) -> bool:
        """Whether rows can be put together: those of an input of any rank are its axis 0."""
        return all(tensor.has_rows or tensor.shape is None for tensor in self.inputs.values())

    @cached_property
    def mergeable(self) -> bool:
        """Whether requests can share a call without one being seen in the answer of another.

        An output with a further axis of unknown size, attention over words for instance, is as wide
        as the widest row of its batch, and one without the axis of the batch, a sum for instance,
        is of all rows: such requests run alone.
        """
        return self.has_rows and all(
            tensor.has_rows and tensor.shape is not None and None not in tensor.shape[1:]
            for tensor in self.outputs.values()
        )

    def told(self) -> dict[str, Any]:
        """The signature in JSON's types."""
        return {
            "inputs": {name: tensor.told() for name, tensor in self.inputs.items()},
            "outputs": {name: tensor.told() for name, tensor in self.outputs.items()},
        }


def read(folder: Path) -> tuple[dict[str, Signature], dict[str, Any]]:
    """Reads the signatures of a SavedModel.

    Args:
        folder: the version's folder.

    Returns:
        The signatures that have inputs and outputs, by name; and all of them as TF Serving's
        `/metadata` shows them.

    Raises:
        WorkError: the file is no SavedModel, or has no graph for serving; in words that hold no
            path, because clients see them.
        OSError: the file cannot be read.
    """
    proto = saved_model_pb2.SavedModel()
    try:
        proto.ParseFromString((folder / GRAPH).read_bytes())
    except message.DecodeError as error:
        raise WorkError(f"{GRAPH} is not a SavedModel.") from error
    for graph in proto.meta_graphs:
        if "serve" in graph.meta_info_def.tags:
            definitions = {name: graph.signature_def[name] for name in sorted(graph.signature_def)}
            break
    else:
        raise WorkError(f"{GRAPH} has no graph with the tag 'serve'.")
    signatures = {
        name: _signature(name, definition)
        for name, definition in definitions.items()
        if definition.inputs and definition.outputs
    }
    told = {
        name: json_format.MessageToDict(
            definition, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )
        for name, definition in definitions.items()
    }
    return signatures, told


def _signature(name: str, definition: Any) -> Signature:
    """A signature from its protocol buffer."""
    defaults = {key: tf.make_ndarray(value) for key, value in definition.defaults.items()}
    return Signature(
        name,
        {
            key: _tensor(key, definition.inputs[key], defaults.get(key))
            for key in sorted(definition.inputs)
        },
        {key: _tensor(key, definition.outputs[key]) for key in sorted(definition.outputs)},
    )


def _tensor(name: str, info: Any, default: np.ndarray[Any, Any] | None = None) -> Tensor:
    """A tensor from its protocol buffer."""
    shape = None
    if not info.tensor_shape.unknown_rank:
        shape = tuple(None if dim.size < 0 else dim.size for dim in info.tensor_shape.dim)
    if default is not None and shape is not None and default.ndim == len(shape) - 1:
        default = default[np.newaxis]  # One value for every row.
    return Tensor(name, tf.dtypes.as_dtype(info.dtype).name, shape, default)
