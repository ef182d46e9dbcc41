"""The training loop: steps, evaluations, checkpoints, the best weights.

An evaluation validates, saves the best weights and writes a checkpoint. It follows each epoch, or
every `training.eval_steps` steps, and the last step. A run that is killed at any moment resumes
from its last checkpoint and ends with the same bits as a run that was never killed: weights,
optimizer, averages, random generators and the position in the data are in the checkpoint, and the
order of the data depends on (seed, epoch) alone.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.io.machine_memory import release_free_memory
from nlp_apps.io.stages import stage, write
from nlp_apps.plots import learning_curves
from nlp_apps.recipe.training_section import Training
from nlp_apps.training.callbacks import Callbacks
from nlp_apps.training.checkpoints import (
    checksum_of,
    load_checkpoint,
    save_checkpoint,
    save_weights,
)
from nlp_apps.training.progress import Progress
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.state import TrainState
from nlp_apps.training.tensorboard_log import log_scalars
from nlp_apps.training.time_left import TimeLeft, duration
from nlp_apps.training.time_limit import TimeLimit
from nlp_apps.training.train_step import StepResult, TrainStep
from nlp_apps.training.trainable import Epoch, Trainable

SHARE_OF_MEASURING = 0.05
"""Share of a time limit that a second validation may need, which measures one without
compilation."""

FEW_STEPS = 0.1
"""Share of the planned steps below which a time limit prints a warning."""


def fit(
    task: Trainable,
    settings: Training,
    run: RunFolder,
    *,
    resume: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    time_limit: TimeLimit | None = None,
) -> TrainState:
    """Trains a model; writes best weights, checkpoints, metrics and curves to the run folder.

    Args:
        task: model, data, loss and scores.
        settings: the recipe's [training].
        run: the run folder.
        resume: continue from the last checkpoint, if there is one.
        callbacks: Keras callbacks, which the chief alone calls. An evaluation is their epoch:
            `on_epoch_end` receives "loss", "val_loss" and further validation scores,
            "learning_rate" and "step". `model.stop_training` ends the run. Checkpoints do not store
            the state of callbacks.
        time_limit: lowers the number of steps to those that fit.

    Returns:
        The state at the end of the run.

    Raises:
        UsageError: the last checkpoint is of version 0.1.0.
        LostWorkerError: another worker ended or does not respond.
        WorkError: a checkpoint is damaged or of another model, the disk is full or read-only, or
            the loss became NaN or infinite.
    """
    loop = _Loop(task, settings, run, callbacks)
    with task.workers.chief_first():
        if task.workers.is_chief:
            run.clean(resume=resume)
    if resume:
        loop.restore()
    loop.require_same_start()
    if time_limit and not loop.state.step:
        loop.fit_to(time_limit)
    return loop.run()


class _Loop:
    def __init__(
        self,
        task: Trainable,
        settings: Training,
        run: RunFolder,
        callbacks: Sequence[keras.callbacks.Callback],
    ):
        self.task, self.settings, self.folder, self.model = task, settings, run, task.model
        self.workers = task.workers
        # Epochs of stored text are files, which the chief writes.
        self.has_stored_epochs = self.workers.agree(run.cache.is_dir())
        self.state = TrainState()
        self.epoch = self._epoch(0)
        self.total_steps = settings.max_steps or settings.epochs * len(self.epoch)
        self.eval_steps = settings.eval_steps or max(len(self.epoch), 1)
        self.train_step = TrainStep(task, settings, self.total_steps)
        self.time_left = TimeLeft(
            num_shapes=task.num_shapes,
            validation_share=task.validation_share,
            epoch_steps=len(self.epoch),
        )
        self.callbacks = Callbacks(callbacks, task, settings.epochs, self.eval_steps)
        self.model.stop_training = self.is_stopped = self.has_warned = False
        if callbacks:
            self.model.optimizer = self.train_step.optimizer  # TensorBoard logs its learning rate.

    def fit_to(self, limit: TimeLimit) -> None:
        """Lowers the number of steps to those that fit into a time limit.

        Measures two steps of each batch shape and validations, and restores the first weights, so
        that the run is that of a recipe with this number of steps.
        """
        with stage("measuring the speed", total=self.task.num_shapes, unit="shapes") as measuring:
            before = self.train_step.arrays()
            for inputs, targets in self.epoch.batches(0, self.train_step.share):
                if self.train_step.is_compiled(inputs, targets):
                    continue
                first, *others = [self._seconds_of(inputs, targets) for _ in range(3)]
                self.state.compile_seconds += first
                self.time_left.add_compilation(first)
                for seconds in others:
                    self.time_left.add_step(seconds)
                measuring.advance()
                # A few steps need no other shape.
                is_late = self.workers.any(time.monotonic() > limit.deadline)
                if is_late or measuring.count == self.task.num_shapes:
                    break
            self.train_step.assign(before)
            measuring.status = "evaluating on the validation text"
            first_validation = self._validation_seconds()
            limit_of_second = SHARE_OF_MEASURING * (limit.deadline - time.monotonic())
            if self.workers.agree(first_validation < limit_of_second):
                self._validation_seconds()  # the first one compiled
        measured: dict[str, Any] = {
            "now": time.monotonic(),
            "first_validation": first_validation,
            "total": self.total_steps,
            "between": self.eval_steps,
        }
        steps = self.workers.agree(limit.steps(self.time_left, **measured))
        if steps < self.total_steps:
            missing = duration(limit.missing_seconds(self.time_left, **measured))
            fit = "fits" if steps == 1 else "fit"
            write(
                f"{steps:,} of {self.total_steps:,} steps {fit} into the time; all of them need "
                f"{missing} more"
            )
            if steps < FEW_STEPS * self.total_steps:
                write("warning: so few steps teach the model little; use a longer --time")
            self.settings = self.settings.model_copy(update={"max_steps": steps})
            self.total_steps = steps
            self.train_step.set_total_steps(steps)
            with self.workers.chief_first():
                if self.workers.is_chief:
                    limit.save(steps)

    def _validation_seconds(self) -> float:
        """Returns the duration of a validation, and adds it to the estimate of the time left."""
        started = time.perf_counter()
        self.task.validate()
        seconds = time.perf_counter() - started
        self.time_left.add_validation(seconds)
        return seconds

    def _seconds_of(self, inputs: Any, targets: tf.Tensor) -> float:
        started = time.perf_counter()
        self.train_step(inputs, targets)
        return time.perf_counter() - started

    # Steps ---------------------------------------------------------------------------------------

    def run(self) -> TrainState:
        state = self.state
        progress = Progress(total=self.total_steps, time_left=self.time_left, done=state.step)
        losses: list[tuple[float, int]] = []
        self.callbacks.on_train_begin()
        with progress:
            while not self._is_over():
                if state.batch >= len(self.epoch):
                    self._start_next_epoch()
                    continue
                for inputs, targets in self.epoch.batches(state.batch, self.train_step.share):
                    if not losses:
                        self.callbacks.on_epoch_begin(state.evaluation)
                    done = self._run_step(inputs, targets, len(losses), progress)
                    losses.append((done.loss, done.positions))
                    if self._is_evaluation_due():
                        self._evaluate(losses, progress)
                        losses = []
                    if self._is_over():
                        break
            if losses:
                self._evaluate(losses, progress)
            progress.write(f"{self._reason()}; best at evaluation {state.best_evaluation}")
        self.callbacks.on_train_end()
        return state

    def _start_next_epoch(self) -> None:
        self.state.epoch, self.state.batch = self.state.epoch + 1, 0
        if not self._is_complete():
            self.epoch = self._epoch(self.state.epoch)
            self.train_step.reset_state()

    def _epoch(self, index: int) -> Epoch:
        """Returns the data of an epoch."""
        if not self.has_stored_epochs:
            return self.task.epoch(index)
        with self.workers.chief_first():
            return self.task.epoch(index)

    def _run_step(
        self, inputs: Any, targets: tf.Tensor, index: int, progress: Progress
    ) -> StepResult:
        """Runs a step."""
        state = self.state
        self.callbacks.on_train_batch_begin(index)
        if not (is_compiled := self.train_step.is_compiled(inputs, targets)):
            progress.compiling()
        started = time.perf_counter()
        done = self.train_step(inputs, targets)
        seconds, tokens = time.perf_counter() - started, done.tokens
        if is_compiled:
            state.seconds += seconds
            state.timed_tokens += tokens
            self.time_left.add_step(seconds)
        else:
            state.compile_seconds += seconds
            self.time_left.add_compilation(seconds)
            release_free_memory()
        if not np.isfinite(done.loss):
            raise WorkError(
                f"the loss became NaN or infinite at step {state.step + 1}. "
                "Lower training.learning_rate, or set training.clip_norm."
            )
        state.step += 1
        state.batch += 1
        state.tokens += tokens
        evaluations = math.ceil(max(0, self.total_steps - state.step) / self.eval_steps)
        progress.update(done.loss, state, tokens=tokens, evaluations=evaluations)
        self.callbacks.on_train_batch_end(index, {"loss": done.loss})
        return done

    def _is_evaluation_due(self) -> bool:
        if self.settings.eval_steps:
            return self.state.step % self.settings.eval_steps == 0
        return self.state.batch >= len(self.epoch)

    def _is_over(self) -> bool:
        """Checks whether the budget, the recipe's patience or a callback ends the run."""
        if self.workers.size == 1:  # Several workers agree at evaluations.
            self.is_stopped = self.model.stop_training
        return self._is_complete() or self._is_patience_over() or self.is_stopped

    def _is_complete(self) -> bool:
        """Checks whether all steps, or without `max_steps` all epochs, are done."""
        if self.settings.max_steps:
            return self.state.step >= self.settings.max_steps
        return self.state.epoch >= self.settings.epochs

    def _is_patience_over(self) -> bool:
        since_best = self.state.evaluation - self.state.best_evaluation
        return bool(self.settings.patience) and since_best >= self.settings.patience

    def _reason(self) -> str:
        """Returns the reason of the end of the run."""
        if self._is_complete():
            steps = "1 step" if self.state.step == 1 else f"{self.state.step:,} steps"
            return f"finished: {steps}"
        if self._is_patience_over():
            count = self.settings.patience
            evaluations = "1 evaluation" if count == 1 else f"{count} evaluations"
            return f"stopped: no better validation {self.settings.monitor} for {evaluations}"
        return "stopped by a callback"

    # Evaluations ---------------------------------------------------------------------------------

    def _evaluate(self, losses: list[tuple[float, int]], progress: Progress) -> None:
        state = self.state
        state.evaluation += 1
        progress.validating()
        started = time.perf_counter()
        backup = self.train_step.swap_weights(self.train_step.averages)
        self.callbacks.on_test_begin()
        scores = self.workers.agree(self.task.validate())
        self.callbacks.on_test_end(scores)
        if self._is_best(scores):
            state.best, state.best_loss = scores[self.settings.monitor], scores["loss"]
            state.best_evaluation = state.evaluation
            with self.workers.chief_first():
                if self.workers.is_chief:
                    save_weights(self.model, self.folder.weights)
        train_loss = sum(loss * count for loss, count in losses) / sum(n for _, n in losses)
        rate = float(self.train_step.optimizer.learning_rate)
        logs = {"loss": train_loss, **{f"val_{name}": value for name, value in scores.items()}}
        logs |= {"learning_rate": rate, "step": state.step}
        self.callbacks.on_epoch_end(state.evaluation - 1, logs)  # sees the validated weights
        self.train_step.swap_weights(backup)
        row = {
            "evaluation": state.evaluation,
            "epoch": round(state.epoch + state.batch / max(len(self.epoch), 1), 3),
            "step": state.step,
            "seconds": round(state.seconds, 1),
            "compile_seconds": round(state.compile_seconds, 1),
            "validation_seconds": round(time.perf_counter() - started, 1),
            "tokens_per_second": round(state.tokens_per_second, 1),
            "learning_rate": rate,
            "train_loss": train_loss,
            **{f"validation_{name}": value for name, value in scores.items()},
        }
        arrays = self.train_step.arrays()
        with self.workers.chief_first():
            if self.workers.is_chief:
                self._write(row, arrays)
        self._synchronize(arrays)
        self.callbacks.raise_failure()
        self.time_left.add_validation(time.perf_counter() - started)
        progress.report(row, is_best=state.best_evaluation == state.evaluation)

    def _is_best(self, scores: dict[str, float]) -> bool:
        """Compares the monitored score with the best one; the lower loss wins a tie of BLEU 0."""
        state, score = self.state, scores[self.settings.monitor]
        if state.best is None or state.best_loss is None:
            return True
        if score == state.best:
            return scores["loss"] < state.best_loss
        return score < state.best if self.settings.monitor == "loss" else score > state.best

    def require_same_start(self) -> None:
        """Checks that all workers begin with the same step and weights."""
        if self.workers.size > 1:
            start = {"step": self.state.step, "weights": checksum_of(self.train_step.arrays())}
            self.workers.require_equal("state of the run", start)

    # Checkpoints ---------------------------------------------------------------------------------

    def _write(self, row: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> None:
        """Writes metrics, curves, logs and checkpoint of an evaluation."""
        folder, evaluation = self.folder, self.state.evaluation
        rows = [old for old in folder.read_metrics(row) if old["evaluation"] < evaluation]
        rows.append(dict(row))
        folder.write_metrics(rows)
        learning_curves.draw(rows, folder.curves)
        if self.settings.tensorboard:
            log_scalars(row, folder.logs)
        save_checkpoint(folder.checkpoint(evaluation), arrays, asdict(self.state))
        folder.remove_old_checkpoints()

    def _synchronize(self, arrays: Sequence[np.ndarray]) -> None:
        """Agrees on the end of the run; where weights differ, assigns those of the chief."""
        self.is_stopped = self.workers.any(bool(self.model.stop_training))
        if self.workers.size == 1:
            return
        if len(set(self.workers.gather(checksum_of(arrays)))) > 1:
            if not self.has_warned:
                write("warning: workers computed different weights; all continue with the chief's")
            self.has_warned = True
            self.train_step.assign(
                load_checkpoint(self.folder.checkpoint(self.state.evaluation))[0]
            )

    def restore(self) -> None:
        """Restores the last checkpoint of the run folder, if there is one."""
        found = self.folder.found_checkpoints()
        if not found:
            return
        if found[-1].name.startswith("round-"):
            raise UsageError(
                f"{found[-1]}: a checkpoint of version 0.1.0, which 0.2.0 cannot resume. Finish "
                "the run with nlp-apps 0.1.0, or train into a new folder."
            )
        arrays, state = load_checkpoint(found[-1])
        if [array.shape for array in arrays] != self.train_step.shapes():
            raise WorkError(
                f"{found[-1]}: does not fit the model that {self.folder.recipe} describes. "
                "Train into a new run folder."
            )
        self.train_step.assign(arrays)
        try:
            self.state = TrainState.from_dict(state)
        except ValueError as error:
            raise WorkError(f"{found[-1]}: the checkpoint is damaged ({error}).") from None
        if self.state.batch == 0:  # A run that ended with its last epoch is prolonged.
            self.train_step.reset_state()
        if self.state.epoch and not self._is_complete():
            self.epoch = self._epoch(self.state.epoch)
