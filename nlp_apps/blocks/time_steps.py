"""Arrays of loops over time, which all scans share.

Letters in shapes: T time, B batch, D size.
"""

from collections.abc import Sequence

import tensorflow as tf


def write_step(
    arrays: Sequence[tf.TensorArray], time: tf.Tensor, values: Sequence[tf.Tensor]
) -> tuple[tf.TensorArray, ...]:
    """Writes the values of a step, one into each array."""
    return tuple(array.write(time, value) for array, value in zip(arrays, values, strict=True))


def flat_rows(values: tf.Tensor) -> tf.Tensor:
    """Joins all axes but the last: <float>[T, B, D] -> <float>[T*B, D]."""
    return tf.reshape(values, (-1, values.shape[-1]))
