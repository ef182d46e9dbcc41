"""The one training loop: steps, rounds, checkpoints, the best weights.

A round is the unit of validation and checkpoint: a number of steps, or an epoch. A run that is
killed at any moment goes on from its last whole round and ends with the same bits as a run that was
never killed: weights, optimizer, averages, random generators and the place in the data are all in
the checkpoint, and the data's order depends on nothing but (seed, epoch).
"""

import os
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from nlp_apps.errors import WorkError
from nlp_apps.io.atomic_files import convert_write_errors, remove_temporary_files
from nlp_apps.plots import learning_curves
from nlp_apps.recipe.training_section import Training
from nlp_apps.training.checkpoints import load_checkpoint, save_checkpoint, save_weights
from nlp_apps.training.losses import num_tokens
from nlp_apps.training.progress import Progress
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.schedules import WarmUp
from nlp_apps.training.state import TrainState

SCALAR = tf.compat.v1.SummaryMetadata(
    plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
)


CarriedState = Sequence[tf.Tensor]
"""What a batch hands to the next one of its epoch, for instance states; of fixed shapes."""


class Epoch(Protocol):
    """One pass over the training data, in its order."""

    def __len__(self) -> int:
        """Batches."""

    def batches(self, start: int) -> tf.data.Dataset:
        """`(inputs, targets)` from batch `start` on.

        Targets are <int32>[B, ...], 0 where they do not count.
        """


class Task(Protocol):
    """What the loop needs to know of a task."""

    model: keras.Model

    @abstractmethod
    def epoch(self, index: int) -> Epoch:
        """The data of an epoch, counted from 0."""

    @abstractmethod
    def loss(self, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
        """Sum of the losses over what counts in a batch, <float32>[], in nats."""

    @abstractmethod
    def validate(self) -> dict[str, float]:
        """Scores of the model as it stands on validation data; "loss" is among them."""

    def initial_state(self) -> CarriedState:
        """What the first batch of an epoch is handed; tasks whose batches stand alone have none."""
        return ()

    def forward(self, inputs: Any, carry: CarriedState) -> tuple[Any, CarriedState]:
        """The model's outputs in training, and what the next batch is handed."""
        return self.model(inputs, training=True), carry

    def mean_loss(self, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
        """`loss` for each of what counts, <float32>[]."""
        return self.loss(outputs, targets) / tf.maximum(num_tokens(targets), 1.0)

    def gradients(
        self, inputs: Any, targets: tf.Tensor, carry: CarriedState, weights: Sequence[tf.Tensor]
    ) -> tuple[tf.Tensor, list[tf.Tensor | None], CarriedState]:
        """One look at a batch.

        Args:
            inputs: what the model takes.
            targets: <int32>[B, ...].
            carry: what the batch before handed on.
            weights: the model's trainable weights.

        Returns:
            The mean loss <float32>[], the gradient by each weight (None where it has none), and
            what the next batch is handed.
        """
        with tf.GradientTape() as tape:
            outputs, carry = self.forward(inputs, carry)
            loss = self.mean_loss(outputs, targets)
        return loss, tape.gradient(loss, weights), carry

    def num_tokens(self, inputs: Any, targets: tf.Tensor) -> int:
        """Real tokens in a batch, for the speed that is shown."""
        del inputs
        return int(np.count_nonzero(targets))


def fit(task: Task, settings: Training, run: RunFolder, *, resume: bool = False) -> TrainState:
    """Trains a task's model.

    Leaves the best weights, checkpoints, metrics and curves in the run folder.

    Args:
        task: model, data, loss and scores.
        settings: the recipe's [training].
        run: where to write.
        resume: go on from the last checkpoint, if there is one.

    Returns:
        Where the run ended.

    Raises:
        WorkError: a checkpoint is damaged or of another model, the disk refuses, or the loss is not
            a number.
    """
    loop = _Loop(task, settings, run)
    if resume:
        loop.restore()
    else:
        for path in run.found_checkpoints():
            path.unlink()
        run.write_metrics([])
    return loop.run()


class _Loop:
    def __init__(self, task: Task, settings: Training, run: RunFolder):
        self.task, self.settings, self.folder = task, settings, run
        self.model = task.model
        self.position = TrainState()
        self.current = task.epoch(0)
        self.total_steps = settings.epochs * len(self.current)
        self.optimizer = keras.optimizers.Adam(
            WarmUp(
                settings.learning_rate,
                warmup_steps=min(settings.warmup_steps, self.total_steps // 5),
                total_steps=self.total_steps,
                shape=settings.schedule,
            ),
            beta_2=0.98,  # Vaswani et al. 2017, section 5.3: short runs forget old gradients sooner
            global_clipnorm=settings.clip_norm or None,
        )
        self.optimizer.build(self.model.trainable_variables)
        self.averages = [
            tf.Variable(variable.value, trainable=False)
            for variable in self.model.trainable_variables
            if settings.ema_decay
        ]
        self.carry = [tf.Variable(value, trainable=False) for value in task.initial_state()]
        # On a GPU the LSTM and GRU are cuDNN's, which XLA cannot compile.
        jit_compile = settings.jit_compile and not tf.config.list_logical_devices("GPU")
        if jit_compile:
            # Measured: a step compiles in 8 s, not 12, and runs as fast.
            os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")
        self.step = tf.function(self._step, autograph=False, jit_compile=jit_compile)
        self.steps: dict[tuple[tuple[int, ...], ...], Any] = {}

    # One step ------------------------------------------------------------------------------------

    def _step(self, inputs: Any, targets: tf.Tensor) -> tf.Tensor:
        weights = [variable.value for variable in self.model.trainable_variables]
        carried = [value.value() for value in self.carry]
        loss, gradients, carry = self.task.gradients(inputs, targets, carried, weights)
        gradients = [
            tf.zeros_like(weight) if slope is None else tf.convert_to_tensor(slope)
            for weight, slope in zip(weights, gradients, strict=True)
        ]
        self.optimizer.apply(gradients, self.model.trainable_variables)
        if self.averages:
            # The average of the first steps would be mostly the random start: let it catch up.
            done = tf.cast(self.optimizer.iterations, tf.float32)
            decay = tf.minimum(self.settings.ema_decay, (1.0 + done) / (10.0 + done))
            for average, variable in zip(
                self.averages, self.model.trainable_variables, strict=True
            ):
                average.assign_sub((1.0 - decay) * (average - variable.value))
        for place, value in zip(self.carry, carry, strict=True):
            place.assign(tf.stop_gradient(value))
        return loss

    def _compiled(self, inputs: Any, targets: tf.Tensor) -> Any:
        """The step for a batch's shapes, traced and compiled once for each bucket."""
        shapes = tuple(tuple(value.shape) for value in tf.nest.flatten((inputs, targets)))
        if shapes not in self.steps:
            self.steps[shapes] = self.step.get_concrete_function(inputs, targets)
        return self.steps[shapes]

    # Rounds --------------------------------------------------------------------------------------

    def run(self) -> TrainState:
        position, settings = self.position, self.settings
        progress = Progress(total=self.total_steps, done=position.step)
        losses: list[tuple[float, int]] = []
        with progress:
            while position.epoch < settings.epochs and not self._is_patience_over():
                if position.batch >= len(self.current):
                    position.epoch, position.batch = position.epoch + 1, 0
                    if position.epoch < settings.epochs:
                        self.current = self.task.epoch(position.epoch)
                        self._start_carry()
                    continue
                for inputs, targets in self.current.batches(position.batch):
                    losses.append(self._take(inputs, targets))
                    progress.update(losses[-1][0], position)
                    if self._is_round_over():
                        self._finish_round(losses, progress)
                        losses = []
                        if self._is_patience_over():
                            break
            if losses:
                self._finish_round(losses, progress)
        return position

    def _start_carry(self) -> None:
        for carried, value in zip(self.carry, self.task.initial_state(), strict=True):
            carried.assign(value)

    def _take(self, inputs: Any, targets: tf.Tensor) -> tuple[float, int]:
        position = self.position
        count = int(np.count_nonzero(targets))
        started = time.perf_counter()
        loss = float(self._compiled(inputs, targets)(inputs, targets))
        position.seconds += time.perf_counter() - started
        if not np.isfinite(loss):
            raise WorkError(
                f"the loss is no longer a number at step {position.step + 1}. "
                "Lower training.learning_rate, or set training.clip_norm."
            )
        position.step += 1
        position.batch += 1
        position.tokens += self.task.num_tokens(inputs, targets)
        return loss, count

    def _is_round_over(self) -> bool:
        if self.settings.eval_steps:
            return self.position.step % self.settings.eval_steps == 0
        return self.position.batch >= len(self.current)

    def _is_patience_over(self) -> bool:
        since = self.position.round - self.position.best_round
        return bool(self.settings.patience) and since >= self.settings.patience

    def _finish_round(self, losses: list[tuple[float, int]], progress: Progress) -> None:
        position = self.position
        position.round += 1
        started = time.perf_counter()
        backup = self._swap(self.averages)
        scores = self.task.validate()
        figure = scores[self.settings.monitor]
        if self._is_better(figure, scores["loss"]):
            position.best, position.best_loss = figure, scores["loss"]
            position.best_round = position.round
            save_weights(self.model, self.folder.weights)
        self._swap(backup)
        weight = sum(count for _, count in losses)
        row = {
            "round": position.round,
            "epoch": round(position.epoch + position.batch / max(len(self.current), 1), 3),
            "step": position.step,
            "seconds": round(position.seconds, 1),
            "validation_seconds": round(time.perf_counter() - started, 1),
            "tokens_per_second": round(position.tokens / max(position.seconds, 1e-9), 1),
            "learning_rate": float(self.optimizer.learning_rate),
            "train_loss": sum(loss * count for loss, count in losses) / weight,
            **{f"validation_{name}": value for name, value in scores.items()},
        }
        rounds = [old for old in self.folder.read_metrics() if old["round"] < position.round]
        self.folder.write_metrics([*rounds, row])
        learning_curves.draw([*rounds, row], self.folder.curves)
        self._log(row)
        self._save()
        progress.report(row, is_best=position.best_round == position.round)

    def _is_better(self, figure: float, loss: float) -> bool:
        """Whether a round is the best so far.

        Of two with the same figure it is the one of lower loss: BLEU stays at 0 as long as no four
        words in a row are right, and for ever where no sentence has four.
        """
        best, best_loss = self.position.best, self.position.best_loss
        if best is None or best_loss is None:
            return True
        if figure == best:
            return loss < best_loss
        return figure < best if self.settings.monitor == "loss" else figure > best

    def _swap(self, values: Sequence[Any]) -> list[np.ndarray]:
        """Puts values into the model's weights, if there are any, and returns what was there."""
        if not values:
            return []
        backup = [variable.numpy() for variable in self.model.trainable_variables]
        for variable, value in zip(self.model.trainable_variables, values, strict=True):
            variable.assign(value)
        return backup

    def _log(self, row: Mapping[str, Any]) -> None:
        if not self.settings.tensorboard:
            return
        with convert_write_errors(self.folder.logs):
            writer = tf.summary.create_file_writer(str(self.folder.logs))
            with writer.as_default(step=row["step"]):
                for name, value in row.items():
                    if isinstance(value, float):
                        # As tf.summary.scalar does, which needs the tensorboard package.
                        tf.summary.write(name, tf.constant(value, tf.float32), metadata=SCALAR)
            writer.close()

    # Checkpoints ---------------------------------------------------------------------------------

    def _variables(self) -> list[Any]:
        """All that training carries; the model's include the states of its random generators."""
        return [*self.model.variables, *self.optimizer.variables, *self.averages, *self.carry]

    def _save(self) -> None:
        arrays = [np.asarray(variable) for variable in self._variables()]
        save_checkpoint(self.folder.checkpoint(self.position.round), arrays, asdict(self.position))
        self.folder.remove_old_checkpoints()

    def restore(self) -> None:
        remove_temporary_files(self.folder.path)
        remove_temporary_files(self.folder.checkpoints)
        found = self.folder.found_checkpoints()
        if not found:
            return
        arrays, facts = load_checkpoint(found[-1])
        variables = self._variables()
        if [array.shape for array in arrays] != [tuple(v.shape) for v in variables]:
            raise WorkError(
                f"{found[-1]}: is of another model than {self.folder.recipe} describes. "
                "Train into a new run folder."
            )
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)
        self.position = TrainState(**facts)
        if self.position.epoch:
            self.current = self.task.epoch(min(self.position.epoch, self.settings.epochs - 1))
