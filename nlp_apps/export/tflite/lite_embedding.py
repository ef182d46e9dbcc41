"""Word vectors for graphs of a `.tflite`: looked up row by row in the table that also predicts.

An ordinary gather would keep a second table with one scale for all rows, and unpack the whole of it
for each call. TFLite's own operation for it reads the rows as the output layer has them.
"""

import tensorflow as tf


@tf.function(autograph=False, experimental_attributes={"_implements": "embedding_matmul"})
def _embedding_matmul(table: tf.Tensor, token_ids: tf.Tensor) -> tf.Tensor:
    """<float32>[V, D] and <int32>[N] to <float32>[N, D]; its attribute tells the converter."""
    return tf.gather(table, token_ids)


def lookup(table: tf.Tensor, token_ids: tf.Tensor) -> tf.Tensor:
    """Looks word vectors up.

    Args:
        table: <float32>[V, D].
        token_ids: <int32>, of any static shape.

    Returns:
        <float32>[..., D].
    """
    rows = _embedding_matmul(table, tf.reshape(token_ids, (-1,)))
    return tf.reshape(rows, (*token_ids.shape, table.shape[1]))
