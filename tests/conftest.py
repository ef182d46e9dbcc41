"""Fixtures that all tests share, and the order of files."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.commands import process_as_it_was
from tests.tiny_models import shelf as shelf
from tests.tiny_models import tiny_lite as tiny_lite
from tests.tiny_models import tiny_run as tiny_run
from tests.tiny_models import tiny_saved_model as tiny_saved_model

# The same inputs every time, however long one takes: a test that fails fails for everybody.
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
    "test_generation.py",
    "test_export.py",
    "test_translation.py",
    "test_resume.py",
    "test_graph_tokenizer.py",
    "test_lite_tokenizer.py",
    "test_browser.py",
    "test_loop.py",
    "test_explain.py",
    "test_export_clients.py",
    "test_translator.py",
    "test_server_page.py",
    "test_recall.py",
)
"""Files that take longest, longest first: where they come last, one process waits for another."""


@pytest.fixture(autouse=True)
def own_process() -> Iterator[None]:
    """Whatever ran before in this process, each test finds it the same."""
    with process_as_it_was():
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files that take longest first."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))
