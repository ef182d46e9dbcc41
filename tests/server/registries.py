"""Model loaders, folders and predictions for the tests of the registry."""

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps.server.loaded_model import LoadedModel
from nlp_apps.server.model_signatures import Arrays
from nlp_apps.server.predict_request import PredictInputs
from nlp_apps.server.registry import ModelRegistry
from tests.toy_server import fake_model, texts


class Loader:
    """Loads models that return their NAME/VERSION.

    It fails for `broken`. Those in `slow`, or all if there is no such set, wait for `may_load`.
    """

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.slow: set[str] | None = None
        self.loaded: list[str] = []
        self.may_load = threading.Event()
        self.may_load.set()
        self.may_return = threading.Event()
        self.may_return.set()
        self.is_called = threading.Event()

    def __call__(self, folder: Path) -> LoadedModel:
        mark = f"{folder.parent.name}/{folder.name}"
        if self.slow is None or mark in self.slow:
            assert self.may_load.wait(60)
        self.loaded.append(mark)
        if mark in self.broken:
            raise ValueError(f"{folder} is broken")

        def run(arrays: Arrays) -> Arrays:
            self.is_called.set()
            assert self.may_return.wait(60)
            return {"out": np.array([mark.encode()] * len(arrays["text"]), dtype=object)}

        return fake_model(run)


def predict(registry: ModelRegistry, name: str, number: int | None = None) -> str:
    """Returns the prediction for one text."""
    found = registry.resolve(name, number)
    signature = found.model.signatures["serving_default"]
    pending = found.queue.submit(signature, PredictInputs({"text": texts("a")}, 1))
    return str(pending.future.result(timeout=60)["out"][0].decode())


def states(registry: ModelRegistry, name: str) -> list[tuple[int, str]]:
    """Returns number and state of every version of a model."""
    return [(version.number, version.state) for version in registry.versions(name)]


def make_unreadable(monkeypatch: pytest.MonkeyPatch, errors: dict[str, OSError]) -> None:
    """Makes folders unreadable by name, also for root, who can read every real one."""
    scandir = os.scandir

    def scan(folder: Any) -> Any:
        name = Path(str(folder)).name  # Some callers pass a file descriptor.
        if name in errors:
            raise errors[name]
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", scan)
