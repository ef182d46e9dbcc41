"""The interface between the training loop and a task.

Letters in shapes: B batch.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from nlp_apps.text.batches.row_share import WHOLE, RowShare
from nlp_apps.training.losses import num_tokens
from nlp_apps.workers.worker_group import SINGLE, WorkerGroup

CarriedState = Sequence[tf.Tensor]
"""Tensors of fixed shapes that a batch passes to the next batch of its epoch."""


class Epoch(Protocol):
    """One pass over the training data, in its order."""

    def __len__(self) -> int:
        """Returns the number of batches."""

    def batches(self, start: int, share: RowShare = WHOLE) -> tf.data.Dataset:
        """Returns the `(inputs, targets)` from batch `start` on, with the rows of a worker.

        Targets are <int32>[B, ...], 0 at positions that do not count.
        """


class Trainable(Protocol):
    """A model with its training data, loss and validation scores.

    Attributes:
        model: the Keras model to train.
        validation_share: amount of validation text, relative to the training text; 0: unknown.
        workers: the processes that train the model together and share out the validation.
    """

    model: keras.Model
    validation_share: float = 0.0
    workers: WorkerGroup = SINGLE

    @abstractmethod
    def epoch(self, index: int) -> Epoch:
        """Returns the data of an epoch, counted from 0."""

    @abstractmethod
    def loss(self, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
        """Returns the sum of the losses in a batch, <float32>[], in nats."""

    @abstractmethod
    def validate(self) -> dict[str, float]:
        """Returns validation scores of the model; "loss" is one of them."""

    @property
    def num_shapes(self) -> int:
        """Number of batch shapes, at most."""
        return 1

    @property
    def has_dynamic_shapes(self) -> bool:
        """Returns True if the step may be traced once, with unknown sizes, for all batch shapes."""
        return False

    def rate_factor(self, weight: keras.Variable) -> float:
        """Returns the factor of the learning rate of a trainable weight."""
        del weight
        return 1.0

    def has_weight_decay(self, weight: keras.Variable) -> bool:
        """Checks whether `weight_decay` applies: to matrices, not to biases and norms."""
        return len(weight.shape) > 1

    def initial_state(self) -> CarriedState:
        """Returns the state before the first batch of an epoch; empty for independent batches."""
        return ()

    def forward(self, inputs: Any, state: CarriedState) -> tuple[Any, CarriedState]:
        """Returns the model's training outputs and the state for the next batch."""
        return self.model(inputs, training=True), state

    def mean_loss(self, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
        """Returns `loss` per counted position, <float32>[]."""
        return self.loss(outputs, targets) / tf.maximum(num_tokens(targets), 1.0)

    def gradients(
        self, inputs: Any, targets: tf.Tensor, state: CarriedState, weights: Sequence[tf.Tensor]
    ) -> tuple[tf.Tensor, list[tf.Tensor | None], CarriedState]:
        """Computes the gradients of one batch.

        Args:
            inputs: the model's inputs.
            targets: <int32>[B, ...].
            state: the state after the batch before.
            weights: the model's trainable weights.

        Returns:
            The mean loss <float32>[], the gradient of each weight (None where it has none) and the
            state for the next batch.
        """
        with tf.GradientTape() as tape:
            outputs, state = self.forward(inputs, state)
            loss = self.mean_loss(outputs, targets)
        return loss, tape.gradient(loss, weights), state

    def num_tokens(self, inputs: Any, targets: tf.Tensor) -> int:
        """Counts the tokens of a batch without padding, for the displayed speed."""
        del inputs
        return int(np.count_nonzero(targets))
