"""Losses over token ids.

Letters in shapes: B batch, T target length, E embedding size, V vocabulary, N sampled tokens,
L labels.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.split_step import compiled, compiled_once, is_split, matmul_last
from nlp_apps.text.special_ids import PAD


def cross_entropy(logits: tf.Tensor, targets: tf.Tensor, *, smoothing: float = 0.0) -> tf.Tensor:
    """Computes the cross-entropy of every position, with label smoothing.

    The target distribution is (1 - smoothing) on the target token plus smoothing spread evenly over
    the vocabulary (Szegedy et al. 2016, section 7). The gradient, softmax minus that distribution,
    is written out, so that one pass over the logits computes it.

    Args:
        logits: <float32>[B, T, V], or <bfloat16> of a step in mixed precision.
        targets: <int32>[B, T]; PAD positions have loss 0.
        smoothing: from 0 to below 1.

    Returns:
        <float32>[B, T], in nats.
    """

    @tf.custom_gradient
    def run(logits: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        losses, total = compiled_once(_losses, smoothing)(logits, targets)

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            d_logits = compiled_once(_d_logits, smoothing)
            return d_logits(logits, targets, total, upstream)

        return losses, gradient

    return run(logits)


def _losses(smoothing: float, logits: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The losses and the logarithms of the sums of the exponentials, each <float32>[B, T]."""
    wide = tf.cast(logits, tf.float32)
    total = tf.reduce_logsumexp(wide, axis=-1)
    target_logits = tf.cast(tf.gather(logits, targets, batch_dims=2), tf.float32)
    losses = total - (1.0 - smoothing) * target_logits
    if smoothing:
        losses -= smoothing * tf.reduce_mean(wide, axis=-1)
    return losses * _is_real(targets), total


def _d_logits(
    smoothing: float,
    logits: tf.Tensor,
    targets: tf.Tensor,
    total: tf.Tensor,
    upstream: tf.Tensor,
) -> tf.Tensor:
    """The gradient of the logits, <float>[B, T, V]."""
    size = logits.shape[-1]
    softmax = tf.exp(tf.cast(logits, tf.float32) - total[..., None])
    is_target = tf.equal(tf.range(size)[None, None, :], targets[:, :, None])
    distribution = tf.where(is_target, 1.0 - smoothing, 0.0) + smoothing / size
    scale = upstream * _is_real(targets)
    return tf.cast((softmax - distribution) * scale[..., None], logits.dtype)


def _is_real(targets: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.not_equal(targets, PAD), tf.float32)


def sampled_logits(features: tf.Tensor, embeddings: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """Compares features with the vectors of sampled tokens.

    Args:
        features: <float>[B, T, E].
        embeddings: <float>[N, E].
        bias: <float32>[N].

    Returns:
        <float32>[B, T, N].
    """
    if is_split():
        logits = matmul_last(features, tf.transpose(embeddings))
    else:
        logits = tf.einsum("bte,ne->btn", features, embeddings)
    return tf.cast(logits, tf.float32) + bias


def sampled_cross_entropy(
    target_logits: tf.Tensor,
    sampled_logits: tf.Tensor,
    targets: tf.Tensor,
    negatives: tf.Tensor,
    log_expected: tf.Tensor,
) -> tf.Tensor:
    """Computes the cross-entropy against sampled tokens only (Jean et al. 2015, eq. 7).

    The log probability that a token is sampled is subtracted from its logit, so that the minimum of
    the loss is nearly that of the full softmax. For training only: its value is not the
    cross-entropy of the model.

    Args:
        target_logits: <float32>[B, T], logits of the targets.
        sampled_logits: <float32>[B, T, N], logits of the sampled tokens.
        targets: <int32>[B, T]; PAD positions have loss 0.
        negatives: <int32>[N], the sampled tokens, all different, the same for all positions.
        log_expected: <float32>[V], log of the probability that a token is among them.

    Returns:
        <float32>[B, T], in nats.
    """

    def run(target_logits: tf.Tensor, sampled_logits: tf.Tensor) -> tf.Tensor:
        target_logits -= tf.gather(log_expected, targets)
        sampled_logits -= tf.gather(log_expected, negatives)
        same = tf.equal(targets[:, :, None], negatives)
        sampled_logits = tf.where(same, sampled_logits.dtype.min, sampled_logits)
        largest = tf.stop_gradient(
            tf.maximum(target_logits, tf.reduce_max(sampled_logits, axis=-1))
        )
        total = tf.exp(target_logits - largest)
        total += tf.reduce_sum(tf.exp(sampled_logits - largest[:, :, None]), axis=-1)
        losses = tf.math.log(total) + largest - target_logits
        return tf.where(tf.equal(targets, PAD), 0.0, losses)

    return compiled(run)(target_logits, sampled_logits)


def label_cross_entropy(
    logits: tf.Tensor, targets: tf.Tensor, *, smoothing: float = 0.0
) -> tf.Tensor:
    """Computes the cross-entropy of one label per text, with label smoothing.

    Args:
        logits: <float32>[B, L].
        targets: <int32>[B], labels counted from 1; 0 for rows of padding, which have loss 0.
        smoothing: from 0 to below 1.

    Returns:
        <float32>[B], in nats.
    """
    size = logits.shape[-1]
    distribution = (1.0 - smoothing) * tf.one_hot(targets - 1, size) + smoothing / size
    losses = -tf.reduce_sum(distribution * tf.nn.log_softmax(logits), axis=-1)
    return tf.where(tf.equal(targets, PAD), 0.0, losses)


def label_set_cross_entropy(
    logits: tf.Tensor, targets: tf.Tensor, *, smoothing: float = 0.0
) -> tf.Tensor:
    """Computes the binary cross-entropy of every label of a text, with label smoothing.

    Args:
        logits: <float32>[B, L].
        targets: <bool>[B, L], the labels of each text.
        smoothing: from 0 to below 1; the target probabilities are `smoothing / 2` and
            `1 - smoothing / 2`.

    Returns:
        <float32>[B, L], in nats.
    """
    known = (1.0 - smoothing) * tf.cast(targets, tf.float32) + smoothing / 2.0
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=known, logits=logits)


def num_tokens(targets: tf.Tensor) -> tf.Tensor:
    """Counts the positions without padding: <int32>[B, T] -> <float32>[]."""
    return tf.reduce_sum(tf.cast(tf.not_equal(targets, PAD), tf.float32))


@keras.saving.register_keras_serializable("nlp_apps")
class TokenCrossEntropy(keras.losses.Loss):
    """`cross_entropy` as a Keras loss, the mean over real tokens, for `model.compile(loss=...)`.

    Args:
        smoothing: label smoothing, from 0 to below 1.
    """

    def __init__(self, smoothing: float = 0.0, name: str = "token_cross_entropy"):
        super().__init__(name=name, reduction=None)
        self.smoothing = smoothing

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Computes the mean loss: <int32>[B, T] and <float32>[B, T, V] -> <float32>[]."""
        targets = tf.cast(y_true, tf.int32)
        losses = cross_entropy(y_pred, targets, smoothing=self.smoothing)
        return tf.reduce_sum(losses) / tf.maximum(num_tokens(targets), 1.0)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"smoothing": self.smoothing, "name": self.name}
