"""The neural cache: its mixture as in the paper, in NumPy; its ring; its empty places."""

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.decoding.neural_cache import (
    Cache,
    CacheSettings,
    log_probabilities_with_cache,
    log_probability_with_cache,
    remember,
    score_and_remember,
)

SETTINGS = CacheSettings(weight=0.3, sharpness=0.7)
SIZE, UNITS, VOCABULARY = 5, 4, 9


def made(used: int, seed: int = 1) -> tuple[Cache, np.ndarray, np.ndarray]:
    """A cache with `used` places, log probabilities [2, V] and states [2, D]."""
    random = np.random.default_rng(seed)
    tokens = np.zeros((SIZE,), np.int32)
    tokens[:used] = random.integers(4, 7, used)  # some of them twice
    keys = random.normal(size=(SIZE, UNITS)).astype(np.float32)
    logits = random.normal(size=(2, VOCABULARY)).astype(np.float32)
    states = random.normal(size=(2, UNITS)).astype(np.float32)
    cache = Cache(tf.constant(keys), tf.constant(tokens), tf.constant(used % SIZE))
    return cache, tf.nn.log_softmax(logits).numpy(), states


def expected(cache: Cache, log_probs: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Equation 3 and the mixture of Grave et al. 2017, with loops."""
    found = np.zeros_like(log_probs, np.float64)
    keys, tokens = cache.keys.numpy(), cache.tokens.numpy()
    for row, (model, state) in enumerate(zip(log_probs, states, strict=True)):
        powers = np.where(tokens > 0, np.exp(SETTINGS.sharpness * keys @ state), 0.0)
        by_token = np.zeros(VOCABULARY)
        for token, power in zip(tokens, powers, strict=True):
            by_token[token] += power
        share = by_token / powers.sum()
        mixed = (1 - SETTINGS.weight) * np.exp(model) + SETTINGS.weight * share
        found[row] = np.log(mixed)
    return found


@pytest.mark.parametrize("used", [1, 3, SIZE])
def test_the_mixture_is_that_of_the_paper(used: int):
    cache, log_probs, states = made(used)
    found = log_probabilities_with_cache(log_probs, states, cache, SETTINGS).numpy()
    wanted = expected(cache, log_probs, states)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1.0, atol=1e-5)
    for token in range(VOCABULARY):
        one = log_probability_with_cache(
            log_probs[0, token], tf.constant(token), states[:1], cache, SETTINGS
        )
        assert float(one) == pytest.approx(wanted[0, token], abs=1e-5)


def test_an_empty_cache_changes_nothing():
    cache, log_probs, states = made(0)
    found = log_probabilities_with_cache(log_probs, states, cache, SETTINGS).numpy()
    np.testing.assert_allclose(found, log_probs, atol=1e-6)


def test_a_probability_below_float32_stays_that_of_the_model():
    cache, log_probs, states = made(1)
    log_probs[:, 8] = -200.0
    found = log_probabilities_with_cache(log_probs, states, cache, SETTINGS).numpy()
    assert found[0, 8] == pytest.approx(-200.0 + np.log(0.7), abs=1e-4)


def test_the_oldest_place_is_reused():
    cache = Cache(tf.zeros((2, UNITS)), tf.zeros((2,), tf.int32), tf.constant(0))
    for token in (5, 6, 7):
        cache = remember(cache, tf.fill((1, UNITS), float(token)), tf.constant(token))
    assert cache.tokens.numpy().tolist() == [7, 6]
    assert cache.keys.numpy()[:, 0].tolist() == [7.0, 6.0]
    assert int(cache.position) == 1


def test_each_token_is_scored_before_it_is_remembered():
    """A text of one repeated token, with a model that predicts every token alike."""
    state = tf.ones((1, UNITS))

    def step(tokens: tf.Tensor, _: tf.Tensor):
        return tf.zeros((1, VOCABULARY)), tokens, state

    cache = Cache(tf.zeros((SIZE, UNITS)), tf.zeros((SIZE,), tf.int32), tf.constant(0))
    nats, _, after = score_and_remember(
        step, tf.constant([5, 5, 6, 0]), tf.constant(2), tf.constant([2]), cache, SETTINGS
    )
    uniform = 1 / VOCABULARY
    probabilities = [uniform, 0.7 * uniform + 0.3, 0.7 * uniform]
    np.testing.assert_allclose(np.exp(-nats.numpy()[:3]), probabilities, rtol=1e-5)
    assert nats.numpy()[3] == 0.0
    assert after.tokens.numpy().tolist() == [5, 5, 6, 0, 0]
