"""Token vectors of a `.tflite`: looked up row by row in the table of the output layer.

A gather would keep a second table with one scale for all rows, and unpack the whole of it at each
call. TFLite's own operation reads the rows as the output layer has them.
"""

import tensorflow as tf

from nlp_apps.blocks.embedding import TokenEmbedding


@tf.function(autograph=False, experimental_attributes={"_implements": "embedding_matmul"})
def _embedding_matmul(table: tf.Tensor, token_ids: tf.Tensor) -> tf.Tensor:
    """<float32>[V, E] and <int32>[N] to <float32>[N, E]; the converter reads its attribute."""
    return tf.gather(table, token_ids)


def lookup(embedding: TokenEmbedding, token_ids: tf.Tensor) -> tf.Tensor:
    """Gathers token vectors.

    Args:
        embedding: has the table <float32>[V, E].
        token_ids: <int32>, of any static shape.

    Returns:
        <float32>[..., E].
    """
    table = tf.convert_to_tensor(embedding.table.embeddings)
    rows = _embedding_matmul(table, tf.reshape(token_ids, (-1,)))
    return tf.reshape(rows, (*token_ids.shape, table.shape[1]))
