"""Fixtures of the tests of training."""

from pathlib import Path

import pytest

from nlp_apps.plots import learning_curves
from nlp_apps.training.run_folder import RunFolder


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_curves, "draw", lambda rows, path: None)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """An empty run folder."""
    folder = RunFolder(tmp_path / "run")
    folder.create()
    return folder
