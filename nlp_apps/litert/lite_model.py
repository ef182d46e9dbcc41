"""A loaded `.tflite`."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nlp_apps.errors import UsageError, is_out_of_memory
from nlp_apps.io import quiet_tensorflow
from nlp_apps.litert.file_model import FileModel


class LiteModel(FileModel):
    """A `.tflite` in the LiteRT runtime."""

    runtime = "LiteRT"
    errors = (ValueError, RuntimeError, KeyError, TypeError, MemoryError, OverflowError)

    def import_runtime(self) -> None:
        """Imports LiteRT."""
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            if is_out_of_memory(error):
                raise
            raise UsageError(
                f"{self.path}: needs the LiteRT runtime. Install it: "
                "pip install 'ai-edge-litert>=2.3,<3'."
            ) from None
        self._interpreter_class = Interpreter
        self._runners: dict[str, Any] = {}

    def open(self, threads: int) -> None:
        """Loads the file."""
        self._interpreter = self._interpreter_class(os.fsencode(self.path), num_threads=threads)
        self.signatures = set(self._interpreter.get_signature_list())

    def input_shapes(self, signature: str) -> Mapping[str, Sequence[int]]:
        """Returns the shapes of the inputs of a signature, by name."""
        details = self._interpreter.get_signature_runner(signature).get_input_details()
        return {name: one["shape"] for name, one in details.items()}

    def output_shapes(self, signature: str) -> Mapping[str, Sequence[int]]:
        """Returns the shapes of the outputs of a signature, by name."""
        details = self._interpreter.get_signature_runner(signature).get_output_details()
        return {name: one["shape"] for name, one in details.items()}

    def zero_inputs(self, signature: str) -> dict[str, np.ndarray]:
        """Returns zeros for every input of a signature."""
        details = self._interpreter.get_signature_runner(signature).get_input_details()
        return {name: np.zeros(one["shape"], one["dtype"]) for name, one in details.items()}

    def call(self, signature: str, inputs: dict[str, Any]) -> dict[str, np.ndarray]:
        """Runs a signature."""
        if signature in self._runners:
            return self._runners[signature](**inputs)
        runner = self._interpreter.get_signature_runner(signature)
        with quiet_tensorflow.hold_back_native_stderr():  # the runtime logs its preparation
            outputs: dict[str, np.ndarray] = runner(**inputs)
        self._runners[signature] = runner
        return outputs
