"""The training step: gradients, traced in parts (`split_step`), and the update, compiled once.

The update is Adam and the averages of the weights.
"""

import os
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.blocks.first_row import rows_from
from nlp_apps.recipe.training_section import Training
from nlp_apps.text.batches.row_share import RowShare
from nlp_apps.training.losses import num_tokens
from nlp_apps.training.optimizer import AdamW
from nlp_apps.training.precision import precision_of
from nlp_apps.training.schedules import WarmUp
from nlp_apps.training.trainable import CarriedState, Trainable


class StepResult(NamedTuple):
    """The result of a training step, of the whole batch.

    Attributes:
        loss: mean loss in nats.
        positions: number of positions that the loss is a mean of.
        tokens: number of tokens without padding.
    """

    loss: float
    positions: int
    tokens: int


class TrainStep:
    """The training step of a run, with all variables that it changes.

    Each of several workers computes the gradients of its rows. The gradient of the batch is their
    mean, weighted by the positions that count, and each worker computes the same update from it.

    Args:
        task: model, data and loss.
        settings: the recipe's [training].
        total_steps: planned steps, for the learning rate.

    Attributes:
        optimizer: Adam with weight decay.
        schedule: the learning rate by step.
        averages: moving averages of the trainable weights; empty without `ema_decay`.
        share: the rows of this worker.
    """

    def __init__(self, task: Trainable, settings: Training, total_steps: int):
        self.task, self.settings, self.model = task, settings, task.model
        self.workers = task.workers
        self.share = RowShare(self.workers.index, self.workers.size)
        weights = self.model.trainable_variables
        self.set_total_steps(total_steps)
        self.optimizer = AdamW(
            0.0,  # set before each step
            beta_2=0.98,  # Vaswani et al. 2017, section 5.3: short runs forget old gradients sooner
            global_clipnorm=settings.clip_norm or None,
            rate_factors=[task.rate_factor(weight) for weight in weights],
            weight_decays=[
                settings.weight_decay if task.has_weight_decay(weight) else 0.0
                for weight in weights
            ],
        )
        self.optimizer.build(weights)
        self.averages = [
            tf.Variable(weight.value, trainable=False) for weight in weights if settings.ema_decay
        ]
        initial = [np.asarray(value) for value in task.initial_state()]
        self._state_shapes = [value.shape for value in initial]  # of all workers together
        self._state = [tf.Variable(self.share.rows_of(value), trainable=False) for value in initial]
        self._precision = precision_of(settings)
        jit_compile = self._precision.jit_compile
        if jit_compile:
            # Measured: a step compiles in 8 s instead of 12 s and runs as fast.
            os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")
        self._gradients = {
            many_rows: tf.function(partial(self._compute_gradients, many_rows), autograph=False)
            for many_rows in (False, True)
        }
        # A function of its own, because it does not depend on the batch shape: it is compiled once.
        self._update = tf.function(self._apply, autograph=False, jit_compile=jit_compile)
        self._mean = tf.function(_divided, autograph=False, jit_compile=jit_compile)
        # One graph for all batch shapes costs Python a second less for each further one. XLA
        # compiles its parts for each shape, to the same code as those of the graph of that shape.
        self._has_dynamic_shapes = (
            task.has_dynamic_shapes and jit_compile and self.workers.size == 1
        )
        self._compiled: dict[tuple[tuple[int, ...], ...], Any] = {}

    def set_total_steps(self, total_steps: int) -> None:
        """Plans the learning rate for a number of steps; needs no new compilation."""
        settings = self.settings
        self.schedule = WarmUp(
            settings.learning_rate,
            warmup_steps=min(settings.warmup_steps, total_steps // 5),
            total_steps=total_steps,
            shape=settings.schedule,
        )

    def is_compiled(self, inputs: Any, targets: tf.Tensor) -> bool:
        """Checks whether a step of these shapes ran before."""
        return _shapes(inputs, targets) in self._compiled

    def __call__(self, inputs: Any, targets: tf.Tensor) -> StepResult:
        """Runs one step.

        Args:
            inputs: the model's inputs, of static shapes.
            targets: <int32>[B, ...].

        Raises:
            LostWorkerError: another worker ended or does not respond.
        """
        self.optimizer.learning_rate = self.schedule(self.optimizer.iterations)
        shapes = _shapes(inputs, targets)
        if shapes not in self._compiled:
            self._compiled[shapes] = self._trace(inputs, targets)
        loss, gradients = self._compiled[shapes](inputs, targets)
        positions = int(np.count_nonzero(targets))
        tokens = self.task.num_tokens(inputs, targets)
        if self.workers.size > 1:
            counts = tf.constant([positions, tokens], tf.float32)
            loss, counts, *gradients = self.workers.sum([loss, counts, *gradients])
            positions, tokens = (int(count) for count in counts.numpy())
            loss /= max(positions, 1)
            gradients = self._mean(gradients, tf.constant(max(positions, 1), tf.float32))
        self._update(gradients)
        return StepResult(float(loss), positions, tokens)

    def _trace(self, inputs: Any, targets: tf.Tensor) -> Any:
        """Returns the traced function of a batch shape, or the one of all batch shapes."""
        arguments = inputs, targets
        rows = int(targets.shape[0]) * self.workers.size  # so that workers change no rounding
        gradients = self._gradients[self._precision.has_many_rows(rows)]
        if self._has_dynamic_shapes:
            arguments = tf.nest.map_structure(_any_shape, arguments)
        return gradients.get_concrete_function(*arguments)

    def _compute_gradients(
        self, many_rows: bool, inputs: Any, targets: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Returns loss and gradients of a batch, and carries the state on.

        They are means over the positions of the batch; those of one of several workers are sums.
        """
        first_row = self.share.index and self.share.index * int(targets.shape[0])
        with self._precision.tracing(many_rows), rows_from(first_row):
            weights = [variable.value for variable in self.model.trainable_variables]
            state: CarriedState = [value.value() for value in self._state]
            loss, found, state = self.task.gradients(inputs, targets, state, weights)
            gradients = [
                tf.zeros_like(weight) if gradient is None else tf.convert_to_tensor(gradient)
                for weight, gradient in zip(weights, found, strict=True)
            ]
            for variable, value in zip(self._state, state, strict=True):
                variable.assign(tf.stop_gradient(value))
            if self.workers.size > 1:
                count = num_tokens(targets)
                return loss * count, [gradient * count for gradient in gradients]
            return loss, gradients

    def _apply(self, gradients: list[tf.Tensor]) -> None:
        self.optimizer.apply(gradients, self.model.trainable_variables)
        if self.averages:
            # A constant decay would average mostly the random initial weights at first.
            steps = tf.cast(self.optimizer.iterations, tf.float32)
            decay = tf.minimum(self.settings.ema_decay, (1.0 + steps) / (10.0 + steps))
            for average, variable in zip(
                self.averages, self.model.trainable_variables, strict=True
            ):
                average.assign_sub((1.0 - decay) * (average - variable.value))

    def reset_state(self) -> None:
        """Resets the carried state, before the first batch of an epoch."""
        for variable, value in zip(self._state, self.task.initial_state(), strict=True):
            variable.assign(self.share.rows_of(np.asarray(value)))

    def swap_weights(self, values: Sequence[Any]) -> list[np.ndarray]:
        """Assigns values, if there are any, to the trainable weights; returns the old ones."""
        if not values:
            return []
        backup = [variable.numpy() for variable in self.model.trainable_variables]
        for variable, value in zip(self.model.trainable_variables, values, strict=True):
            variable.assign(value)
        return backup

    def arrays(self) -> list[np.ndarray]:
        """Returns everything that a checkpoint stores, states of random generators included.

        The carried state is that of all workers, which must call this method together.
        """
        return [*map(np.asarray, self.shared_variables()), *self._whole_state()]

    def shapes(self) -> list[tuple[int, ...]]:
        """Returns the shapes of `arrays`."""
        shared = [tuple(variable.shape) for variable in self.shared_variables()]
        return [*shared, *self._state_shapes]

    def assign(self, arrays: Sequence[np.ndarray]) -> None:
        """Assigns the values of `arrays`."""
        shared = self.shared_variables()
        for variable, array in zip(shared, arrays[: len(shared)], strict=True):
            variable.assign(array)
        for variable, array in zip(self._state, arrays[len(shared) :], strict=True):
            variable.assign(self.share.rows_of(array))

    def shared_variables(self) -> list[Any]:
        """Returns the variables that are the same in all workers."""
        return [*self.model.variables, *self.optimizer.variables, *self.averages]

    def _whole_state(self) -> list[np.ndarray]:
        """Returns the carried state of the rows of all workers."""
        if self.workers.size == 1 or not self._state:
            return [np.asarray(value) for value in self._state]
        placed = []
        for value, shape in zip(self._state, self._state_shapes, strict=True):
            rows = self.share.count(shape[0])
            after = rows * (self.share.size - 1 - self.share.index)
            others = [(rows * self.share.index, after), *[(0, 0)] * (len(shape) - 1)]
            placed.append(tf.pad(value, others))
        found = self.workers.sum(placed)
        return [
            value.numpy()[: shape[0]]
            for value, shape in zip(found, self._state_shapes, strict=True)
        ]


def _divided(values: list[tf.Tensor], divisor: tf.Tensor) -> list[tf.Tensor]:
    return [value / divisor for value in values]


def _any_shape(value: tf.Tensor) -> tf.TensorSpec:
    return tf.TensorSpec([None] * value.shape.rank, value.dtype)


def _shapes(inputs: Any, targets: tf.Tensor) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(value.shape) for value in tf.nest.flatten((inputs, targets)))
