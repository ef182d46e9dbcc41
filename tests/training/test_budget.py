"""The budget of a run: steps or epochs, and the reason of its end."""

from pathlib import Path

import pytest

from nlp_apps.training import loop
from nlp_apps.training.run_folder import RunFolder
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
