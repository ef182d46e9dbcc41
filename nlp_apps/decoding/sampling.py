"""Sampling of the next token: temperature, top-k, top-p, penalties.

Letters in shapes: B texts, V vocabulary, T tokens of the texts so far.
"""

from typing import Any

import tensorflow as tf

from nlp_apps.blocks.random_hash import hash_uint32
from nlp_apps.decoding.penalties import apply_repetition_penalty, repeated_ngram_mask
from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.text.special_ids import NEG_INF

MIN_TEMPERATURE = 1e-20
"""Lower temperatures count as this one."""


def top_k_top_p_filter(logits: tf.Tensor, top_k: Any, top_p: Any) -> tf.Tensor:
    """Keeps the most probable tokens (Fan et al. 2018; Holtzman et al. 2020, section 3.1).

    The most probable token is always kept.

    Args:
        logits: <float32>[B, V].
        top_k: the most tokens that are kept; 0: all.
        top_p: keeps the fewest most probable tokens whose total probability reaches `top_p`;
            1: all.

    Returns:
        <float32>[B, V], `NEG_INF` for the others.
    """
    size = tf.shape(logits)[-1]
    order = tf.argsort(logits, axis=-1, direction="DESCENDING", stable=True)  # [B, V]
    ranked = tf.gather(logits, order, axis=-1, batch_dims=1)
    probabilities = tf.nn.softmax(ranked)
    before = tf.cumsum(probabilities, axis=-1, exclusive=True)
    rank = tf.range(size)[None, :]
    most = tf.where(tf.equal(top_k, 0), size, top_k)
    is_kept = (rank < most) & ((before < top_p) | tf.greater_equal(top_p, 1.0))
    is_kept |= tf.equal(rank, 0)
    filtered = tf.where(is_kept, ranked, NEG_INF)
    ranks = tf.argsort(order, axis=-1)  # of each id
    return tf.gather(filtered, ranks, axis=-1, batch_dims=1)


def sample(logits: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
    """Samples a token for each row with the inverse of the cumulative distribution.

    Args:
        logits: <float32>[B, V].
        uniform: <float32>[B], random numbers from [0, 1).

    Returns:
        <int32>[B].
    """
    cumulative = tf.cumsum(tf.nn.softmax(logits), axis=-1)  # [B, V]
    # The last sum may differ from 1 by rounding: scales the random number rather than the sums.
    threshold = uniform[:, None] * cumulative[:, -1:]
    chosen = tf.reduce_sum(tf.cast(cumulative <= threshold, tf.int32), axis=-1)
    return tf.minimum(chosen, tf.shape(logits)[-1] - 1)


def uniform_noise(seeds: tf.Tensor, step: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Computes random numbers that depend only on seed, step and row, not on the batch.

    Args:
        seeds: <int32>[] or [B].
        step: <int32>[], tokens sampled so far.
        rows: <int32>[B], a number for each text.

    Returns:
        <float32>[B], from [0, 1): 24 bits of a hash.
    """
    bits = hash_uint32(tf.cast(seeds, tf.uint32) + tf.constant(0x9E3779B9, tf.uint32))
    for number in (rows, step):
        salt = hash_uint32(tf.cast(number, tf.uint32) + 1)
        bits = hash_uint32(tf.bitwise.bitwise_xor(bits, salt))
    high = tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32))
    return tf.cast(tf.cast(high, tf.int32), tf.float32) * 2.0**-24


def apply_repetition_rules(
    logits: tf.Tensor, tokens: tf.Tensor, time: tf.Tensor, settings: SamplingConfig
) -> tf.Tensor:
    """Applies the repetition penalty and forbids repeated n-grams.

    Args:
        logits: <float32>[B, V].
        tokens: <int32>[B, T], the texts so far in their first `time` positions, with prompts.
        time: <int32>[].
        settings: the penalty and the size of the n-grams.

    Returns:
        <float32>[B, V].
    """
    if settings.repetition_penalty != 1.0:
        logits = apply_repetition_penalty(logits, tokens, settings.repetition_penalty)
    if settings.no_repeat_ngram_size:
        seen = repeated_ngram_mask(tokens, time, settings.no_repeat_ngram_size, logits.shape[-1])
        logits = tf.where(seen, NEG_INF, logits)
    return logits


def next_token(
    logits: tf.Tensor,
    tokens: tf.Tensor,
    time: tf.Tensor,
    uniform: tf.Tensor,
    settings: SamplingConfig,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Samples the next token of each text.

    Args:
        logits: <float32>[B, V], `NEG_INF` for forbidden tokens.
        tokens: <int32>[B, T], the texts so far in their first `time` positions, with prompts.
        time: <int32>[].
        uniform: <float32>[B], random numbers from [0, 1).
        settings: the settings of sampling.

    Returns:
        The tokens <int32>[B] and their log probabilities <float32>[B] under the unfiltered logits.
    """
    filtered = apply_temperature(
        apply_repetition_rules(logits, tokens, time, settings), settings.temperature
    )
    if settings.top_k or settings.top_p < 1.0:
        filtered = top_k_top_p_filter(filtered, settings.top_k, settings.top_p)
    chosen = sample(filtered, uniform)
    return chosen, log_probs_of(logits, chosen)


def apply_temperature(logits: tf.Tensor, temperature: Any) -> tf.Tensor:
    """Divides logits <float32>[B, V] by positive temperatures, one number or <float32>[B, 1]."""
    # A tiny temperature must not produce infinities, whose differences are NaN.
    return tf.maximum(logits, NEG_INF) / tf.maximum(temperature, MIN_TEMPERATURE)


def log_probs_of(logits: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
    """Computes log probabilities <float32>[B] of tokens <int32>[B] for logits <float32>[B, V]."""
    return tf.gather(tf.nn.log_softmax(logits), chosen, axis=-1, batch_dims=1)
