"""Servers that several test files share."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlp_apps.server.app import create_app
from nlp_apps.server.limits import Limits
from nlp_apps.server.middleware import App
from nlp_apps.server.model_signatures import Arrays
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry
from tests.server.registries import Loader
from tests.toy_server import (
    Toy,
    fake_folder,
    fake_model,
    serving,
    write_half_plus_two,
    write_uppercase,
)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    """An app with two SavedModels and a broken one."""
    folder = tmp_path_factory.mktemp("models")
    write_uppercase(folder / "uppercase" / "3")
    write_half_plus_two(folder / "half_plus_two" / "1")
    fake_folder(folder, "broken/1")
    with serving(folder, Limits(max_text_bytes=1000, max_body_bytes=100_000)) as toy:
        yield toy


@pytest.fixture(scope="module")
def locked(toy: Toy) -> App:
    """The same models behind the token `sesame`."""
    return create_app(toy.registry, Limits(), toy.metrics, token="sesame")


class SlowModel:
    """A model that returns when `may_return` is set."""

    def __init__(self) -> None:
        self.may_return = threading.Event()
        self.calls: list[int] = []

    def run(self, arrays: Arrays) -> Arrays:
        self.calls.append(len(arrays["text"]))
        assert self.may_return.wait(60)
        return {"out": arrays["text"]}


@pytest.fixture
def slow() -> SlowModel:
    return SlowModel()


@contextlib.contextmanager
def slow_server(folder: Path, slow: SlowModel, timeout: float) -> Iterator[Toy]:
    limits = Limits(max_batch=2, max_queue=4, max_rows=4, max_requests=8, timeout=timeout)
    models = fake_folder(folder, "slow/1")
    with serving(models, limits, loader=lambda _: fake_model(slow.run)) as toy:
        yield toy
        slow.may_return.set()


@pytest.fixture
def slow_toy(tmp_path: Path, slow: SlowModel) -> Iterator[Toy]:
    """A slow model behind a server that waits for it, also on a busy machine."""
    with slow_server(tmp_path, slow, timeout=60.0) as toy:
        yield toy


@pytest.fixture
def hasty_toy(tmp_path: Path, slow: SlowModel) -> Iterator[Toy]:
    """A slow model behind a server with a short timeout."""
    with slow_server(tmp_path, slow, timeout=2) as toy:
        yield toy


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def registry(tmp_path: Path, loader: Loader) -> Iterator[ModelRegistry]:
    registry = ModelRegistry(tmp_path, Limits(), Metrics(), loader)
    yield registry
    registry.stop()
