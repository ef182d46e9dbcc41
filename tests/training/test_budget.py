"""The budget of a run: steps or epochs, and the reason of its end."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.training import loop
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.time_left import TimeLeft
from nlp_apps.training.time_limit import TimeLimit
from tests.training.fake_task import FakeTask, Killed, settings
from tests.training.test_loop_resume import assert_same_end


def test_max_steps_ends_a_run_within_an_epoch(run: RunFolder) -> None:
    end = loop.fit(FakeTask(), settings(epochs=1, max_steps=16), run)
    assert (end.step, end.epoch, end.batch, end.evaluation) == (16, 2, 2, 3)
    assert [row["step"] for row in run.read_metrics()] == [7, 14, 16]
    assert [row["epoch"] for row in run.read_metrics()] == [1.0, 2.0, 2.286]


def test_max_steps_below_an_epoch_ends_with_one_evaluation(run: RunFolder) -> None:
    end = loop.fit(FakeTask(), settings(epochs=9, max_steps=3), run)
    assert (end.step, end.evaluation) == (3, 1)
    assert run.weights.is_file()


def test_the_learning_rate_ends_at_zero_with_max_steps(run: RunFolder) -> None:
    loop.fit(FakeTask(), settings(epochs=50, max_steps=10, eval_steps=5), run)
    rates = [row["learning_rate"] for row in run.read_metrics()]
    assert rates[0] > 0.01
    assert rates[1] == pytest.approx(0.0, abs=1e-8)


KEYS = {"max_steps": 17, "eval_steps": 3, "weight_decay": 0.2}


@pytest.mark.parametrize("kill_at_batch", [5, 8, 16, 17])
def test_a_killed_run_with_max_steps_ends_with_the_same_bits(
    run: RunFolder, tmp_path: Path, kill_at_batch: int
) -> None:
    unbroken = RunFolder(tmp_path / "unbroken")
    unbroken.create()
    loop.fit(FakeTask(), settings(**KEYS), unbroken)
    with pytest.raises(Killed):
        loop.fit(FakeTask(kill_at_batch=kill_at_batch), settings(**KEYS), run)
    end = loop.fit(FakeTask(seed=9), settings(**KEYS), run, resume=True)
    assert end.step == 17
    assert_same_end(run, unbroken)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"max_steps": 20}, "finished: 20 steps; best at evaluation 2"),
        ({"max_steps": 1}, "finished: 1 step; best at evaluation 1"),
        ({"epochs": 2}, "finished: 14 steps; best at evaluation 2"),
        (
            {"epochs": 9, "patience": 2},
            "stopped: no better validation loss for 2 evaluations; best at evaluation 2",
        ),
    ],
)
def test_the_last_line_is_the_reason_of_the_end(
    run: RunFolder, capfd: pytest.CaptureFixture[str], keys: dict[str, int], reason: str
) -> None:
    loop.fit(FakeTask(scores=[3.0, 2.0, 2.5, 2.5]), settings(**keys), run)
    assert capfd.readouterr().err.splitlines()[-1] == reason


# A time limit -------------------------------------------------------------------------------------


class Fits(TimeLimit):
    """A limit into which a fixed number of steps fits."""

    def steps(self, *words: Any, **options: Any) -> int:
        return 17


def test_a_time_limit_trains_as_a_recipe_with_this_number_of_steps(
    run: RunFolder, tmp_path: Path
) -> None:
    keys = {"eval_steps": 3, "weight_decay": 0.2}
    unbroken = RunFolder(tmp_path / "unbroken")
    unbroken.create()
    loop.fit(FakeTask(), settings(**keys, max_steps=17), unbroken)
    saved: list[int] = []
    limit = Fits(deadline=0.0, scoring_share=1.0, reserved=0.0, save=saved.append)
    task = FakeTask()
    loop.fit(task, settings(**keys), run, time_limit=limit)
    assert saved == [17]
    assert len(task.validated) == len(run.read_metrics()) + 1  # one to measure
    assert_same_end(run, unbroken)


def test_a_killed_run_with_a_time_limit_ends_with_the_same_bits(
    run: RunFolder, tmp_path: Path
) -> None:
    keys = {"eval_steps": 3, "weight_decay": 0.2}
    unbroken = RunFolder(tmp_path / "unbroken")
    unbroken.create()
    loop.fit(FakeTask(), settings(**keys, max_steps=17), unbroken)
    saved: list[int] = []
    limit = Fits(deadline=0.0, scoring_share=1.0, reserved=0.0, save=saved.append)
    with pytest.raises(Killed):
        loop.fit(FakeTask(kill_at_batch=9), settings(**keys), run, time_limit=limit)
    loop.fit(FakeTask(seed=4), settings(**keys, max_steps=saved[0]), run, resume=True)
    assert_same_end(run, unbroken)


def test_a_budget_that_fits_stays(run: RunFolder) -> None:
    limit = TimeLimit(time.monotonic() + 1e6, 1.0, 0.0, save=lambda steps: pytest.fail("saved"))
    assert loop.fit(FakeTask(), settings(), run, time_limit=limit).step == 21


def test_a_short_time_limit_ends_in_time_with_a_learning_rate_of_0(run: RunFolder) -> None:
    saved: list[int] = []
    limit = TimeLimit(time.monotonic() + 6.0, 1.0, 0.0, save=saved.append)
    end = loop.fit(FakeTask(), settings(epochs=100_000, eval_steps=200), run, time_limit=limit)
    assert time.monotonic() < limit.deadline + 3.0  # busy machines
    assert 21 < end.step == saved[0] < 700_000
    assert run.read_metrics()[-1]["learning_rate"] == pytest.approx(0.0, abs=1e-8)


class SeveralShapes(FakeTask):
    """A task that expects more batch shapes than the first batch has."""

    @property
    def num_shapes(self) -> int:
        return 3


def test_a_time_limit_that_is_over_measures_no_further_shape(
    run: RunFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    task = SeveralShapes()
    measured: list[int] = []
    limit = TimeLimit(
        time.monotonic(), 1.0, 0.0, save=lambda steps: measured.append(task.num_batches)
    )
    assert loop.fit(task, settings(), run, time_limit=limit).step == 1
    assert measured == [1]
    printed = capfd.readouterr().err
    assert "1 of 21 steps fits into the time; all of them need" in printed
    assert "use a longer --time" in printed


def test_the_missing_time_is_that_of_all_steps() -> None:
    time_left = TimeLeft(num_shapes=1, validation_share=1.0, epoch_steps=10)
    time_left.add_compilation(9.0)
    time_left.add_step(0.5)
    time_left.add_validation(4.0)
    limit = TimeLimit(deadline=60.0, scoring_share=2.0, reserved=20.0, save=lambda steps: None)
    options: dict[str, Any] = {"now": 0.0, "first_validation": 4.0, "between": 50}
    found = limit.missing_seconds(time_left, **options, total=1000)
    enough = TimeLimit(60.0 + found + 1.0, 2.0, 20.0, save=lambda steps: None)
    assert enough.steps(time_left, **options, total=1000) == 1000
    short = TimeLimit(60.0 + 0.9 * found, 2.0, 20.0, save=lambda steps: None)
    assert short.steps(time_left, **options, total=1000) < 1000


def test_the_steps_of_a_time_limit_follow_from_the_measured_durations() -> None:
    time_left = TimeLeft(num_shapes=1, validation_share=1.0, epoch_steps=10)
    time_left.add_step(0.5)
    time_left.add_validation(4.0)  # 2.5 of it are the validation, 1.5 compiled
    limit = TimeLimit(deadline=1000.0, scoring_share=2.0, reserved=20.0, save=lambda steps: None)
    options: dict[str, Any] = {"now": 0.0, "first_validation": 4.0, "between": 50}
    scoring, evaluation = 3 * (2 * 2.5 + 1.5), 2.5 + 0.3
    steps = int((950 - 20 - scoring - evaluation) / (0.5 + evaluation / 50))
    assert limit.steps(time_left, total=5000, **options) == steps
    assert limit.steps(time_left, total=100, **options) == 100
    assert replace(limit, deadline=1.0).steps(time_left, total=100, **options) == 1
