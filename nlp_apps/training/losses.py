"""Losses over token ids; know no model.

Letters in shapes: B batch, T target length, V vocabulary, L labels.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.text.special_ids import PAD


def cross_entropy(logits: tf.Tensor, targets: tf.Tensor, *, smoothing: float = 0.0) -> tf.Tensor:
    """Cross-entropy of every position, with label smoothing (Szegedy et al. 2016, section 7).

    The wanted distribution is (1 - smoothing) on the target plus smoothing spread evenly over the
    vocabulary. Its gradient, softmax minus that distribution, is written out, so that one pass over
    the logits computes it.

    Args:
        logits: <float32>[B, T, V].
        targets: <int32>[B, T]; PAD positions have loss 0.
        smoothing: from 0 to below 1.

    Returns:
        <float32>[B, T], in nats.
    """
    size = logits.shape[-1]
    real = tf.cast(tf.not_equal(targets, PAD), tf.float32)

    @tf.custom_gradient
    def run(logits: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        hot = tf.equal(tf.range(size)[None, None, :], targets[:, :, None])  # [B, T, V]
        total = tf.reduce_logsumexp(logits, axis=-1)
        wanted = tf.reduce_sum(tf.where(hot, logits, 0.0), axis=-1)
        losses = total - (1.0 - smoothing) * wanted
        if smoothing:
            losses -= smoothing * tf.reduce_mean(logits, axis=-1)

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            softmax = tf.exp(logits - total[..., None])
            goal = tf.where(hot, 1.0 - smoothing, 0.0) + smoothing / size
            return (softmax - goal) * (upstream * real)[..., None]

        return losses * real, gradient

    return run(logits)


def sampled_cross_entropy(
    wanted: tf.Tensor,
    others: tf.Tensor,
    targets: tf.Tensor,
    negatives: tf.Tensor,
    log_expected: tf.Tensor,
) -> tf.Tensor:
    """Cross-entropy against drawn tokens instead of the whole vocabulary (Jean et al. 2015, eq. 7).

    A token's logit is lowered by the logarithm of how likely it is to be compared with, so that the
    loss has nearly the whole softmax's minimum. For training only: its value is not the
    cross-entropy of the model.

    Args:
        wanted: <float32>[B, T], logits of the targets.
        others: <float32>[B, T, N], logits of the tokens drawn.
        targets: <int32>[B, T]; PAD positions have loss 0.
        negatives: <int32>[N], the different tokens drawn, the same for all positions.
        log_expected: <float32>[V], log of the probability that a token is among them.

    Returns:
        <float32>[B, T], in nats.
    """
    wanted -= tf.gather(log_expected, targets)
    others -= tf.gather(log_expected, negatives)
    same = tf.equal(targets[:, :, None], negatives)
    others = tf.where(same, others.dtype.min, others)
    largest = tf.stop_gradient(tf.maximum(wanted, tf.reduce_max(others, axis=-1)))
    total = tf.exp(wanted - largest)
    total += tf.reduce_sum(tf.exp(others - largest[:, :, None]), axis=-1)
    losses = tf.math.log(total) + largest - wanted
    return tf.where(tf.equal(targets, PAD), 0.0, losses)


def label_cross_entropy(
    logits: tf.Tensor, targets: tf.Tensor, *, smoothing: float = 0.0
) -> tf.Tensor:
    """Cross-entropy of one label for each text, with label smoothing.

    Args:
        logits: <float32>[B, L].
        targets: <int32>[B], labels counted from 1; 0 for rows of padding, which have loss 0.
        smoothing: from 0 to below 1.

    Returns:
        <float32>[B], in nats.
    """
    size = logits.shape[-1]
    goal = (1.0 - smoothing) * tf.one_hot(targets - 1, size) + smoothing / size
    losses = -tf.reduce_sum(goal * tf.nn.log_softmax(logits), axis=-1)
    return tf.where(tf.equal(targets, PAD), 0.0, losses)


def num_tokens(targets: tf.Tensor) -> tf.Tensor:
    """Counts the positions without padding: <int32>[B, T] -> <float32>[]."""
    return tf.reduce_sum(tf.cast(tf.not_equal(targets, PAD), tf.float32))


class TokenCrossEntropy(keras.losses.Loss):
    """`cross_entropy` as a Keras loss, the mean over real tokens, for `model.compile(loss=...)`.

    Args:
        smoothing: label smoothing, from 0 to below 1.
    """

    def __init__(self, smoothing: float = 0.0, name: str = "token_cross_entropy"):
        super().__init__(name=name, reduction=None)
        self.smoothing = smoothing

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """<int32>[B, T] and <float32>[B, T, V] -> <float32>[]."""
        targets = tf.cast(y_true, tf.int32)
        losses = cross_entropy(y_pred, targets, smoothing=self.smoothing)
        return tf.reduce_sum(losses) / tf.maximum(num_tokens(targets), 1.0)

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return {"smoothing": self.smoothing, "name": self.name}
