"""A task of a few hundred weights and random data, for the training loop."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nlp_apps.blocks.dense import Dense
from nlp_apps.recipe.training_section import TranslationTraining
from nlp_apps.text.batches.row_share import WHOLE, RowShare
from nlp_apps.training.losses import cross_entropy
from nlp_apps.training.trainable import Trainable

BATCHES, ROWS, LENGTH, VOCABULARY = 7, 4, 3, 11


class Killed(Exception):  # noqa: N818 (it is no error)
    """Replaces `kill -9`."""


class FakeEpoch:
    """Batches of random token ids; `on_batch` is called before each."""

    def __init__(self, index: int, on_batch: Callable[[], None]) -> None:
        generator = np.random.default_rng(index)
        self.inputs = generator.integers(1, VOCABULARY, (BATCHES, ROWS, LENGTH), np.int32)
        self.inputs[:, -1, 1:] = 0  # padding
        self.on_batch = on_batch

    def __len__(self) -> int:
        return BATCHES

    def batches(self, start: int, share: RowShare = WHOLE) -> Any:
        for batch in self.inputs[start:]:
            self.on_batch()
            inputs = share.rows_of(batch)
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
                Dense(VOCABULARY, name="logits"),
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
        return {"loss": loss if score is None else score, "greedy_bleu": 100.0 - loss}


def settings(**keys: Any) -> TranslationTraining:
    """Returns a [training] section."""
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


def same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    """Compares arrays bit by bit."""
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
