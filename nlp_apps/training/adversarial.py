"""Adversarial training: the same answer for words moved a little to where it hurts most.

Letters in shapes: B batch, S length, E width of a word's vector.
"""

import tensorflow as tf


def worst_perturbation(
    slope: tf.Tensor, vectors: tf.Tensor, mask: tf.Tensor, *, size: float
) -> tf.Tensor:
    """The shift of a text's word vectors that raises its loss the most, to first order.

    It points along the gradient (Miyato et al. 2017, eq. 3 and 5). Its length is counted in lengths
    of the text's own vectors: there they are scaled to a variance of 1, here vectors that grow
    would outgrow a shift of fixed length. What they call 5 is 0.3 here.

    Args:
        slope: <float>[B, S, E], gradient of the loss by the vectors.
        vectors: <float>[B, S, E], the words' own.
        mask: <bool>[B, S], True at real tokens.
        size: length of a text's whole shift, in root mean squares of its vectors' lengths.

    Returns:
        <float>[B, S, E], zero where the slope is; a constant to further gradients.
    """
    real = tf.cast(mask, vectors.dtype)
    squares = tf.reduce_sum(tf.square(vectors), axis=-1) * real  # [B, S]
    count = tf.maximum(tf.reduce_sum(real, axis=1), 1.0)
    length = tf.sqrt(tf.reduce_sum(squares, axis=1) / count)[:, None, None]
    # First scaled by its largest number: the squares of a gradient may be too small to tell from 0.
    largest = tf.reduce_max(tf.abs(slope), axis=[1, 2], keepdims=True)
    direction = tf.math.divide_no_nan(slope, largest)
    norm = tf.sqrt(tf.reduce_sum(tf.square(direction), axis=[1, 2], keepdims=True))
    return tf.stop_gradient(size * length * tf.math.divide_no_nan(direction, norm))
