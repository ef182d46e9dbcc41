"""The training loop: evaluations, metrics, the best and the averaged weights, log files."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.errors import WorkError
from nlp_apps.plots import learning_curves
from nlp_apps.training import loop
from nlp_apps.training.checkpoints import load_checkpoint, load_weights
from nlp_apps.training.run_folder import RunFolder
from tests.training.fake_task import (
    BATCHES,
    LENGTH,
    ROWS,
    VOCABULARY,
    FakeTask,
    same,
    settings,
)

DRAW = learning_curves.draw


def test_an_evaluation_follows_each_epoch_by_default(run: RunFolder) -> None:
    end = loop.fit(FakeTask(), settings(), run)
    assert (end.step, end.epoch, end.evaluation) == (21, 3, 3)
    assert [(row["evaluation"], row["epoch"], row["step"]) for row in run.read_metrics()] == [
        (1, 1.0, 7),
        (2, 2.0, 14),
        (3, 3.0, 21),
    ]


def test_an_evaluation_can_follow_a_number_of_steps_and_ends_the_run(run: RunFolder) -> None:
    end = loop.fit(FakeTask(), settings(epochs=2, eval_steps=4), run)
    assert end.step == 14
    assert [(row["evaluation"], row["epoch"], row["step"]) for row in run.read_metrics()] == [
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
        "compile_seconds",
        "validation_seconds",
        "tokens_per_second",
        "learning_rate",
        "train_loss",
        "validation_loss",
        "validation_greedy_bleu",
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
    task.validate = lambda: {"loss": next(losses), "greedy_bleu": 0.0}  # type: ignore[method-assign]
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
    assert len(run.read_metrics()) == 1


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
    assert {"train_loss", "validation_loss", "validation_greedy_bleu", "learning_rate"} <= set(
        found
    )
    assert found["validation_loss"] == {
        row["step"]: pytest.approx(row["validation_loss"]) for row in run.read_metrics()
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
