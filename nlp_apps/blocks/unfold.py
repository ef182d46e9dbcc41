"""The neighbours of each position beside each other, so that a convolution is a matrix product.

Letters in shapes: L letters, F features, K width of the kernel.
"""

import tensorflow as tf


def unfold(values: tf.Tensor, width: int) -> tf.Tensor:
    """Concatenates the features of each letter and of its neighbours.

    Args:
        values: <float>[..., L, F]; L and F are static.
        width: K, odd.

    Returns:
        <float>[..., L, K*F], the neighbours from left to right; zeros beyond both ends.
    """
    if width == 1:
        return values
    length = values.shape[-2]
    padded = _pad(values, width // 2)
    return tf.concat([padded[..., start : start + length, :] for start in range(width)], axis=-1)


def fold(values: tf.Tensor, width: int) -> tf.Tensor:
    """Computes the gradient of `unfold`: adds up each letter's share of all its neighbours.

    Args:
        values: <float>[..., L, K*F].
        width: K, odd.

    Returns:
        <float>[..., L, F].
    """
    if width == 1:
        return values
    length = values.shape[-2]
    parts = tf.split(values, width, axis=-1)
    return tf.add_n(
        [
            _pad(part, width // 2)[..., width - 1 - index : width - 1 - index + length, :]
            for index, part in enumerate(parts)
        ]
    )


def _pad(values: tf.Tensor, amount: int) -> tf.Tensor:
    """Adds zeros at both ends of the letters."""
    return tf.pad(values, [[0, 0]] * (len(values.shape) - 2) + [[amount, amount], [0, 0]])
