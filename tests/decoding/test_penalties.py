"""Penalties are those of the papers; repeated n-grams are those found by hand."""

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.decoding.penalties import (
    apply_repetition_penalty,
    coverage_penalty,
    length_penalty,
    repeated_ngram_mask,
)
from nlp_apps.text.special_ids import PAD
from tests.decoding.alphabet import LETTERS, VOCABULARY, A, B, C

LOGITS = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32) * 2.0


def test_the_length_penalty_is_that_of_wu_et_al():
    lengths = tf.constant([1, 7, 13])
    np.testing.assert_allclose(length_penalty(lengths, 1.0), [1.0, 2.0, 3.0], rtol=1e-6)
    np.testing.assert_allclose(length_penalty(lengths, 0.0), [1.0, 1.0, 1.0])
    # (5 + 7) ** 0.6 / (5 + 1) ** 0.6 = 1.515717; (5 + 13) ** 0.6 / 6 ** 0.6 = 1.933182
    np.testing.assert_allclose(length_penalty(lengths, 0.6), [1.0, 1.515717, 1.933182], rtol=1e-5)


def test_the_coverage_penalty_is_that_of_wu_et_al():
    coverage = tf.constant([[[0.5, 1.7, 0.25, 0.3], [1.0, 2.0, 1.0, 0.0]]])
    mask = tf.constant([[True, True, True, False]])
    # 0.2 * (ln 0.5 + ln 1 + ln 0.25) = -0.415888; the last position is padding.
    np.testing.assert_allclose(
        coverage_penalty(coverage, mask, 0.2), [[-0.4158883, 0.0]], atol=1e-6
    )


def test_an_unattended_position_has_a_large_finite_penalty():
    penalty = coverage_penalty(tf.zeros((1, 1, 2)), tf.constant([[True, False]]), 1.0)
    assert -20 < float(penalty[0, 0]) < -5


def repeated_by_hand(tokens, size):
    """Tokens that would complete an n-gram of `tokens`."""
    if len(tokens) < size - 1:
        return set()
    tail = tokens[len(tokens) - (size - 1) :]
    grams = [tokens[start : start + size] for start in range(len(tokens) - size + 1)]
    return {gram[-1] for gram in grams if gram[:-1] == tail}


@settings(max_examples=100)
@given(
    rows=st.lists(
        st.lists(st.sampled_from(LETTERS), min_size=7, max_size=7), min_size=1, max_size=3
    ),
    time=st.integers(0, 7),
    size=st.integers(1, 4),
)
def test_the_tokens_that_would_repeat_an_n_gram_are_those_found_by_hand(rows, time, size):
    tokens = np.array(rows, np.int32)
    tokens[:, time:] = PAD
    marked = repeated_ngram_mask(tf.constant(tokens), tf.constant(time), size, VOCABULARY).numpy()
    for row, tokens_of_row in enumerate(rows):
        assert set(np.flatnonzero(marked[row])) == repeated_by_hand(tokens_of_row[:time], size)


def test_after_a_b_c_a_b_the_third_of_three_is_c():
    tokens = tf.constant([[A, B, C, A, B, PAD]])
    marked = repeated_ngram_mask(tokens, tf.constant(5), 3, VOCABULARY)
    assert np.flatnonzero(marked[0]).tolist() == [C]


def test_the_penalty_divides_positive_and_multiplies_negative_logits():
    logits = np.array([[9.0, 2.0, -3.0, 4.0, -5.0, 0.0], [1.0] * 6], np.float32)
    tokens = tf.constant([[3, 2, 5, 3, 0], [1, 1, 1, 0, 0]])
    found = apply_repetition_penalty(tf.constant(logits), tokens, 2.0).numpy()
    wanted = logits.copy()
    for row, ids in enumerate([{3, 2, 5}, {1}]):  # once, even for a token that occurs twice
        for index in ids:
            value = logits[row, index]
            wanted[row, index] = value / 2.0 if value > 0 else value * 2.0
    np.testing.assert_array_equal(found, wanted)


def test_an_empty_text_has_no_penalty():
    found = apply_repetition_penalty(tf.constant(LOGITS), tf.zeros((3, 5), tf.int32), 2.0)
    np.testing.assert_array_equal(found, LOGITS)
