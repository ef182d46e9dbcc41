"""Killed and resumed runs of the training loop.

A kill is an exception at a chosen moment; a new model of another seed resumes from the run folder
alone.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.errors import WorkError
from nlp_apps.training import loop
from nlp_apps.training.checkpoints import load_checkpoint
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.trainable import CarriedState
from tests.training.fake_task import BATCHES, FakeEpoch, FakeTask, Killed, same, settings


def last_state(run: RunFolder) -> tuple[list[np.ndarray], dict[str, Any]]:
    arrays, facts = load_checkpoint(run.found_checkpoints()[-1])
    measured = ("seconds", "compile_seconds", "timed_tokens")
    return arrays, {key: value for key, value in facts.items() if key not in measured}


def without_times(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    times = ("seconds", "compile_seconds", "validation_seconds", "tokens_per_second")
    return [{key: value for key, value in row.items() if key not in times} for row in found]


def assert_same_end(run: RunFolder, unbroken: RunFolder) -> None:
    """Both ended alike, to the last bit."""
    assert run.weights.read_bytes() == unbroken.weights.read_bytes()
    (arrays, facts), (wanted_arrays, wanted_facts) = last_state(run), last_state(unbroken)
    assert facts == wanted_facts
    assert same(arrays, wanted_arrays)
    assert without_times(run.read_metrics()) == without_times(unbroken.read_metrics())
    assert [path.name for path in run.found_checkpoints()] == [
        path.name for path in unbroken.found_checkpoints()
    ]
    assert not list(run.path.rglob(".tmp-*"))


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], RunFolder]]:
    """Runs that were never killed, by `eval_steps`."""
    found: dict[int, RunFolder] = {}

    def get(eval_steps: int) -> RunFolder:
        if eval_steps not in found:
            folder = RunFolder(tmp_path_factory.mktemp(f"unbroken{eval_steps}"))
            folder.create()
            loop.fit(FakeTask(), settings(eval_steps=eval_steps), folder)
            found[eval_steps] = folder
        return found[eval_steps]

    yield get


@pytest.mark.parametrize(
    ("eval_steps", "kill_at_batch"), [(0, 2), (0, 15), (3, 8), (3, 12), (3, 21)]
)
def test_a_run_killed_at_a_step_ends_with_the_same_bits(
    run: RunFolder, unbroken: Any, eval_steps: int, kill_at_batch: int
) -> None:
    keys = settings(eval_steps=eval_steps)
    with pytest.raises(Killed):
        loop.fit(FakeTask(kill_at_batch=kill_at_batch), keys, run)
    loop.fit(FakeTask(), keys, run, resume=True)
    assert_same_end(run, unbroken(eval_steps))


@pytest.mark.parametrize("mixed_precision", [False, True])
def test_a_killed_run_whose_step_is_in_parts_ends_with_the_same_bits(
    run: RunFolder, tmp_path: Path, mixed_precision: bool
) -> None:
    keys = settings(mixed_precision=mixed_precision, jit_compile=True, epochs=2)
    whole = RunFolder(tmp_path / "whole")
    whole.create()
    loop.fit(FakeTask(), keys, whole)
    with pytest.raises(Killed):
        loop.fit(FakeTask(kill_at_batch=10), keys, run)
    loop.fit(FakeTask(), keys, run, resume=True)
    assert_same_end(run, whole)


def test_resuming_depends_on_the_run_folder_alone(run: RunFolder, unbroken: Any) -> None:
    keys = settings(eval_steps=3)
    with pytest.raises(Killed):
        loop.fit(FakeTask(kill_at_batch=5), keys, run)
    with pytest.raises(Killed):  # once more, by a model of another seed
        loop.fit(FakeTask(seed=77, kill_at_batch=9), keys, run, resume=True)
    end = loop.fit(FakeTask(seed=78), keys, run, resume=True)
    assert end.step == 21
    assert_same_end(run, unbroken(3))


@pytest.mark.parametrize("name", ["save_weights", "save_checkpoint"])
@pytest.mark.parametrize("after", [False, True])
def test_a_run_killed_while_an_evaluation_is_written_ends_with_the_same_bits(
    run: RunFolder, unbroken: Any, monkeypatch: pytest.MonkeyPatch, name: str, after: bool
) -> None:
    original, calls = getattr(loop, name), []

    def die_in_the_second_evaluation(*words: Any) -> None:
        calls.append(words)
        if len(calls) < 2 or after:
            original(*words)
        if len(calls) == 2:
            (run.checkpoints / ".tmp-0123abcd.evaluation-00002.npz").write_bytes(b"half")
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(loop, name, die_in_the_second_evaluation)
        with pytest.raises(Killed):
            loop.fit(FakeTask(), settings(eval_steps=3), run)
    loop.fit(FakeTask(seed=5), settings(eval_steps=3), run, resume=True)
    assert_same_end(run, unbroken(3))


def test_a_run_killed_in_validation_resumes_from_the_raw_weights(
    run: RunFolder, unbroken: Any
) -> None:
    task = FakeTask()
    validate = task.validate

    def die_in_the_third_evaluation() -> dict[str, float]:
        if len(task.validated) == 2:
            raise Killed
        return validate()

    task.validate = die_in_the_third_evaluation  # type: ignore[method-assign]
    with pytest.raises(Killed):
        loop.fit(task, settings(), run)
    loop.fit(FakeTask(seed=3), settings(), run, resume=True)
    assert_same_end(run, unbroken(0))


def test_resuming_a_finished_run_changes_nothing(run: RunFolder, unbroken: Any) -> None:
    loop.fit(FakeTask(), settings(), run)
    task = FakeTask(seed=3)
    end = loop.fit(task, settings(), run, resume=True)
    assert end.step == 21
    assert task.num_batches == 0
    assert_same_end(run, unbroken(0))


def test_resuming_without_checkpoints_starts_the_run(run: RunFolder, unbroken: Any) -> None:
    loop.fit(FakeTask(), settings(), run, resume=True)
    assert_same_end(run, unbroken(0))


def test_a_damaged_checkpoint_is_an_error_and_the_one_before_it_works(
    run: RunFolder, unbroken: Any
) -> None:
    loop.fit(FakeTask(), settings(), run)
    damaged = run.found_checkpoints()[-1]
    damaged.write_bytes(damaged.read_bytes()[:-100])
    with pytest.raises(WorkError, match="Delete this file"):
        loop.fit(FakeTask(seed=3), settings(), run, resume=True)
    damaged.unlink()
    loop.fit(FakeTask(seed=3), settings(), run, resume=True)
    assert_same_end(run, unbroken(0))


def test_a_checkpoint_of_another_model_is_an_error(run: RunFolder) -> None:
    loop.fit(FakeTask(), settings(epochs=1), run)
    where = re.escape(str(run.found_checkpoints()[-1]))
    with pytest.raises(WorkError, match=f"{where}: .*{re.escape(str(run.recipe))}"):
        loop.fit(FakeTask(), settings(epochs=1, ema_decay=0.0), run, resume=True)


def test_damaged_metrics_are_an_error_that_names_the_file(run: RunFolder) -> None:
    loop.fit(FakeTask(), settings(epochs=1), run)
    run.metrics.write_text("{", encoding="utf-8")
    with pytest.raises(WorkError, match="metrics.jsonl: cannot be read"):
        loop.fit(FakeTask(), settings(epochs=2), run, resume=True)


# A state that is carried from batch to batch ------------------------------------------------------


class CarryingTask(FakeTask):
    """Carries the number of batches before this one in its epoch, and a running sum of inputs.

    The sum scales the logits, so that a wrong one leads to other weights.

    Attributes:
        seen: the number that each batch received.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.seen: list[int] = []

    def initial_state(self) -> CarriedState:
        return [tf.zeros((), tf.int32), tf.ones((2,), tf.float32)]

    def forward(self, inputs: Any, state: CarriedState) -> tuple[Any, CarriedState]:
        count, total = state
        tf.py_function(lambda number: self.seen.append(int(number)), [count], [])
        logits = self.model(inputs, training=True) * (1.0 + 0.1 * tf.tanh(tf.reduce_sum(total)))
        mean = tf.reduce_mean(tf.cast(inputs, tf.float32))
        return logits, [count + 1, 0.5 * total - 0.1 * mean]


def test_every_batch_receives_the_state_of_the_one_before_and_an_epoch_resets_it(
    run: RunFolder,
) -> None:
    task = CarryingTask()
    loop.fit(task, settings(epochs=2), run)
    assert task.seen == [*range(BATCHES), *range(BATCHES)]


def test_validation_does_not_change_the_carried_state(run: RunFolder) -> None:
    task = CarryingTask()
    loop.fit(task, settings(epochs=1, eval_steps=2), run)
    assert len(task.validated) == 4
    assert task.seen == list(range(BATCHES))


def test_a_checkpoint_within_an_epoch_has_the_carried_state(run: RunFolder) -> None:
    loop.fit(CarryingTask(), settings(epochs=1, eval_steps=5), run)
    arrays, facts = load_checkpoint(run.found_checkpoints()[0])
    assert facts["batch"] == 5
    count, total = arrays[-2:]
    assert (count.dtype, int(count)) == (np.dtype(np.int32), 5)
    wanted = np.ones(2, np.float32)
    for inputs in FakeEpoch(0, lambda: None).inputs[:5]:
        wanted = 0.5 * wanted - np.float32(0.1 * inputs.mean())
    np.testing.assert_allclose(total, wanted, rtol=1e-5)


@pytest.mark.parametrize("kill_at_batch", [5, 10, 16])
def test_a_run_killed_within_an_epoch_resumes_the_carried_state(
    run: RunFolder, tmp_path: Path, kill_at_batch: int
) -> None:
    unbroken = RunFolder(tmp_path / "unbroken")
    unbroken.create()
    loop.fit(CarryingTask(), settings(eval_steps=3), unbroken)
    with pytest.raises(Killed):
        loop.fit(CarryingTask(kill_at_batch=kill_at_batch), settings(eval_steps=3), run)
    task = CarryingTask(seed=9)
    loop.fit(task, settings(eval_steps=3), run, resume=True)
    assert_same_end(run, unbroken)
    done = (kill_at_batch - 1) // 3 * 3  # at the last checkpoint
    assert task.seen == [step % BATCHES for step in range(done, 3 * BATCHES)]


def test_a_run_killed_after_an_epoch_resets_the_state(run: RunFolder, tmp_path: Path) -> None:
    unbroken = RunFolder(tmp_path / "unbroken")
    unbroken.create()
    loop.fit(CarryingTask(), settings(), unbroken)
    with pytest.raises(Killed):
        loop.fit(CarryingTask(kill_at_batch=BATCHES + 1), settings(), run)
    loop.fit(CarryingTask(seed=9), settings(), run, resume=True)
    assert_same_end(run, unbroken)


def test_a_checkpoint_without_the_carried_state_does_not_fit(run: RunFolder) -> None:
    loop.fit(FakeTask(), settings(epochs=1), run)
    with pytest.raises(WorkError, match="does not fit the model"):
        loop.fit(CarryingTask(), settings(epochs=1), run, resume=True)
