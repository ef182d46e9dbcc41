"""Adversarial training: gradients at the worst small perturbation of the embeddings.

Letters in shapes: B batch, S length, E width of an embedding.
"""

from collections.abc import Callable, Sequence

import tensorflow as tf


def adversarial_gradients(
    loss_of: Callable[[tf.Tensor], tf.Tensor],
    embeddings: tf.Tensor,
    mask: tf.Tensor,
    weights: Sequence[tf.Tensor],
    *,
    size: float,
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Computes gradients, half of them at the worst perturbation of the embeddings.

    Args:
        loss_of: returns the loss <float32>[] of a perturbation <float>[B, S, E].
        embeddings: <float>[B, S, E], without perturbation.
        mask: <bool>[B, S], True at tokens.
        weights: the trainable weights.
        size: as in `worst_perturbation`.

    Returns:
        The loss without perturbation, <float32>[], and the gradient of each weight.
    """

    def gradients_at(perturbation: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            tape.watch(perturbation)
            loss = loss_of(perturbation)
        return loss, tape.gradient(loss, [*weights, perturbation])

    loss, (*clean, gradient) = gradients_at(tf.zeros_like(embeddings))
    worst = worst_perturbation(gradient, embeddings, mask, size=size)
    _, (*perturbed, _) = gradients_at(worst)
    means = [
        (tf.convert_to_tensor(one) + tf.convert_to_tensor(other)) / 2.0
        for one, other in zip(clean, perturbed, strict=True)
    ]
    return loss, means


def worst_perturbation(
    gradient: tf.Tensor, embeddings: tf.Tensor, mask: tf.Tensor, *, size: float
) -> tf.Tensor:
    """Returns the perturbation that raises the loss of a text the most, to first order.

    It points along the gradient (Miyato et al. 2017, eq. 3 and 5). Its length is relative to the
    root mean square length of the text's embeddings, because embeddings grow in training (the
    paper scales them to a variance of 1; its epsilon of 5 is 0.3 here).

    Args:
        gradient: <float>[B, S, E], gradient of the loss by the embeddings.
        embeddings: <float>[B, S, E].
        mask: <bool>[B, S], True at tokens.
        size: length of the perturbation of a text, relative to its embeddings.

    Returns:
        <float>[B, S, E], zero where the gradient is zero; a constant for further gradients.
    """
    weights = tf.cast(mask, embeddings.dtype)
    squares = tf.reduce_sum(tf.square(embeddings), axis=-1) * weights  # [B, S]
    count = tf.maximum(tf.reduce_sum(weights, axis=1), 1.0)
    length = tf.sqrt(tf.reduce_sum(squares, axis=1) / count)[:, None, None]
    # Scaled by its largest value first: squares of small gradients would underflow.
    largest = tf.reduce_max(tf.abs(gradient), axis=[1, 2], keepdims=True)
    direction = tf.math.divide_no_nan(gradient, largest)
    norm = tf.sqrt(tf.reduce_sum(tf.square(direction), axis=[1, 2], keepdims=True))
    return tf.stop_gradient(size * length * tf.math.divide_no_nan(direction, norm))
