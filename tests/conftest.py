"""Fixtures that all tests share, and the order of files."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.commands import restored_process
from tests.interrupts import accept_interrupts
from tests.tiny_models import shelf as shelf
from tests.tiny_models import tiny_hub as tiny_hub
from tests.tiny_models import tiny_lite as tiny_lite
from tests.tiny_models import tiny_onnx as tiny_onnx
from tests.tiny_models import tiny_run as tiny_run
from tests.tiny_models import tiny_saved_model as tiny_saved_model

accept_interrupts()

# The same inputs in every run, without a time limit: a failure is reproducible.
settings.register_profile(
    "suite",
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")

LONGEST = (
    "test_tflite.py",
    "test_tflite_parity.py",
    "test_lite_networks.py",
    "test_generation_predict.py",
    "test_generation.py",
    "test_saved_model_signatures.py",
    "test_saved_model_export.py",
    "test_translation.py",
    "test_translation_errors.py",
    "test_resume.py",
    "test_graph_tokenizer.py",
    "test_lite_tokenizer.py",
    "test_browser_page.py",
    "test_loop_resume.py",
    "test_explain.py",
    "test_saved_model_clients.py",
    "test_translator.py",
    "test_recall.py",
)
"""The slowest files, slowest first. Run last, they would leave one of two processes idle."""


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Each test starts with the same process state."""
    with restored_process():
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts the slowest files first."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))
