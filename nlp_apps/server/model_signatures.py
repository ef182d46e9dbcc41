"""Signatures of a SavedModel, read from saved_model.pb without loading the model."""

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

Arrays = dict[str, np.ndarray[Any, Any]]
"""Inputs or outputs of a signature, by name."""

Shape = tuple[int | None, ...] | None
"""Sizes of the axes, None for any size; None for a tensor of any rank."""


@dataclass(frozen=True)
class Tensor:
    """One input or output.

    Attributes:
        name: Name in requests and responses.
        dtype: TensorFlow's name: `string`, `int32`, `float32`, `bool`...
        shape: Sizes of the axes; axis 0 is None if it is the batch dimension.
        default: Value of an omitted input; None: the input is required.
    """

    name: str
    dtype: str
    shape: Shape
    default: np.ndarray[Any, Any] | None = None

    @property
    def has_rows(self) -> bool:
        """True if axis 0 is the batch dimension."""
        return bool(self.shape) and self.shape is not None and self.shape[0] is None

    def to_dict(self) -> dict[str, Any]:
        """Returns the tensor in JSON's types; an axis of any size is -1."""
        shape = None if self.shape is None else [-1 if n is None else n for n in self.shape]
        as_dict = {"dtype": self.dtype, "shape": shape}
        if self.default is not None and self.default.dtype != object:
            as_dict["default"] = self.default.tolist()
        return as_dict


@dataclass(frozen=True)
class Signature:
    """One function of a SavedModel.

    Attributes:
        name: `signature_name` in requests.
        inputs: By name, sorted.
        outputs: By name, sorted.
    """

    name: str
    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]

    @cached_property
    def has_rows(self) -> bool:
        """True if every input has the batch dimension."""
        return all(tensor.has_rows for tensor in self.inputs.values())

    @cached_property
    def accepts_rows(self) -> bool:
        """True if rows can be stacked: axis 0 of an input of any rank counts as the batch."""
        return all(tensor.has_rows or tensor.shape is None for tensor in self.inputs.values())

    @cached_property
    def mergeable(self) -> bool:
        """True if requests can share a call without an effect on each other's outputs.

        An output with a second axis of unknown size, for instance attention weights, is as wide as
        the widest row of its batch. An output without the batch dimension, for instance a sum,
        depends on all rows. Requests to such signatures run alone.
        """
        return self.has_rows and all(
            tensor.has_rows and tensor.shape is not None and None not in tensor.shape[1:]
            for tensor in self.outputs.values()
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the signature in JSON's types."""
        return {
            "inputs": {name: tensor.to_dict() for name, tensor in self.inputs.items()},
            "outputs": {name: tensor.to_dict() for name, tensor in self.outputs.items()},
        }


def read(folder: Path) -> tuple[dict[str, Signature], dict[str, Any]]:
    """Reads the signatures of a SavedModel.

    Args:
        folder: NAME/VERSION.

    Returns:
        The signatures that have inputs and outputs, by name; and all signature definitions in the
        form of TF Serving's `/metadata`.

    Raises:
        WorkError: the file is not a SavedModel, or has no serving graph. The message is for
            clients and holds no path.
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
    metadata = {
        name: json_format.MessageToDict(
            definition, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )
        for name, definition in definitions.items()
    }
    return signatures, metadata


def _signature(name: str, definition: Any) -> Signature:
    """Returns the signature of a SignatureDef."""
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
    """Returns the tensor of a TensorInfo."""
    shape = None
    if not info.tensor_shape.unknown_rank:
        shape = tuple(None if dim.size < 0 else dim.size for dim in info.tensor_shape.dim)
    if default is not None and shape is not None and default.ndim == len(shape) - 1:
        default = default[np.newaxis]  # [1, ...]: one value for every row
    return Tensor(name, tf.dtypes.as_dtype(info.dtype).name, shape, default)
