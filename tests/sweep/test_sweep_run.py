"""Tests of sweeps whose trainings are faked."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("optuna", reason="Optuna is an extra")

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.recipe import load as recipes
from nlp_apps.sweep import space
from nlp_apps.sweep.study import Study
from nlp_apps.sweep.sweep_folder import SweepFolder
from nlp_apps.sweep.sweep_run import SweepOptions, check_space, sweep
from nlp_apps.sweep.trial_process import TrialEnd
from nlp_apps.training.run_folder import RunFolder

LIST, RANGE = "model.units=16,32,64", "training.learning_rate=0.001..0.1"


class Killed(BaseException):
    """Replaces `kill -9`."""


class FakeTraining:
    """Trials whose accuracy has its peak at 32 units and a learning rate of 0.01.

    Args:
        evaluations: evaluations of a trial.
        kill_at: number of the evaluation, over all trials, at which the sweep is killed.
        fail_at: units of the trials that fail.
    """

    def __init__(self, *, evaluations: int = 3, kill_at: int = 0, fail_at: str = "") -> None:
        self.evaluations, self.kill_at, self.fail_at = evaluations, kill_at, fail_at
        self.words: list[list[str]] = []
        self.count = 0
        self.pruned = 0

    def __call__(
        self,
        words: Sequence[str],
        run: RunFolder,
        log: Path,
        score: str,
        on_score: Callable[[int, float], bool],
        deadline: float | None,
    ) -> TrialEnd:
        assert score == "validation_accuracy"
        self.words.append(list(words))
        run.create()
        run.recipe.touch()
        values = dict(word.split("=") for word in words if "=" in word)
        if values["model.units"] == self.fail_at:
            return TrialEnd("the loss became NaN")
        peak = 0.9 - 0.1 * abs(math.log2(int(values["model.units"])) - 5)
        peak -= 0.2 * abs(math.log10(float(values.get("training.learning_rate", 0.01))) + 2)
        for evaluation in range(1, self.evaluations + 1):
            self.count += 1
            if self.count == self.kill_at:
                raise Killed
            if on_score(evaluation, peak * evaluation / self.evaluations):
                self.pruned += 1
                return TrialEnd(is_stopped=True)
        return TrialEnd()


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text('task = "sentiment"\n[data]\ntrain = "a.tsv"\n[model]\ndropout = 0.2\n')
    (tmp_path / "a.tsv").write_text("good\ta\n")
    return path


def options(recipe: Path, *words: str, **others: Any) -> SweepOptions:
    usual = {"num_trials": 6, "space": space.parse(words), "words": words}
    return SweepOptions(recipe, "sentiment", **{**usual, **others})


def run(settings: SweepOptions, folder: Path, training: FakeTraining) -> Any:
    return sweep(settings, check_space(settings), SweepFolder(folder), training)


def test_every_combination_is_tried_once_and_the_best_is_written(recipe: Path, tmp_path: Path):
    training = FakeTraining()
    trials = run(options(recipe, LIST, "training.epochs=3", num_trials=9), tmp_path / "s", training)
    tried = [word for words in training.words for word in words if word.startswith("model.u")]
    assert tried == ["model.units=16", "model.units=32", "model.units=64"]
    assert all("training.epochs=3" in words for words in training.words)
    assert trials[0].values == {"model.units": "32"}
    best = recipes.load(tmp_path / "s" / "best.toml", task="sentiment")
    assert (best.model.units, best.training.epochs, best.model.dropout) == (32, 3, 0.2)
    assert best.name == "mine-best"
    assert best.data.train == str(tmp_path / "a.tsv")
    assert (tmp_path / "s" / "sweep.png").read_bytes().startswith(b"\x89PNG")
    rows = (tmp_path / "s" / "trials.tsv").read_text().splitlines()
    assert rows[1].split("\t")[:3] == ["2", "32", "0.9"]


def test_every_integer_of_a_small_range_is_tried_once(recipe: Path, tmp_path: Path):
    settings = options(recipe, "model.num_layers=1..3", "model.units=16,32", num_trials=9)
    trials = run(settings, tmp_path / "s", FakeTraining())
    tried = {(trial.values["model.num_layers"], trial.values["model.units"]) for trial in trials}
    assert len(trials) == len(tried) == 6


def test_fewer_trials_than_a_sweep_has_are_no_end_of_the_time(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    run(options(recipe, LIST, num_trials=3), tmp_path / "s", FakeTraining())
    settings = options(recipe, LIST, num_trials=1, resume=True)
    assert len(run(settings, tmp_path / "s", FakeTraining())) == 3
    assert "time is used up" not in capsys.readouterr().err


def test_the_best_recipe_has_a_name_that_train_accepts(recipe: Path, tmp_path: Path):
    spaced = recipe.rename(tmp_path / "my words (2).toml")
    run(options(spaced, LIST), tmp_path / "s", FakeTraining())
    best = recipes.load(tmp_path / "s" / "best.toml", task="sentiment")
    assert best.name == "my-words-2--best"


def test_a_killed_sweep_continues_its_trial_with_the_values_of_an_unbroken_one(
    recipe: Path, tmp_path: Path
):
    whole = FakeTraining()
    wanted = run(options(recipe, LIST, RANGE), tmp_path / "whole", whole)
    broken = FakeTraining(kill_at=8)
    with pytest.raises(Killed):
        run(options(recipe, LIST, RANGE), tmp_path / "broken", broken)
    with open(tmp_path / "broken" / "study.jsonl", "a") as journal:
        journal.write('{"op_code":')  # the part of a line that was written last
    rest = FakeTraining()
    found = run(options(recipe, LIST, RANGE, resume=True), tmp_path / "broken", rest)
    assert "--resume" in rest.words[0]
    assert not any("--resume" in words for words in rest.words[1:])
    assert len(broken.words) + len(rest.words) == 7  # one of them twice
    assert [(trial.values, trial.score, trial.state) for trial in found] == [
        (trial.values, trial.score, trial.state) for trial in wanted
    ]


def test_a_failed_trial_is_recorded_and_the_sweep_continues(recipe: Path, tmp_path: Path):
    trials = run(options(recipe, LIST), tmp_path / "s", FakeTraining(fail_at="16"))
    assert [trial.state for trial in trials] == ["complete", "complete", "failed"]
    assert "the loss became NaN" in (tmp_path / "s" / "trials.tsv").read_text()


def test_a_sweep_whose_first_trials_fail_ends_with_their_error(recipe: Path, tmp_path: Path):
    settings = options(recipe, "model.units=16", RANGE)
    training = FakeTraining(fail_at="16")
    with pytest.raises(WorkError, match="first 3 trials failed.*the loss became NaN"):
        run(settings, tmp_path / "s", training)
    assert len(training.words) == 3


def test_hopeless_trials_are_pruned(recipe: Path, tmp_path: Path):
    for prunes, smallest in ((True, 1), (False, 0)):
        training = FakeTraining(evaluations=8)
        settings = options(recipe, LIST, RANGE, num_trials=12, prunes=prunes)
        trials = run(settings, tmp_path / str(prunes), training)
        assert (training.pruned >= 1) == prunes
        assert sum(trial.state == "pruned" for trial in trials) == training.pruned >= smallest
        assert trials[0].state == "complete"


def test_the_end_of_the_time_leaves_trials_for_resume(recipe: Path, tmp_path: Path):
    with pytest.raises(WorkError, match="no trial of"):
        run(options(recipe, LIST, deadline=0.0), tmp_path / "s", FakeTraining())
    assert len(run(options(recipe, LIST, resume=True), tmp_path / "s", FakeTraining())) == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model.unitz=1,2"], "model.unitz is not a key.*model.units"),
        (["model.units=16,0"], "model.units must be"),
        (["training.learning_rate=-1..0.1"], "training.learning_rate must be"),
        (["model.cell=lstm,gur"], "gru"),
        (["training.monitor=loss,accuracy"], "is the score of the sweep"),
        (["data.multi_label=true,false"], "several scores: micro_f1, accuracy"),
    ],
)
def test_wrong_keys_and_values_are_refused_before_the_first_trial(
    recipe: Path, words: list[str], message: str
):
    with pytest.raises(UsageError, match=message):
        check_space(options(recipe, *words))


def test_another_sweep_in_the_folder_is_an_error(recipe: Path, tmp_path: Path):
    run(options(recipe, LIST), tmp_path / "s", FakeTraining())
    for others, message in (
        ({}, "already holds a sweep"),
        ({"resume": True, "seed": 2}, "another seed: 1, now 2"),
    ):
        with pytest.raises(UsageError, match=message):
            run(options(recipe, LIST, **others), tmp_path / "s", FakeTraining())
    with pytest.raises(UsageError, match="has files and no sweep"):
        run(options(recipe, LIST), tmp_path, FakeTraining())


def test_a_damaged_study_is_an_error(recipe: Path, tmp_path: Path):
    folder = SweepFolder(tmp_path / "s")
    folder.start({}, resume=False)
    folder.study.write_text("no journal\n" * 3)
    settings = options(recipe, LIST)
    with pytest.raises(WorkError, match=r"study\.jsonl"):
        Study(folder.study, settings.space, maximize=True, seed=1, num_trials=3, prunes=True)
    assert json.loads(folder.settings.read_text()) == {}
