"""`nlp-apps serve` with models in Python, without TensorFlow, whose import is slow and large.

    python -m tests.attack.fast_server DIR [argument of nlp-apps serve ...]

The folders of DIR name the models: `uppercase`, `slow` (sleeps as many seconds as a text has
bytes), `large` (its output has 1 MB per row), and `numbers` (numbers of any shape).
"""

import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

_UNUSED = (
    "tensorflow",
    "tensorflow.core",
    "tensorflow.core.protobuf",
    "tensorflow_serving",
    "tensorflow_serving.apis",
    "tensorflow_serving.config",
)
sys.modules.update({name: MagicMock() for name in _UNUSED})

import numpy as np  # noqa: E402

from nlp_apps import serve  # noqa: E402
from nlp_apps.server import process  # noqa: E402
from nlp_apps.server.loaded_model import LoadedModel  # noqa: E402
from nlp_apps.server.model_signatures import Arrays, Signature, Tensor  # noqa: E402

TEXT = Tensor("text", "string", (None,))
NUMBERS = Tensor("numbers", "float64", None)


class PythonModel(LoadedModel):
    """A model that calls a Python function."""

    def run(self, signature: Signature, arrays: Arrays) -> Arrays:
        """Calls the function."""
        return {"out": self.loaded(next(iter(arrays.values())))}


def uppercase(texts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Returns the texts in upper case."""
    return np.array([text.upper() for text in texts], dtype=object)


def slow(texts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Sleeps as many seconds as the longest text has bytes."""
    time.sleep(max(map(len, texts)))
    return texts


def large(texts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Returns 1 MB per text."""
    return np.array([b"x" * 1_000_000 for _ in texts], dtype=object)


def numbers(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Returns the number of values per row."""
    return np.full(len(values), values.size // max(1, len(values)), np.int64)


MODELS = {found.__name__: found for found in (uppercase, slow, large, numbers)}


def load(version: Path, *, trust: bool) -> LoadedModel:
    """Returns the model of a folder NAME/VERSION."""
    del trust
    name = version.parent.name
    tensor = NUMBERS if name == "numbers" else TEXT
    output = Tensor("out", "int64" if name == "numbers" else "string", (None,))
    name_of_call = "serving_default"
    signature = Signature(name_of_call, {tensor.name: tensor}, {"out": output})
    return PythonModel({name_of_call: signature}, {}, {"task": name}, MODELS[name])


if __name__ == "__main__":
    process.__dict__["load"] = load
    sys.exit(serve.main(sys.argv[1:]))
