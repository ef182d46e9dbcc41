"""Penalties and masks on the log probabilities and logits of a decoder.

Letters in shapes: N sequences, B batch, K beams, S source length, T tokens, V vocabulary.
"""

import tensorflow as tf

from nlp_apps.text.special_ids import PAD


def length_penalty(length: tf.Tensor, alpha: float) -> tf.Tensor:
    """Computes lp(Y) = ((5 + |Y|) / 6) ** alpha (Wu et al. 2016, eq. 14).

    Args:
        length: <int32> of any shape, |Y|.
        alpha: 0 for no penalty.

    Returns:
        <float32> of the same shape.
    """
    return tf.pow((5.0 + tf.cast(length, tf.float32)) / 6.0, alpha)


def coverage_penalty(coverage: tf.Tensor, mask: tf.Tensor, beta: float) -> tf.Tensor:
    """Computes cp(X; Y) = beta * sum_i log(min(sum_j p_ij, 1)) (Wu et al. 2016, eq. 14).

    Args:
        coverage: <float32>[B, K, S], attention summed over the tokens of a hypothesis.
        mask: <bool>[B, S], real source positions.
        beta: weight of the penalty.

    Returns:
        <float32>[B, K], at most 0.
    """
    logs = tf.math.log(tf.clip_by_value(coverage, 1e-4, 1.0))
    return beta * tf.reduce_sum(tf.where(mask[:, None, :], logs, 0.0), axis=-1)


def apply_repetition_penalty(logits: tf.Tensor, tokens: tf.Tensor, penalty: float) -> tf.Tensor:
    """Makes tokens of the text less probable (Keskar et al. 2019, section 4.1).

    Their logits are divided by the penalty where positive, multiplied where negative.

    Args:
        logits: <float32>[N, V].
        tokens: <int32>[N, T], the text so far, padded with PAD.
        penalty: at least 1.

    Returns:
        <float32>[N, V].
    """
    rows = tf.broadcast_to(tf.range(tf.shape(tokens)[0])[:, None], tf.shape(tokens))
    indices = tf.stack([rows, tokens], axis=-1)
    is_real = tf.cast(tf.not_equal(tokens, PAD), tf.int32)
    counts = tf.scatter_nd(
        tf.reshape(indices, (-1, 2)), tf.reshape(is_real, (-1,)), tf.shape(logits)
    )
    lower = tf.where(logits > 0.0, logits / penalty, logits * penalty)
    return tf.where(counts > 0, lower, logits)


def repeated_ngram_mask(
    tokens: tf.Tensor, time: tf.Tensor, size: int, vocabulary_size: int
) -> tf.Tensor:
    """Marks the tokens that would repeat an n-gram.

    Example: after `a b c a b` with size 3, `c` is marked.

    Args:
        tokens: <int32>[N, T], the sequences so far.
        time: <int32>[], their number of tokens.
        size: tokens of an n-gram, at least 1.
        vocabulary_size: V.

    Returns:
        <bool>[N, V].
    """
    num_rows, length = tf.shape(tokens)[0], tf.shape(tokens)[1]
    positions = tf.range(length)[None, :]  # of the last token of each n-gram
    is_same = tf.broadcast_to(
        tf.logical_and(positions >= size - 1, positions < time) & (time >= size - 1),
        (num_rows, length),
    )
    for back in range(1, size):
        earlier = tf.roll(tokens, shift=back, axis=1)
        last = tf.gather(tokens, tf.maximum(time - back, 0), axis=1)
        is_same &= tf.equal(earlier, last[:, None])
    rows = tf.broadcast_to(tf.range(num_rows)[:, None], (num_rows, length))
    indices = tf.stack([rows, tf.where(is_same, tokens, PAD)], axis=-1)
    counts = tf.zeros((num_rows, vocabulary_size), tf.int32)
    counts = tf.tensor_scatter_nd_add(counts, indices, tf.cast(is_same, tf.int32))
    return counts > 0
