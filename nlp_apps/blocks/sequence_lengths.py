"""Sequences of several lengths, padded on the right: their lengths, ends and reversal.

Letters in shapes: B batch, T time.
"""

import tensorflow as tf


def lengths_of(padding_mask: tf.Tensor | None) -> tf.Tensor | None:
    """Returns the number of real positions <int32>[B] of a mask <bool>[B, T]; None for None."""
    if padding_mask is None:
        return None
    return tf.reduce_sum(tf.cast(padding_mask, tf.int32), axis=1)


def reverse_rows(values: tf.Tensor, lengths: tf.Tensor | None) -> tf.Tensor:
    """Reverses each row <...>[B, T, ...] within its length <int32>[B]; None: the whole row."""
    if lengths is None:
        return tf.reverse(values, axis=[1])
    return tf.reverse_sequence(values, lengths, seq_axis=1, batch_axis=0)


def last_valid(values: tf.Tensor, lengths: tf.Tensor | None) -> tf.Tensor:
    """Returns each row's last real position: <float>[B, T, U] and <int32>[B] to <float>[B, U].

    The position of a row of length 0 is its first; without lengths, every row is real to its end.
    """
    if lengths is None:
        return values[:, -1]
    return tf.gather(values, tf.maximum(lengths - 1, 0), axis=1, batch_dims=1)
