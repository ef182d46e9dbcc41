"""Tests of nlp_apps.decoding.sampling, against NumPy and with made-up logits."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.decoding.sampling import (
    next_token,
    sample,
    top_k_top_p_filter,
    uniform_noise,
)
from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.errors import UsageError
from nlp_apps.text.special_ids import NEG_INF

LOGITS = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32) * 2.0
NOTHING_YET = tf.zeros((1, 4), tf.int32)

# Logits on a grid, so that ties happen and nothing else is close to one.
ROWS = st.lists(st.integers(-20, 20), min_size=2, max_size=9).map(
    lambda row: np.array([row], np.float32) / 4
)
BELOW_ONE = float(np.nextafter(np.float32(1.0), np.float32(0.0)))


def softmax(row):
    powers = np.exp(np.asarray(row, np.float64) - np.max(row))
    return powers / powers.sum()


def most_probable_by_hand(row, top_k, top_p):
    """The kept ids, in plain Python."""
    order = sorted(range(len(row)), key=lambda index: (-row[index], index))
    probabilities, before, stays = softmax(row), 0.0, []
    for rank, index in enumerate(order):
        if rank == 0 or ((not top_k or rank < top_k) and (top_p >= 1.0 or before < top_p)):
            stays.append(index)
        before += probabilities[index]
    return set(stays)


def kept(logits, top_k, top_p):
    found = top_k_top_p_filter(tf.constant(logits), top_k, top_p).numpy()
    for row, old in zip(found, logits, strict=True):
        np.testing.assert_array_equal(row[row != NEG_INF], old[row != NEG_INF])
    return [set(np.flatnonzero(row != NEG_INF).tolist()) for row in found]


def tokens_drawn(logits, how, numbers=4000, tokens=NOTHING_YET, time=0):
    """Tokens for evenly spread random numbers: their shares are the distribution, but for 1 / N."""
    uniform = (np.arange(numbers, dtype=np.float32) + 0.5) / numbers
    chosen, _ = next_token(
        tf.repeat(tf.constant(logits), numbers, axis=0),
        tf.repeat(tokens, numbers, axis=0),
        tf.constant(time),
        tf.constant(uniform),
        how,
    )
    return chosen.numpy()


def shares(chosen, size):
    return np.bincount(chosen, minlength=size) / len(chosen)


# Temperature --------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.25, 1.0, 3.0])
def test_the_shares_are_the_softmax_of_the_logits_over_the_temperature(temperature):
    found = shares(tokens_drawn(LOGITS[:1], SamplingConfig(temperature=temperature)), 8)
    np.testing.assert_allclose(found, softmax(LOGITS[0] / temperature), atol=1e-3)


@pytest.mark.parametrize("temperature", [1e-3, 1e-38, 1e-300])
def test_a_tiny_temperature_chooses_the_most_probable_token_every_time(temperature):
    best = int(LOGITS[0].argmax())
    assert set(tokens_drawn(LOGITS[:1], SamplingConfig(temperature=temperature), 200)) == {best}
    how = SamplingConfig(temperature=temperature, top_p=0.9, top_k=3)
    assert set(tokens_drawn(LOGITS[:1], how, 200)) == {best}


def test_a_high_temperature_samples_all_allowed_tokens_equally():
    logits = LOGITS[:1].copy()
    logits[0, 2] = NEG_INF
    found = shares(tokens_drawn(logits, SamplingConfig(temperature=100.0)), 8)
    np.testing.assert_allclose(np.delete(found, 2), 1 / 7, atol=0.01)
    assert found[2] == 0.0


# Top-k and top-p ----------------------------------------------------------------------------------


@settings(max_examples=60)
@given(logits=ROWS, top_k=st.integers(0, 10), top_p=st.sampled_from([1e-6, 0.3, 0.5, 0.9, 1.0]))
def test_the_most_probable_tokens_are_kept_as_worked_out_in_numpy(logits, top_k, top_p):
    order = np.argsort(-logits[0], kind="stable")
    before = np.cumsum(softmax(logits[0])[order])
    if np.min(np.abs(before - top_p)) < 1e-5:
        return  # float32 may decide either way
    assert kept(logits, top_k, top_p) == [most_probable_by_hand(logits[0], top_k, top_p)]


def test_each_row_is_filtered_separately():
    assert kept(LOGITS, 3, 0.8) == [most_probable_by_hand(row, 3, 0.8) for row in LOGITS]


def test_all_tokens_are_kept_without_a_limit():
    np.testing.assert_array_equal(top_k_top_p_filter(tf.constant(LOGITS), 0, 1.0), LOGITS)
    np.testing.assert_array_equal(top_k_top_p_filter(tf.constant(LOGITS), 99, 1.0), LOGITS)


def test_the_first_of_equally_probable_tokens_are_kept():
    logits = np.array([[1.0, 2.0, 1.0, 2.0, 1.0]], np.float32)
    assert kept(logits, 3, 1.0) == [{1, 3, 0}]
    assert kept(np.zeros((1, 4), np.float32), 0, 0.6) == [{0, 1, 2}]


def test_the_most_probable_token_is_kept_for_every_top_p():
    assert kept(np.array([[0.0, 5.0, 1.0]], np.float32), 0, 1e-9) == [{1}]


def test_limits_can_be_tensors():
    found = top_k_top_p_filter(tf.constant(LOGITS), tf.constant(2), tf.constant(1.0)).numpy()
    assert ((found != NEG_INF).sum(axis=1) == 2).all()


def test_kept_tokens_are_sampled_in_their_original_proportions():
    how = SamplingConfig(temperature=2.0, top_k=4, top_p=0.9)
    scaled = LOGITS[0] / 2.0
    stays = sorted(most_probable_by_hand(scaled, 4, 0.9))
    wanted = np.zeros(8)
    wanted[stays] = softmax(scaled)[stays] / softmax(scaled)[stays].sum()
    np.testing.assert_allclose(shares(tokens_drawn(LOGITS[:1], how), 8), wanted, atol=1e-3)


# Repetition ---------------------------------------------------------------------------------------


def test_a_penalty_makes_repeated_tokens_rarer_in_samples():
    logits = np.zeros((1, 5), np.float32) + 2.0
    tokens = tf.constant([[3, 0, 0, 0]])
    how = SamplingConfig(repetition_penalty=2.0)
    wanted = softmax([2.0, 2.0, 2.0, 1.0, 2.0])
    found = shares(tokens_drawn(logits, how, tokens=tokens, time=1), 5)
    np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_no_n_gram_is_drawn_twice():
    logits = np.zeros((1, 8), np.float32)
    logits[0, 5] = 20.0  # would be drawn every time
    tokens = tf.constant([[3, 4, 5, 3, 4, 0, 0]])
    for size, time, is_drawn in ((3, 5, False), (2, 5, False), (4, 5, True), (3, 4, True)):
        chosen = tokens_drawn(logits, SamplingConfig(no_repeat_ngram_size=size), 500, tokens, time)
        assert (5 in chosen) == is_drawn, (size, time)


# Drawing ------------------------------------------------------------------------------------------


def test_a_token_is_drawn_where_the_cumulative_distribution_passes_the_number():
    logits = tf.math.log([[0.25, 0.5, 0.125, 0.125]] * 6)
    uniform = tf.constant([0.0, 0.24, 0.26, 0.74, 0.76, BELOW_ONE])
    assert sample(logits, uniform).numpy().tolist() == [0, 0, 1, 1, 2, 3]


@settings(max_examples=60)
@given(
    row=st.lists(st.floats(-30, 30, width=32), min_size=2, max_size=9),
    allowed=st.lists(st.booleans(), min_size=9, max_size=9),
    uniform=st.floats(0.0, BELOW_ONE, width=32) | st.sampled_from([0.0, BELOW_ONE]),
    temperature=st.sampled_from([0.01, 0.7, 1.0, 100.0]),
    top_k=st.integers(0, 9),
    top_p=st.sampled_from([0.5, 1.0]),
    penalty=st.sampled_from([1.0, 100.0]),
)
def test_a_forbidden_token_is_forbidden_ids_mask(
    row, allowed, uniform, temperature, top_k, top_p, penalty
):
    allowed = np.array(allowed[: len(row)])
    allowed[-1] |= not allowed.any()
    logits = tf.where(tf.constant(allowed), tf.constant(row, tf.float32), NEG_INF)[None]
    how = SamplingConfig(temperature, top_k, top_p, penalty)
    tokens = tf.constant([[1, 0, 0]])
    chosen, log_probs = next_token(logits, tokens, tf.constant(1), tf.constant([uniform]), how)
    assert allowed[int(chosen[0])]
    assert np.isfinite(log_probs).all()


def test_the_log_probability_is_that_of_the_unfiltered_logits():
    how = SamplingConfig(temperature=0.1, top_k=2, repetition_penalty=3.0)
    tokens = tf.constant([[1, 2, 0]] * 3)
    chosen, log_probs = next_token(
        tf.constant(LOGITS), tokens, tf.constant(2), tf.constant([0.1, 0.5, 0.9]), how
    )
    wanted = [np.log(softmax(row)[index]) for row, index in zip(LOGITS, chosen, strict=True)]
    np.testing.assert_allclose(log_probs, wanted, rtol=1e-5)


# Random numbers -----------------------------------------------------------------------------------


uniforms_in_a_graph = tf.function(uniform_noise, reduce_retracing=True)


def numbers(seed, step, rows):
    rows = tf.constant(rows, tf.int32)
    return uniforms_in_a_graph(tf.constant(seed), tf.constant(step), rows).numpy()


def test_a_number_depends_on_seed_step_and_row_and_not_on_the_batch():
    together = numbers(7, 3, [0, 1, 2, 3])
    np.testing.assert_array_equal(numbers(7, 3, [2]), together[2:3])
    np.testing.assert_array_equal(numbers(7, 3, [3, 1]), together[[3, 1]])
    tf.random.set_seed(5)  # of no other generator either
    np.testing.assert_array_equal(numbers(7, 3, [0, 1, 2, 3]), together)


def test_another_seed_step_or_row_returns_another_number():
    found = [
        float(number)
        for seed in (1, 2)
        for step in (0, 1, 999)
        for number in numbers(seed, step, [0, 1, 2, 500])
    ]
    assert len(set(found)) == 24


def test_the_numbers_are_spread_evenly_from_0_to_below_1():
    found = np.concatenate([numbers(1, step, np.arange(200)) for step in range(10)])
    assert found.dtype == np.float32
    assert found.min() >= 0.0 and found.max() < 1.0
    counts = np.bincount((found * 10).astype(int), minlength=10)
    assert ((counts - 200) ** 2 / 200).sum() < 27.9  # chi-square, 9 degrees, one in a thousand


def test_samples_follow_the_distribution():
    size = 2000
    logits = tf.repeat(tf.constant(LOGITS[:1]), size, axis=0)
    chosen = sample(logits, tf.constant(numbers(3, 0, np.arange(size)))).numpy()
    wanted = softmax(LOGITS[0]) * size
    counts = np.bincount(chosen, minlength=8)
    assert ((counts - wanted) ** 2 / wanted).sum() < 24.3  # chi-square, 7 degrees


# SamplingConfig -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("temperature", 0.0, "above 0 and at most 100"),
        ("temperature", -1.0, "above 0 and at most 100"),
        ("temperature", float("nan"), "above 0 and at most 100"),
        ("temperature", float("inf"), "above 0 and at most 100"),
        ("top_k", -1, "at least 0 and at most 1,000,000,000"),
        ("top_p", 0.0, "above 0 and at most 1"),
        ("top_p", 1.01, "above 0 and at most 1"),
        ("repetition_penalty", 0.9, "at least 1 and at most 100"),
        ("repetition_penalty", 101.0, "at least 1 and at most 100"),
        ("no_repeat_ngram_size", -1, "at least 0 and at most 20"),
        ("no_repeat_ngram_size", 21, "at least 0 and at most 20"),
    ],
)
def test_a_value_out_of_range_is_an_error_with_name_rule_and_value(name, value, rule):
    with pytest.raises(UsageError, match=f"^{name} must be {rule}, received {value}\\."):
        SamplingConfig(**{name: value})


def test_the_ends_of_every_range_will_do():
    assert SamplingConfig(100.0, 0, 1.0, 100.0, 20) == SamplingConfig(100.0, 0, 1.0, 100.0, 20)
    assert SamplingConfig(1e-9, 10**9, 1e-9, 1.0, 0).top_k == 10**9
