"""A tiny SavedModel of each task."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nlp_apps.export import parity
from nlp_apps.inference.saved_model import SavedModel
from tests.export.saved_model import TASKS
from tests.tiny_models import Made


@pytest.fixture(scope="module", params=TASKS)
def task(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", autouse=True)
def few_texts() -> Iterator[None]:
    """Compares fewer texts than an export by a user does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parity, "NUM_TEXTS", 10)
        yield


@pytest.fixture(scope="module")
def trained(task: str, tiny_run: Made) -> Path:
    return tiny_run(task)


@pytest.fixture(scope="module")
def exported(task: str, tiny_saved_model: Made) -> Path:
    """The SavedModel of a tiny run."""
    return tiny_saved_model(task)


@pytest.fixture(scope="module")
def model(task: str, exported: Path) -> SavedModel:
    return SavedModel(exported, task)
