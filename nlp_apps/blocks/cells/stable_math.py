"""Functions of gates that neither overflow nor divide zero by zero.

They use operations that are built into LiteRT.
"""

import tensorflow as tf


def log_sigmoid(values: tf.Tensor) -> tf.Tensor:
    """Computes log(sigmoid(values)), <float>[...]."""
    return tf.minimum(values, 0.0) - tf.math.log(1.0 + tf.exp(-tf.abs(values)))
