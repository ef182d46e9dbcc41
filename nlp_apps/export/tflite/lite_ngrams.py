"""The n-gram path of a classifier in graphs of a `.tflite`.

Letters in shapes: S tokens, R rows of the table, L labels.
"""

import tensorflow as tf

from nlp_apps.blocks.ngrams import Ngrams, sublinear


def ngram_logits(layer: Ngrams, token_ids: tf.Tensor) -> tf.Tensor:
    """Computes `Ngrams.call` for one text.

    TFLite cannot sort, and gathers from a quantized table with one scale for all labels. Instead,
    the frequency of every row is multiplied with the whole table, which has a scale per label.

    Args:
        layer: the layer.
        token_ids: <int32>[1, S], of a static shape.

    Returns:
        logits <float32>[1, L].
    """
    rows = layer.find(token_ids)[0]
    ones = tf.ones_like(rows, tf.float32)
    frequencies = tf.scatter_nd(rows[:, None], ones, (layer.num_rows,))
    factors = sublinear(frequencies)[None]  # [1, R]
    table = tf.convert_to_tensor(layer.table)  # row 0, of positions without an n-gram, is 0
    half = layer.find.first_of_characters
    kinds = [(factors[:, :half], table[:half]), (factors[:, half:], table[half:])]
    totals = [found @ values[:, :-1] for found, values in kinds]  # [1, L]
    squared_norms = [tf.square(found) @ values[:, -1:] for found, values in kinds]
    return layer.combine(tf.stack(totals, axis=1), tf.stack(squared_norms, axis=1))
