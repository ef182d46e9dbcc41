"""The `.tflite` of a tiny run of each task, made once for all tests that ask for it."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

Exported = Callable[[str], Path]


@pytest.fixture(scope="session")
def tiny_lite(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Gives the `.tflite` of a task, beside its parity.json and vectors.json; not to be changed."""

    @functools.cache
    def exported(task: str) -> Path:
        from nlp_apps.export import parity
        from nlp_apps.tasks import export as exporting
        from tests import tiny_runs
        from tests.commands import run

        folder = tmp_path_factory.mktemp(f"{task}_lite")
        trained = tiny_runs.train(task, folder)
        with pytest.MonkeyPatch.context() as patch:  # fewer texts than a user's proof
            patch.setattr(exporting, "NUM_TEXTS", 10)
            patch.setattr(parity, "TIMED", 2)
            words = ["export", trained, "--to", folder / "tiny", "--format", "tflite"]
            done = run(tiny_runs.APPS[task], [*words, "--quantize", "none"])
        assert done.code == 0, done.err
        return folder / "tiny" / "tiny.tflite"

    return exported
