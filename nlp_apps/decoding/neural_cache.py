"""A neural cache: makes the words of the recent text more probable (Grave et al. 2017).

The cache holds the last N states of a language model and the token that followed each. A token's
probability is a mixture of the model's, and of the cache's: the softmax over the cached states of
`sharpness` times the scalar product with the present state, added up for equal tokens. No weight
changes, so that a phone learns its user's words by reading them.

Letters in shapes: K beams, M tokens of a text, N cached tokens, D units, V vocabulary.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from nlp_apps.text.special_ids import NEG_INF, PAD


class Cache(NamedTuple):
    """A cache: a ring of states and tokens.

    Attributes:
        keys: <float>[N, D], the state of the top layer before each token.
        tokens: <int32>[N]; PAD in a place that is empty.
        position: <int32>[], the place of the next token.
    """

    keys: tf.Tensor
    tokens: tf.Tensor
    position: tf.Tensor


class CacheSettings(NamedTuple):
    """Settings of the mixture.

    Attributes:
        weight: probability of the cache in the mixture, at least 0 and below 1.
        sharpness: factor of the scalar products.
    """

    weight: float
    sharpness: float


Step = Callable[[tf.Tensor, Any], tuple[tf.Tensor, Any, tf.Tensor]]
"""(tokens <int32>[K], state) -> (logits <float32>[K, V], state, state of the top layer
<float32>[K, D])."""


def score_and_remember(
    step: Step,
    ids: tf.Tensor,
    first: tf.Tensor,
    state: Any,
    cache: Cache,
    settings: CacheSettings,
) -> tuple[tf.Tensor, Any, Cache]:
    """Reads a text: scores each token with the cache, and then adds it to the cache.

    Args:
        step: feeds one token.
        ids: <int32>[M], padded on the right with PAD.
        first: <int32>[], the token before the text.
        state: the state before it.
        cache: the cache.
        settings: weight and sharpness.

    Returns:
        the surprisals <float32>[M], in nats, the new state and the new cache.
    """
    count = tf.reduce_sum(tf.cast(tf.not_equal(ids, PAD), tf.int32))
    size = ids.shape[0]

    def read(
        place: tf.Tensor, last: tf.Tensor, state: Any, cache: Cache, nats: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, Any, Cache, tf.Tensor]:
        logits, state, top = step(last[None], state)
        token = tf.gather(ids, place)
        log_probability = tf.gather(tf.nn.log_softmax(logits)[0], token)
        found = log_probability_with_cache(log_probability, token, top, cache, settings)
        nats = tf.where(tf.equal(tf.range(size), place), -found, nats)
        return place + 1, token, state, remember(cache, top, token), nats

    _, _, state, cache, nats = tf.while_loop(
        lambda place, *_: place < count,
        read,
        (tf.constant(0), first, state, cache, tf.zeros((size,))),
    )
    return nats, state, cache


def remember(cache: Cache, state: tf.Tensor, token: tf.Tensor) -> Cache:
    """Adds a token, and the state <float32>[1, D] before it, in place of the oldest."""
    size = cache.tokens.shape[0]
    is_here = tf.equal(tf.range(size), cache.position)
    keys = tf.where(is_here[:, None], state, cache.keys)
    tokens = tf.where(is_here, token, cache.tokens)
    return Cache(keys, tokens, (cache.position + 1) % size)


def log_probability_with_cache(
    log_probability: tf.Tensor,
    token: tf.Tensor,
    state: tf.Tensor,
    cache: Cache,
    settings: CacheSettings,
) -> tf.Tensor:
    """Computes the mixture for one token.

    Args:
        log_probability: <float32>[], of the token, by the model.
        token: <int32>[].
        state: <float32>[1, D], of the top layer.
        cache: the cache.
        settings: weight and sharpness.

    Returns:
        <float32>[], in nats.
    """
    shares = _shares(state, cache, settings)[0]
    share = tf.reduce_sum(tf.where(tf.equal(cache.tokens, token), shares, 0.0))
    return _mixture(log_probability, share, cache, settings)


def log_probabilities_with_cache(
    log_probabilities: tf.Tensor, state: tf.Tensor, cache: Cache, settings: CacheSettings
) -> tf.Tensor:
    """Computes the mixture for every token.

    Args:
        log_probabilities: <float32>[K, V], by the model.
        state: <float32>[K, D], of the top layer.
        cache: the cache.
        settings: weight and sharpness.

    Returns:
        <float32>[K, V], in nats.
    """
    shares = tf.transpose(_shares(state, cache, settings))  # [N, K]
    beams, vocabulary = log_probabilities.shape
    by_token = tf.scatter_nd(cache.tokens[:, None], shares, (vocabulary, beams))  # adds them up
    return _mixture(log_probabilities, tf.transpose(by_token), cache, settings)


def _shares(state: tf.Tensor, cache: Cache, settings: CacheSettings) -> tf.Tensor:
    """The probability of each cached token, <float32>[K, N]; 0 in an empty place."""
    scores = settings.sharpness * tf.matmul(state, cache.keys, transpose_b=True)
    is_used = tf.not_equal(cache.tokens, PAD)
    shares = tf.nn.softmax(tf.where(is_used, scores, NEG_INF))
    return tf.where(is_used, shares, 0.0)


def _mixture(
    log_probability: tf.Tensor, share: tf.Tensor, cache: Cache, settings: CacheSettings
) -> tf.Tensor:
    """log((1 - w) exp(log_probability) + w share); w is 0 while the cache is empty."""
    is_empty = tf.reduce_all(tf.equal(cache.tokens, PAD))
    weight = tf.where(is_empty, 0.0, settings.weight)
    mixed = (1.0 - weight) * tf.exp(log_probability) + weight * share
    # Without a share of the cache, a probability may be below the range of float32.
    return tf.where(
        share > 0.0,
        tf.math.log(tf.maximum(mixed, 1e-37)),
        log_probability + tf.math.log(1.0 - weight),
    )
