"""The likeliest tokens, without sorting a vocabulary: to sort takes longer than to predict.

Letters in shapes: V vocabulary.
"""

import tensorflow as tf

from nlp_apps.text.special_ids import NEG_INF

SHORT_LIST = 256
"""Tokens that are ranked first: mostly fewer share the probability."""

MIN_LOG_PROB = -40.0
"""Log probability below which a token is never drawn."""

HALVINGS = 30
"""So many that the bound between two tokens is finer than float32 tells them apart."""


def top_k_top_p_filter(logits: tf.Tensor, top_k: tf.Tensor, top_p: tf.Tensor) -> tf.Tensor:
    """Forbids all but the likeliest tokens; as `sampling.top_k_top_p_filter`, of one text.

    Args:
        logits: <float32>[1, V].
        top_k: <int32>[1], how many may stay; 0 for all.
        top_p: <float32>[1], stay while the likelier ones together have less than this probability;
            1 for all.

    Returns:
        <float32>[1, V], NEVER where forbidden.
    """
    log_probs = tf.nn.log_softmax(logits)
    size = logits.shape[-1]
    most = tf.where(tf.equal(top_k, 0), size, top_k)
    length = min(SHORT_LIST, size)
    ranked, _ = tf.math.top_k(log_probs, length)
    before = tf.cumsum(tf.exp(ranked), axis=-1, exclusive=True)
    stays = (tf.range(length) < most) & (before < top_p)
    count = tf.maximum(tf.reduce_sum(tf.cast(stays, tf.int32)), 1)
    is_all = tf.reduce_all((most >= size) & (top_p >= 1.0))
    lowest = tf.cond(
        is_all | (count < length),
        lambda: tf.gather(ranked[0], count - 1),
        lambda: _bound(log_probs, most, top_p),
    )
    return tf.where(is_all | (log_probs >= lowest), logits, NEG_INF)


def _bound(log_probs: tf.Tensor, most: tf.Tensor, top_p: tf.Tensor) -> tf.Tensor:
    """The lowest log probability that stays, by halving: <float32>[1, V] to <float32>[]."""
    probabilities = tf.exp(log_probs)

    def halve(turn: tf.Tensor, low: tf.Tensor, high: tf.Tensor) -> tuple[tf.Tensor, ...]:
        middle = 0.5 * (low + high)
        likelier = log_probs > middle
        mass = tf.reduce_sum(tf.where(likelier, probabilities, 0.0))
        rank = tf.reduce_sum(tf.cast(likelier, tf.int32))
        stays = tf.reduce_all((mass < top_p) & (rank < most))
        return turn + 1, tf.where(stays, low, middle), tf.where(stays, middle, high)

    *_, high = tf.while_loop(
        lambda turn, *_: turn < HALVINGS,
        halve,
        (0, tf.constant(MIN_LOG_PROB), tf.reduce_max(log_probs)),
    )
    return high
