"""`train --time`: the number of steps that fits is kept in the run."""

from pathlib import Path
from typing import Any

import pytest

from nlp_apps.training import loop
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.time_limit import TimeLimit
from tests.apps.backwards import command, train
from tests.apps.trained_run import Trained
from tests.commands import fails

STEPS = 25


@pytest.fixture(scope="module")
def trained(shelf: Path) -> Trained:
    return train(shelf)


@pytest.fixture
def some_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes `STEPS` steps fit, however fast the machine is."""
    monkeypatch.setattr(TimeLimit, "steps", lambda *words, **options: STEPS)


@pytest.fixture(scope="module")
def words(trained: Trained) -> tuple[Any, ...]:
    recipe = trained.corpus / "backwards.toml"
    settings = ("training.eval_steps=10", "training.tensorboard=false", "data.test=validation.tsv")
    return (
        *("train", recipe),
        *(word for key in settings for word in ("--set", key)),
        *("--data-dir", trained.corpus, "--output"),
    )


@pytest.fixture(scope="module")
def unbroken(words: tuple[Any, ...], tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run of `STEPS` steps."""
    run = RunFolder(tmp_path_factory.mktemp("unbroken") / "run")
    assert command(*words, run.path, "--set", f"training.max_steps={STEPS}").code == 0
    return run


def interrupt_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Interrupts trainings at a step."""
    run_step = loop._Loop._run_step

    def run_or_interrupt(self: Any, *words: Any) -> Any:
        if self.state.step == step:
            raise KeyboardInterrupt
        return run_step(self, *words)

    monkeypatch.setattr(loop._Loop, "_run_step", run_or_interrupt)


@pytest.mark.usefixtures("some_fit")
@pytest.mark.parametrize("max_steps", [0, 40])
def test_an_interrupted_run_keeps_its_steps_and_ends_with_the_same_weights(
    words: tuple[Any, ...], unbroken: RunFolder, tmp_path: Path, max_steps: int
) -> None:
    run = RunFolder(tmp_path / "run")
    options = ("--time", "30m", "--set", f"training.max_steps={max_steps}")
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(patch, 15)
        result = command(*words, run.path, *options)
    assert result.code == 130
    assert f"{STEPS} of" in result.err
    assert run.read_json(run.time_limit) == {"max_steps": STEPS, "before": max_steps}
    result = command(*words, run.path, *options, "--resume")
    assert result.code == 0, result.err
    assert "--time has no effect" in result.err
    assert run.read_json(run.summary)["steps"] == STEPS
    assert run.weights.read_bytes() == unbroken.weights.read_bytes()
    assert run.recipe.read_text("utf-8") == unbroken.recipe.read_text("utf-8")


@pytest.mark.usefixtures("some_fit")
def test_epochs_prolong_a_run_with_a_time_limit(words: tuple[Any, ...], tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    assert command(*words, run.path, "--time", "30m").code == 0
    result = command("train", "--output", run.path, "--resume", "--set", "training.epochs=7")
    assert result.code == 0, result.err
    assert run.read_json(run.summary)["steps"] > STEPS
    assert "max_steps = 0\n" in run.recipe.read_text("utf-8")


def test_a_time_that_suffices_changes_nothing(words: tuple[Any, ...], tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    options = ("--set", "training.epochs=1", "--time", "20h")
    result = command(*words, run.path, *options)
    assert result.code == 0, result.err
    assert not run.time_limit.exists()
    assert "compile_seconds" in result.out


def test_a_wrong_time_stops_before_anything_is_written(
    words: tuple[Any, ...], tmp_path: Path
) -> None:
    fails(command(*words, tmp_path / "run", "--time", "soon"), 2, "--time", "30m", "'soon'")
    assert not (tmp_path / "run").exists()
