"""Top-k and top-p filter without sorting the vocabulary: sorting takes longer than predicting.

Letters in shapes: V vocabulary.
"""

import tensorflow as tf

from nlp_apps.text.special_ids import NEG_INF

SHORT_LIST = 256
"""Tokens that are ranked first; usually no more are kept."""

MIN_LOG_PROB = -40.0
"""Log probability below which a token is never sampled."""

HALVINGS = 30
"""Steps of the binary search; the bound is then finer than the spacing of float32."""


def top_k_top_p_filter(logits: tf.Tensor, top_k: tf.Tensor, top_p: tf.Tensor) -> tf.Tensor:
    """Keeps the most probable tokens of one text; as `sampling.top_k_top_p_filter`.

    Args:
        logits: <float32>[1, V].
        top_k: <int32>[1], the most tokens that are kept; 0: all.
        top_p: <float32>[1], a token is kept while the more probable ones together have less than
            this probability; 1: all.

    Returns:
        <float32>[1, V], `NEG_INF` for the others.
    """
    log_probs = tf.nn.log_softmax(logits)
    size = logits.shape[-1]
    most = tf.where(tf.equal(top_k, 0), size, top_k)
    length = min(SHORT_LIST, size)
    ranked, _ = tf.math.top_k(log_probs, length)
    before = tf.cumsum(tf.exp(ranked), axis=-1, exclusive=True)
    is_kept = (tf.range(length) < most) & (before < top_p)
    count = tf.maximum(tf.reduce_sum(tf.cast(is_kept, tf.int32)), 1)
    keeps_all = tf.reduce_all((most >= size) & (top_p >= 1.0))
    lowest = tf.cond(
        keeps_all | (count < length),
        lambda: tf.gather(ranked[0], count - 1),
        lambda: _bound(log_probs, most, top_p),
    )
    return tf.where(keeps_all | (log_probs >= lowest), logits, NEG_INF)


def _bound(log_probs: tf.Tensor, most: tf.Tensor, top_p: tf.Tensor) -> tf.Tensor:
    """Finds the lowest log probability that is kept: <float32>[1, V] to <float32>[]."""
    probabilities = tf.exp(log_probs)

    def halve(step: tf.Tensor, low: tf.Tensor, high: tf.Tensor) -> tuple[tf.Tensor, ...]:
        middle = 0.5 * (low + high)
        is_above = log_probs > middle
        mass = tf.reduce_sum(tf.where(is_above, probabilities, 0.0))
        rank = tf.reduce_sum(tf.cast(is_above, tf.int32))
        is_kept = tf.reduce_all((mass < top_p) & (rank < most))
        return step + 1, tf.where(is_kept, low, middle), tf.where(is_kept, middle, high)

    *_, high = tf.while_loop(
        lambda step, *_: step < HALVINGS,
        halve,
        (0, tf.constant(MIN_LOG_PROB), tf.reduce_max(log_probs)),
    )
    return high
