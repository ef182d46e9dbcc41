"""Models in Python for a server under attack; none of them needs TensorFlow.

The folders of a server name them: `uppercase`, `slow` (sleeps as many seconds as a text has
bytes), `large` (its output has 1 MB per row), `numbers` (numbers of any shape), and `marked`
(writes its version before each text, and is loaded in `LOAD_SECONDS`).
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.server.loaded_model import LoadedModel
from nlp_apps.server.model_signatures import Arrays, Signature, Tensor

TEXT = Tensor("text", "string", (None,))
NUMBERS = Tensor("numbers", "float64", None)

Function = Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]

LOAD_SECONDS = 2.5
"""Longer than nginx leaves out a failed replica, in deploy/nginx: it meets one that still loads."""


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
    rows = np.atleast_1d(values)
    return np.full(len(rows), rows.size // max(1, len(rows)), np.int64)


def marked(version: str, texts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Returns `VERSION TEXT` for each text, after 10 ms."""
    time.sleep(0.01)
    return np.array([f"{version} ".encode() + text for text in texts], dtype=object)


MODELS: dict[str, Function] = {found.__name__: found for found in (uppercase, slow, large, numbers)}


def load(version: Path, *, trust: bool) -> LoadedModel:
    """Returns the model of a folder NAME/VERSION."""
    del trust
    name = version.parent.name
    tensor = NUMBERS if name == "numbers" else TEXT
    output = Tensor("out", "int64" if name == "numbers" else "string", (None,))
    name_of_call = "serving_default"
    signature = Signature(name_of_call, {tensor.name: tensor}, {"out": output})
    function: Function | None = MODELS.get(name)
    if function is None:
        time.sleep(LOAD_SECONDS)
        function = partial(marked, version.name)
    return PythonModel({name_of_call: signature}, {}, {"task": name}, function)
