"""A training that is interrupted before its first step resumes as if it had not been."""

from pathlib import Path
from typing import Any

import pytest

from nlp_apps.tasks import training_run
from nlp_apps.tasks.translation_task import TranslationTask
from nlp_apps.training import loop
from nlp_apps.training.run_folder import RunFolder
from tests.training.test_resume import write_recipe


class StopTrainingError(Exception):
    """An exception in place of a kill."""


def stop(*_: Any, **__: Any) -> None:
    raise StopTrainingError


@pytest.fixture
def train(monkeypatch: pytest.MonkeyPatch) -> Any:
    def train_until(owner: Any, name: str, recipe: Path, run: Path, *, resume: bool) -> str:
        """Trains until a function is called; returns the recipe of the run folder."""
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, stop)
            with pytest.raises(StopTrainingError):
                training_run.train("translation", recipe, run_dir=str(run), resume=resume)
        return RunFolder(run).recipe.read_text("utf-8")

    return train_until


def test_a_vocabulary_size_of_the_user_is_never_lowered(train: Any, tmp_path: Path) -> None:
    """The text of the recipe has 273 characters and bytes; the user wrote 300."""
    recipe, run = write_recipe(tmp_path), tmp_path / "run"
    first = train(TranslationTask, "prepare", recipe, run, resume=False)
    assert "vocabulary_size = 300" in first
    assert train(loop, "fit", recipe, run, resume=True) == first
    assert train(loop, "fit", recipe, run, resume=True) == first


def test_a_chosen_vocabulary_size_is_lowered_where_a_run_was_interrupted(
    train: Any, tmp_path: Path
) -> None:
    recipe, run = write_recipe(tmp_path), tmp_path / "run"
    text = recipe.read_text("utf-8").replace("vocabulary_size = 300\n", "")
    recipe.write_text(text, encoding="utf-8")
    wanted = train(loop, "fit", recipe, tmp_path / "unbroken", resume=False)
    assert train(training_run, "lower_vocabulary", recipe, run, resume=False) != wanted
    assert train(loop, "fit", recipe, run, resume=True) == wanted
    assert train(loop, "fit", recipe, run, resume=True) == wanted
