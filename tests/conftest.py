"""Fixtures that all tests share, and the order of files."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from nlp_apps.export import parity
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
    "test_several_languages.py",
    "test_fine_tuned_languages.py",
    "test_hub_export.py",
    "test_group_training.py",
    "test_batch_command.py",
    "test_markup_artefacts.py",
    "test_fine_tuning.py",
    "test_time_limit.py",
    "test_pointer_exports.py",
    "test_letter_exports.py",
    "test_stored_text.py",
    "test_multi_label.py",
    "test_fine_tuned_label_sets.py",
    "test_train_step.py",
    "test_onnx.py",
    "test_onnx_web.py",
    "test_retracing.py",
    "test_sweep_command.py",
    "test_replicas.py",
)
"""The slowest files, slowest first. Run last, they would leave one of two processes idle."""


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Each test starts with the same process state."""
    with restored_process():
        yield


@pytest.fixture(scope="session", autouse=True)
def short_exports() -> Iterator[None]:
    """Exports compare and time fewer texts than those of a user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parity, "NUM_TEXTS", 40)
        patch.setattr(parity, "TIMED_TEXTS", 2)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts the slowest files first."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))
