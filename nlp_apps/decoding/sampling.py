"""Drawing the next token: temperature, top-k, top-p, penalties. Knows no model.

Letters in shapes: B texts, V vocabulary, T tokens of the texts so far.
"""

from typing import Any

import tensorflow as tf

from nlp_apps.blocks.random_hash import hash_uint32
from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.decoding.search import repeated_ngram_mask
from nlp_apps.text.special_ids import NEG_INF, PAD

COLDEST = 1e-20
"""Temperatures below count as this one."""


def apply_repetition_penalty(logits: tf.Tensor, tokens: tf.Tensor, penalty: float) -> tf.Tensor:
    """Makes tokens that stand in the text already less likely (Keskar et al. 2019, section 4.1).

    Their logits are divided by the penalty where positive, multiplied where negative.

    Args:
        logits: <float32>[B, V].
        tokens: <int32>[B, T], the text so far, 0 where there is none.
        penalty: at least 1.

    Returns:
        <float32>[B, V].
    """
    rows = tf.broadcast_to(tf.range(tf.shape(tokens)[0])[:, None], tf.shape(tokens))
    places = tf.stack([rows, tokens], axis=-1)
    real = tf.cast(tf.not_equal(tokens, PAD), tf.int32)
    counts = tf.scatter_nd(tf.reshape(places, (-1, 2)), tf.reshape(real, (-1,)), tf.shape(logits))
    lower = tf.where(logits > 0.0, logits / penalty, logits * penalty)
    return tf.where(counts > 0, lower, logits)


def top_k_top_p_filter(logits: tf.Tensor, top_k: Any, top_p: Any) -> tf.Tensor:
    """Forbids all but the likeliest tokens (Fan et al. 2018; Holtzman et al. 2020, section 3.1).

    The likeliest token always stays.

    Args:
        logits: <float32>[B, V].
        top_k: how many may stay; 0 for all.
        top_p: stay while the likelier ones together have less than this probability; 1 for all.

    Returns:
        <float32>[B, V], NEVER where forbidden.
    """
    size = tf.shape(logits)[-1]
    order = tf.argsort(logits, axis=-1, direction="DESCENDING", stable=True)  # [B, V]
    ranked = tf.gather(logits, order, axis=-1, batch_dims=1)
    probabilities = tf.nn.softmax(ranked)
    before = tf.cumsum(probabilities, axis=-1, exclusive=True)
    rank = tf.range(size)[None, :]
    most = tf.where(tf.equal(top_k, 0), size, top_k)
    stays = (rank < most) & ((before < top_p) | tf.greater_equal(top_p, 1.0))
    stays |= tf.equal(rank, 0)
    kept = tf.where(stays, ranked, NEG_INF)
    places = tf.argsort(order, axis=-1)  # back from ranks to ids
    return tf.gather(kept, places, axis=-1, batch_dims=1)


def sample(logits: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
    """Draws a token for each row, by the inverse of the cumulative distribution.

    Args:
        logits: <float32>[B, V].
        uniform: <float32>[B], random numbers from 0 to below 1.

    Returns:
        <int32>[B].
    """
    total = tf.cumsum(tf.nn.softmax(logits), axis=-1)  # [B, V]
    # Rounding may leave the last sum a little off 1: scale the number, not the sums.
    aim = uniform[:, None] * total[:, -1:]
    chosen = tf.reduce_sum(tf.cast(total <= aim, tf.int32), axis=-1)
    return tf.minimum(chosen, tf.shape(logits)[-1] - 1)


def uniform_noise(seeds: tf.Tensor, step: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Random numbers that depend on seed, step and row alone, not on what is drawn beside them.

    Args:
        seeds: <int32>[] or [B].
        step: <int32>[], tokens drawn so far.
        rows: <int32>[B], a number for each text.

    Returns:
        <float32>[B], from 0 to below 1: 24 bits of a hash.
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
    """Makes less likely, or forbids, what stands in the text already.

    Args:
        logits: <float32>[B, V].
        tokens: <int32>[B, T], the texts so far in their first `time` places, prompts included.
        time: <int32>[].
        settings: penalty and n-gram.

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
    """Draws the next token of each text.

    Args:
        logits: <float32>[B, V], with NEVER where a token is out of the question.
        tokens: <int32>[B, T], the texts so far in their first `time` places, prompts included.
        time: <int32>[].
        uniform: <float32>[B], random numbers.
        settings: how to draw.

    Returns:
        the tokens <int32>[B] and their log probabilities <float32>[B] under the model itself.
    """
    filtered = apply_temperature(
        apply_repetition_rules(logits, tokens, time, settings), settings.temperature
    )
    if settings.top_k or settings.top_p < 1.0:
        filtered = top_k_top_p_filter(filtered, settings.top_k, settings.top_p)
    chosen = sample(filtered, uniform)
    return chosen, log_probs_of(logits, chosen)


def apply_temperature(logits: tf.Tensor, temperature: Any) -> tf.Tensor:
    """Divides logits <float32>[B, V] by temperatures above 0, one number or <float32>[B, 1]."""
    # A temperature of next to nothing must not make infinities, whose differences are no numbers.
    return tf.maximum(logits, NEG_INF) / tf.maximum(temperature, COLDEST)


def log_probs_of(logits: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
    """Log probabilities <float32>[B] of tokens <int32>[B] under logits <float32>[B, V]."""
    return tf.gather(tf.nn.log_softmax(logits), chosen, axis=-1, batch_dims=1)
