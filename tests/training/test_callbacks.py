"""Keras callbacks in the training loop."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.training import loop
from nlp_apps.training.callbacks import Callbacks
from nlp_apps.training.checkpoints import load_checkpoint, load_weights
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.workers.worker_group import SINGLE, WorkerGroup
from tests.training.fake_task import BATCHES, FakeTask, same, settings


class Recorder(keras.callbacks.Callback):
    """Records the hooks that are called, and the names of their logs."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, ...]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.calls.append(("train_begin",))

    def on_train_end(self, logs: Any = None) -> None:
        self.calls.append(("train_end",))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.calls.append(("epoch_begin", epoch))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.calls.append(("epoch_end", epoch, *sorted(logs)))

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.calls.append(("batch_begin", batch))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        assert logs["loss"] > 0
        self.calls.append(("batch_end", batch))

    def on_test_begin(self, logs: Any = None) -> None:
        self.calls.append(("test_begin",))

    def on_test_end(self, logs: Any = None) -> None:
        self.calls.append(("test_end",))


def epoch_calls(index: int, batches: int) -> list[tuple[Any, ...]]:
    steps = [(name, batch) for batch in range(batches) for name in ("batch_begin", "batch_end")]
    names = ("learning_rate", "loss", "step", "val_greedy_bleu", "val_loss")
    end = ("epoch_end", index, *names)
    return [("epoch_begin", index), *steps, ("test_begin",), ("test_end",), end]


def test_the_hooks_of_training_epochs_batches_and_evaluations_are_called(run: RunFolder) -> None:
    recorder = Recorder()
    loop.fit(FakeTask(), settings(epochs=2), run, callbacks=[recorder])
    epochs = [*epoch_calls(0, BATCHES), *epoch_calls(1, BATCHES)]
    assert recorder.calls == [("train_begin",), *epochs, ("train_end",)]


def test_an_evaluation_is_an_epoch_of_the_callbacks(run: RunFolder) -> None:
    recorder = Recorder()
    loop.fit(FakeTask(), settings(epochs=1, eval_steps=5), run, callbacks=[recorder])
    epochs = [*epoch_calls(0, 5), *epoch_calls(1, BATCHES - 5)]
    assert recorder.calls == [("train_begin",), *epochs, ("train_end",)]


def test_early_stopping_ends_the_run(run: RunFolder) -> None:
    scores = [3.0, 2.0, 2.5, 2.6, 2.7, 2.8]
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=2)
    end = loop.fit(FakeTask(scores=scores), settings(epochs=6), run, callbacks=[stop])
    assert (end.evaluation, end.best_evaluation) == (4, 2)
    assert stop.stopped_epoch == 3


def test_stop_training_takes_effect_after_the_batch(run: RunFolder) -> None:
    class StopAtOnce(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.stop_training = True

    end = loop.fit(FakeTask(), settings(), run, callbacks=[StopAtOnce()])
    assert (end.step, end.evaluation) == (1, 1)
    assert run.weights.is_file()


def test_model_checkpoint_saves_the_best_validated_weights(run: RunFolder, tmp_path: Path) -> None:
    file = tmp_path / "best.weights.h5"
    save = keras.callbacks.ModelCheckpoint(
        file, monitor="val_loss", save_best_only=True, save_weights_only=True
    )
    task = FakeTask(scores=[3.0, 1.0, 2.0])
    loop.fit(task, settings(), run, callbacks=[save])
    other, best = FakeTask(seed=5).model, FakeTask(seed=6).model
    other.load_weights(file)
    load_weights(best, run.weights)
    for saved, kept in zip(other.trainable_variables, best.trainable_variables, strict=True):
        np.testing.assert_array_equal(saved.numpy(), kept.numpy())


def test_tensorboard_writes_losses_scores_and_the_learning_rate(
    run: RunFolder, tmp_path: Path
) -> None:
    board = keras.callbacks.TensorBoard(tmp_path / "logs", write_graph=False)
    loop.fit(FakeTask(), settings(epochs=2), run, callbacks=[board])
    tags = set()
    for file in (tmp_path / "logs").rglob("*tfevents*"):
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            tags |= {value.tag for value in event.summary.value}
    assert {"epoch_loss", "epoch_learning_rate", "epoch_greedy_bleu"} <= tags


def test_callbacks_change_no_bit_of_the_weights(run: RunFolder, tmp_path: Path) -> None:
    other = RunFolder(tmp_path / "other")
    other.create()
    loop.fit(FakeTask(), settings(), run)
    loop.fit(FakeTask(), settings(), other, callbacks=[Recorder()])
    assert run.weights.read_bytes() == other.weights.read_bytes()


class Failing(keras.callbacks.Callback):
    """Fails at an evaluation."""

    def __init__(self, hook: str, evaluation: int) -> None:
        super().__init__()
        self.hook, self.left = hook, evaluation

    def _fail(self, hook: str) -> None:
        self.left -= hook == self.hook
        if hook == self.hook and self.left == 0:
            raise ConnectionError("the tracker is gone")

    def on_test_end(self, logs: Any = None) -> None:
        self._fail("test_end")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._fail("epoch_end")


@pytest.mark.parametrize("hook", ["test_end", "epoch_end"])
def test_a_failed_callback_ends_the_run_after_its_checkpoint(
    run: RunFolder, tmp_path: Path, hook: str
) -> None:
    whole = RunFolder(tmp_path / "whole")
    whole.create()
    loop.fit(FakeTask(), settings(), whole)
    with pytest.raises(ConnectionError, match="the tracker is gone") as failure:
        loop.fit(FakeTask(), settings(), run, callbacks=[Failing(hook, 2)])
    assert "--resume" in failure.value.__notes__[0]
    assert [path.name for path in run.found_checkpoints()][-1] == "evaluation-00002.npz"
    loop.fit(FakeTask(), settings(), run, resume=True)
    assert run.weights.read_bytes() == whole.weights.read_bytes()
    ends = [load_checkpoint(each.found_checkpoints()[-1])[0] for each in (run, whole)]
    assert same(*ends)


def test_the_chief_alone_calls_callbacks() -> None:
    class Follower(WorkerGroup):
        index, size = 1, 2

    task, recorder = FakeTask(), Recorder()
    task.workers = Follower()
    Callbacks([recorder], task, epochs=1, steps=1).on_train_begin()
    assert recorder.calls == []
    task.workers = SINGLE
    Callbacks([recorder], task, epochs=1, steps=1).on_train_begin()
    assert recorder.calls == [("train_begin",)]
