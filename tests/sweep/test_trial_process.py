"""Tests of a trial in a process of its own."""

from pathlib import Path

import pytest

pytest.importorskip("optuna", reason="Optuna is an extra")

from nlp_apps.errors import WorkError
from nlp_apps.io.folder_lock import locked_folder
from nlp_apps.sweep import trial_process
from nlp_apps.sweep.trial_process import TrialEnd, run_trial
from nlp_apps.training.run_folder import RunFolder


def run(folder: Path, *words: str) -> TrialEnd:
    found = RunFolder(folder / "run")
    return run_trial(words, found, folder / "log", "validation_loss", lambda *_: False)


def test_a_trial_that_another_process_still_trains_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_process, "SECONDS_TO_END", 0.1)
    monkeypatch.setattr(trial_process, "POLL_SECONDS", 0.01)
    with (
        locked_folder(tmp_path / "run"),
        pytest.raises(WorkError, match="still runs.*process.lock.*--resume") as caught,
    ):
        run(tmp_path, "sentiment", "--help")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "log").exists()


def test_an_error_is_that_of_the_trial_and_not_of_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("nlp-apps: error: an older one\n")
    assert trial_process._error(tmp_path / "log", 0, 1) == "an older one"
    end = run(tmp_path, "no_app")
    assert end.error == "exit code 1"
