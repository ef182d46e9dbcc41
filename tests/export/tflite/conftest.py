"""A tiny `.tflite` of each task."""

from pathlib import Path

import pytest

from nlp_apps.export import parity
from tests.export.tflite import TASKS
from tests.tiny_models import Made


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def file(task: str, tiny_lite: Made) -> Path:
    return tiny_lite(task)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "NUM_TEXTS", 20)
