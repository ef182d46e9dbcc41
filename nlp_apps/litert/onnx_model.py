"""A loaded `.onnx`.

The graph has an input `signature`, the union of the inputs of all signatures, and each output as
SIGNATURE.NAME. Inputs of other signatures are zeros.
"""

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nlp_apps.errors import UsageError, WorkError, is_out_of_memory
from nlp_apps.litert.expected_signatures import fits
from nlp_apps.litert.file_model import FileModel
from nlp_apps.litert.onnx_properties import read_signatures

SIGNATURE = "signature"
"""Input with the name of the signature to run, <string>[1]."""

TYPES = {"tensor(int32)": np.int32, "tensor(float)": np.float32}

INTEGERS = {"ids", "count", "counts", "codepoints"}
"""Outputs that are integers in every signature."""

MAX_VALUES = 1 << 26
"""Values of an input that a file of this package never reaches."""


class OnnxModel(FileModel):
    """An `.onnx` in ONNX Runtime."""

    runtime = "ONNX"
    errors = (Exception,)  # The classes of the runtime have no other base.

    def import_runtime(self) -> None:
        """Imports ONNX Runtime."""
        try:
            import onnxruntime
        except ImportError as error:
            if is_out_of_memory(error):
                raise
            raise UsageError(
                f"{self.path}: needs ONNX Runtime. Install it: pip install 'nlp-apps[onnx]'."
            ) from None
        self._runtime = onnxruntime

    def open(self, threads: int) -> None:
        """Loads the file."""
        options = self._runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4  # Errors are raised as well.
        self._session = self._runtime.InferenceSession(
            os.fspath(self.path), options, providers=["CPUExecutionProvider"]
        )
        self._signatures = read_signatures(self.path)
        self._zeros = {
            one.name: np.zeros(_sizes(one.shape), TYPES[one.type])
            for one in self._session.get_inputs()
            if one.name != SIGNATURE
        }
        for inputs in self._signatures.values():
            for name, shape in inputs.items():
                if name not in self._zeros:
                    raise WorkError(f"it has no input {name}")
                _sizes(shape)
        self._outputs: dict[str, list[str]] = {name: [] for name in self._signatures}
        for one in self._session.get_outputs():
            signature, _, name = one.name.partition(".")
            kind = TYPES.get(one.type)
            if kind is None or (name in INTEGERS and kind is not np.int32):
                raise WorkError(f"{one.name} is a {one.type}")
            self._outputs[signature].append(name)
        self._output_shapes = {one.name: one.shape for one in self._session.get_outputs()}
        self.signatures = set(self._outputs)

    def input_shapes(self, signature: str) -> Mapping[str, Sequence[int]]:
        """Returns the shapes of the inputs of a signature, by name."""
        return self._signatures[signature]

    def output_shapes(self, signature: str) -> Mapping[str, Sequence[int]]:
        """Returns the shapes of the outputs of a signature, by name."""
        names = self._outputs[signature]
        return {name: self._output_shapes[f"{signature}.{name}"] for name in names}

    def zero_inputs(self, signature: str) -> dict[str, np.ndarray]:
        """Returns zeros for every input of a signature."""
        shapes = self.input_shapes(signature)
        return {
            name: np.zeros(_sizes(shape), self._zeros[name].dtype) for name, shape in shapes.items()
        }

    def call(self, signature: str, inputs: dict[str, Any]) -> dict[str, np.ndarray]:
        """Runs a signature."""
        names = self._outputs[signature]
        values = self._session.run(
            [f"{signature}.{name}" for name in names],
            {**self._zeros, **inputs, SIGNATURE: np.array([signature], object)},
        )
        found = dict(zip(names, values, strict=True))
        for name, shape in self.output_shapes(signature).items():  # The runtime does not check it.
            if not fits(found[name].shape, tuple(map(_size_or_none, shape))):
                raise WorkError(f"{name} has the shape {list(found[name].shape)}, not {shape}")
        return found


def _size_or_none(size: int | str | None) -> int | None:
    return size if isinstance(size, int) else None


def _sizes(shape: Sequence[int | str]) -> list[int]:
    """Returns a shape with 1 for sizes that differ between signatures."""
    sizes = [size if isinstance(size, int) else 1 for size in shape]
    if math.prod(sizes) > MAX_VALUES:
        raise WorkError(f"an input of {math.prod(sizes):,} values")
    return sizes
