"""The training loop, with a model of a few hundred weights and made-up data.

A kill is an exception at a chosen moment; a new model of another seed resumes from the run folder
alone.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.errors import WorkError
from nlp_apps.plots import learning_curves
from nlp_apps.recipe.training_section import TranslationTraining
from nlp_apps.training import loop
from nlp_apps.training.checkpoints import load_checkpoint, load_weights
from nlp_apps.training.losses import cross_entropy
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.trainable import CarriedState, Trainable

DRAW = learning_curves.draw
BATCHES, ROWS, LENGTH, VOCABULARY = 7, 4, 3, 11


class Killed(Exception):  # noqa: N818 (it is no error)
    """Replaces `kill -9`."""


class FakeEpoch:
    def __init__(self, index: int, on_batch: Callable[[], None]) -> None:
        generator = np.random.default_rng(index)
        self.inputs = generator.integers(1, VOCABULARY, (BATCHES, ROWS, LENGTH), np.int32)
        self.inputs[:, -1, 1:] = 0  # padding
        self.on_batch = on_batch

    def __len__(self) -> int:
        return BATCHES

    def batches(self, start: int) -> Any:
        for inputs in self.inputs[start:]:
            self.on_batch()
            yield tf.constant(inputs), tf.constant(inputs)


class FakeTask(Trainable):
    """Learns to copy tokens.

    Args:
        seed: seed of the first weights and of dropout.
        scores: loss of each validation; default: the real loss on one batch.
        kill_at_batch: batch before which it dies, counted from 1 over the life of the task.
    """

    def __init__(
        self, *, seed: int = 1, scores: list[float] | None = None, kill_at_batch: int = 0
    ) -> None:
        keras.utils.set_random_seed(seed)
        self.model = keras.Sequential(
            [
                keras.layers.Input((None,), dtype="int32"),
                keras.layers.Embedding(VOCABULARY, 6, name="embedding"),
                keras.layers.Dropout(0.3),
                keras.layers.Dense(VOCABULARY, name="logits"),
            ],
            name="fake",
        )
        self.scores = scores
        self.kill_at_batch = kill_at_batch
        self.num_batches = 0
        self.validated: list[list[np.ndarray]] = []

    def epoch(self, index: int) -> FakeEpoch:
        return FakeEpoch(index, self._count)

    def _count(self) -> None:
        self.num_batches += 1
        if self.num_batches == self.kill_at_batch:
            raise Killed

    def loss(self, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(cross_entropy(outputs, targets, smoothing=0.1))

    def validate(self) -> dict[str, float]:
        self.validated.append([variable.numpy() for variable in self.model.trainable_variables])
        score = self.scores[len(self.validated) - 1] if self.scores else None
        inputs = tf.constant(self.epoch(1000).inputs[0])
        losses = cross_entropy(self.model(inputs, training=False), inputs)
        loss = float(tf.reduce_sum(losses)) / np.count_nonzero(inputs)
        return {"loss": loss if score is None else score, "bleu": 100.0 - loss}


def settings(**keys: Any) -> TranslationTraining:
    usual = {
        "epochs": 3,
        "learning_rate": 0.05,
        "warmup_steps": 4,
        "monitor": "loss",
        "ema_decay": 0.9,
        "jit_compile": False,
        "tensorboard": False,
    }
    return TranslationTraining(**{**usual, **keys})


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_curves, "draw", lambda rows, path: None)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    return folder


def rows(run: RunFolder) -> list[dict[str, Any]]:
    return run.read_metrics()


def same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_an_evaluation_follows_each_epoch_by_default(run: RunFolder) -> None:
    end = loop.fit(FakeTask(), settings(), run)
    assert (end.step, end.epoch, end.evaluation) == (21, 3, 3)
    assert [(row["evaluation"], row["epoch"], row["step"]) for row in rows(run)] == [
        (1, 1.0, 7),
        (2, 2.0, 14),
        (3, 3.0, 21),
    ]


def test_an_evaluation_can_follow_a_number_of_steps_and_ends_the_run(run: RunFolder) -> None:
    end = loop.fit(FakeTask(), settings(epochs=2, eval_steps=4), run)
    assert end.step == 14
    assert [(row["evaluation"], row["epoch"], row["step"]) for row in rows(run)] == [
        (1, 0.571, 4),
        (2, 1.143, 8),
        (3, 1.714, 12),
        (4, 2.0, 14),
    ]


def test_a_row_of_metrics_has_losses_scores_and_speed(run: RunFolder) -> None:
    loop.fit(FakeTask(), settings(), run)
    text = run.metrics.read_text(encoding="utf-8")
    found = [json.loads(line) for line in text.splitlines()]
    assert len(found) == 3
    assert list(found[0]) == [
        "evaluation",
        "epoch",
        "step",
        "seconds",
        "validation_seconds",
        "tokens_per_second",
        "learning_rate",
        "train_loss",
        "validation_loss",
        "validation_bleu",
    ]
    assert found[2]["train_loss"] < found[0]["train_loss"]
    assert found[2]["validation_loss"] < found[0]["validation_loss"] < np.log(VOCABULARY)
    assert found[0]["tokens_per_second"] > 0
    assert found[2]["learning_rate"] == pytest.approx(0.0, abs=1e-8)  # cosine ends here


def test_tokens_are_counted_without_padding(run: RunFolder) -> None:
    end = loop.fit(FakeTask(), settings(), run)
    assert end.tokens == 3 * BATCHES * (ROWS * LENGTH - 2)


@pytest.mark.parametrize(
    ("monitor", "scores", "best_evaluation"),
    [("loss", [3.0, 1.0, 2.0], 2), ("loss", [1.0, 1.0, 1.0], 1), ("bleu", None, 3)],
)
def test_the_weights_of_the_best_evaluation_are_kept(
    run: RunFolder, monitor: str, scores: list[float] | None, best_evaluation: int
) -> None:
    task = FakeTask(scores=scores)
    end = loop.fit(task, settings(monitor=monitor), run)
    assert end.best_evaluation == best_evaluation
    other = FakeTask(seed=9).model
    load_weights(other, run.weights)
    assert same(
        [variable.numpy() for variable in other.trainable_variables],
        task.validated[best_evaluation - 1],
    )


def test_the_lower_loss_wins_where_bleu_is_equal(run: RunFolder) -> None:
    task = FakeTask()
    losses = iter([3.0, 1.0, 2.0])
    task.validate = lambda: {"loss": next(losses), "bleu": 0.0}  # type: ignore[method-assign]
    end = loop.fit(task, settings(monitor="bleu"), run)
    assert (end.best_evaluation, end.best, end.best_loss) == (2, 0.0, 1.0)


def test_the_averaged_weights_are_validated_and_saved(run: RunFolder) -> None:
    task = FakeTask()
    loop.fit(task, settings(), run)
    arrays, _ = load_checkpoint(run.found_checkpoints()[-1])
    raw = [variable.numpy() for variable in task.model.trainable_variables]
    averages = arrays[-len(raw) :]
    assert not same(averages, raw)
    assert same(task.validated[-1], averages)
    # Training resumed from the raw weights.
    everything = [variable.numpy() for variable in task.model.variables]
    assert same(arrays[: len(everything)], everything)


def test_the_average_follows_its_equation(run: RunFolder) -> None:
    task = FakeTask()
    seen: list[np.ndarray] = []
    original = FakeTask._count

    def count_and_keep(self: FakeTask) -> None:
        seen.append(self.model.trainable_variables[0].numpy())
        original(self)

    task._count = count_and_keep.__get__(task)  # type: ignore[method-assign]
    loop.fit(task, settings(epochs=1), run)
    weights = [*seen[1:], task.model.trainable_variables[0].numpy()]
    average = seen[0]
    for step, weight in enumerate(weights, start=1):
        decay = min(0.9, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * weight
    np.testing.assert_allclose(task.validated[0][0], average, atol=1e-6)


def test_without_an_average_the_weights_themselves_are_validated(run: RunFolder) -> None:
    task = FakeTask()
    loop.fit(task, settings(ema_decay=0.0), run)
    raw = [variable.numpy() for variable in task.model.trainable_variables]
    assert same(task.validated[-1], raw)


def test_patience_stops_after_evaluations_without_improvement(run: RunFolder) -> None:
    scores = [3.0, 2.0, 2.0, 2.5, 9.0, 9.0, 9.0]
    end = loop.fit(FakeTask(scores=scores), settings(epochs=7, patience=2), run)
    assert (end.evaluation, end.best_evaluation, end.step) == (4, 2, 28)
    again = loop.fit(FakeTask(seed=2), settings(epochs=7, patience=2), run, resume=True)
    assert again == end


def test_patience_counts_evaluations_shorter_than_an_epoch(run: RunFolder) -> None:
    scores = [1.0, 2.0, 2.0, 2.0]
    end = loop.fit(FakeTask(scores=scores), settings(eval_steps=2, patience=2), run)
    assert (end.evaluation, end.step, end.epoch, end.batch) == (3, 6, 0, 6)


def test_only_the_last_checkpoints_are_kept(run: RunFolder) -> None:
    loop.fit(FakeTask(), settings(epochs=4), run)
    assert [path.name for path in run.found_checkpoints()] == [
        "evaluation-00003.npz",
        "evaluation-00004.npz",
    ]


def test_a_new_training_deletes_the_old_checkpoints(run: RunFolder) -> None:
    loop.fit(FakeTask(), settings(), run)
    loop.fit(FakeTask(), settings(epochs=1), run)
    assert [path.name for path in run.found_checkpoints()] == ["evaluation-00001.npz"]
    assert len(rows(run)) == 1


def test_a_nan_loss_stops_the_run_with_advice(run: RunFolder) -> None:
    task = FakeTask()
    loss = task.loss
    task.loss = lambda outputs, targets: loss(outputs, targets) * np.nan  # type: ignore[method-assign]
    with pytest.raises(WorkError, match="NaN.* step 1.*training.learning_rate"):
        loop.fit(task, settings(), run)
    assert not run.found_checkpoints()
    assert not run.weights.exists()


def test_gradients_are_clipped_to_the_norm(run: RunFolder) -> None:
    task = FakeTask()
    loop.fit(task, settings(epochs=1, clip_norm=1e-12, ema_decay=0.0), run)
    # Adam divides by the size of the gradient, but for an epsilon, beside which this is nothing.
    untouched = FakeTask().model.trainable_variables[0].numpy()
    np.testing.assert_allclose(task.model.trainable_variables[0].numpy(), untouched, atol=1e-3)


def test_the_same_seed_has_the_same_weights(run: RunFolder, tmp_path: Path) -> None:
    folders = [run, RunFolder(tmp_path / "again"), RunFolder(tmp_path / "other")]
    for folder, seed in zip(folders, (1, 1, 2), strict=True):
        folder.create()
        loop.fit(FakeTask(seed=seed), settings(), folder)
    first, again, other = (folder.weights.read_bytes() for folder in folders)
    assert first == again
    assert first != other


def test_event_files_are_written_without_the_tensorboard_package(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "tensorboard"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)  # now its import fails
    loop.fit(FakeTask(), settings(tensorboard=True), run)
    files = sorted(run.logs.iterdir())
    assert files
    found: dict[str, dict[int, float]] = {}
    for file in files:
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            for value in event.summary.value:
                found.setdefault(value.tag, {})[event.step] = float(tf.make_ndarray(value.tensor))
                assert value.metadata.plugin_data.plugin_name == "scalars"
    assert {"train_loss", "validation_loss", "validation_bleu", "learning_rate"} <= set(found)
    assert found["validation_loss"] == {
        row["step"]: pytest.approx(row["validation_loss"]) for row in rows(run)
    }


def test_without_tensorboard_no_logs_are_written(run: RunFolder) -> None:
    loop.fit(FakeTask(), settings(), run)
    assert not run.logs.exists()


def test_the_curves_are_a_picture_and_nothing_is_left_beside_it(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning_curves, "draw", DRAW)
    loop.fit(FakeTask(), settings(epochs=2), run)
    assert run.curves.read_bytes().startswith(b"\x89PNG\r\n")
    assert sorted(path.name for path in run.path.iterdir()) == [
        "checkpoints",
        "curves.png",
        "metrics.jsonl",
        "weights.h5",
    ]


# Resume -------------------------------------------------------------------------------------------


def last_state(run: RunFolder) -> tuple[list[np.ndarray], dict[str, Any]]:
    arrays, facts = load_checkpoint(run.found_checkpoints()[-1])
    return arrays, {key: value for key, value in facts.items() if key != "seconds"}


def without_times(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    times = ("seconds", "validation_seconds", "tokens_per_second")
    return [{key: value for key, value in row.items() if key not in times} for row in found]


def assert_same_end(run: RunFolder, unbroken: RunFolder) -> None:
    """Both ended alike, to the last bit."""
    assert run.weights.read_bytes() == unbroken.weights.read_bytes()
    (arrays, facts), (wanted_arrays, wanted_facts) = last_state(run), last_state(unbroken)
    assert facts == wanted_facts
    assert same(arrays, wanted_arrays)
    assert without_times(rows(run)) == without_times(rows(unbroken))
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
