"""Tests of nlp_apps.metrics.baselines.ngram_model, against numbers worked out by hand."""

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.metrics.baselines import ngram_model
from nlp_apps.metrics.baselines.ngram_model import ngram_losses, unigram_losses


def test_frequencies_are_counts_plus_one():
    found = unigram_losses(np.array([5, 5, 5, 6]), {"test": np.array([5, 6, 0])}, 7)
    # Counts plus one over 7 ids: 4/11, 2/11, 1/11.
    np.testing.assert_allclose(found["test"], -np.log([4 / 11, 2 / 11, 1 / 11]))


def test_a_bigram_model_is_the_one_worked_out_by_hand():
    # a b a b a c, that is 0 1 0 1 0 2; bigrams ab 2, ba 2, ac 1.
    train = np.array([0, 1, 0, 1, 0, 2])
    found = ngram_losses(train, {"test": np.array([0, 1, 2, 0])}, 4, order=2)["test"]
    # In front of a: b; of b: a; of c: a. So each is counted once, and D = 1 / (1 + 0) = 1:
    # p_1 is uniform over 4 ids. Bigrams: D = 1 / (1 + 2 * 2) = 0.2.
    uniform = 1 / 4
    after_a = (2 - 0.2) / 3 + 0.2 * 2 / 3 * uniform  # b after a: 2 of 3, two kinds
    after_b = 0.2 * 1 / 2 * uniform  # c after b: 0 of 2, one kind
    # The first token has no history, and nothing follows c.
    np.testing.assert_allclose(found, -np.log([uniform, after_a, after_b, uniform]))


@settings(max_examples=50, deadline=None)
@given(
    train=st.lists(st.integers(0, 4), min_size=1, max_size=60),
    history=st.lists(st.integers(0, 4), max_size=6),
    order=st.integers(1, 5),
)
def test_probabilities_sum_to_1_after_any_history(train, history, order):
    splits = {str(token): np.array([*history, token]) for token in range(5)}
    found = ngram_losses(np.array(train), splits, 5, order)
    assert sum(np.exp(-losses[-1]) for losses in found.values()) == pytest.approx(1.0)
    assert all(np.isfinite(losses).all() for losses in found.values())


def test_longer_n_grams_predict_a_repeated_text_better():
    generator = np.random.default_rng(0)
    phrases = generator.integers(20, size=(10, 8))
    train, test = (phrases[generator.integers(10, size=n)].ravel() for n in (500, 50))
    losses = [ngram_losses(train, {"test": test}, 20, order)["test"].mean() for order in (1, 2, 4)]
    assert losses[2] < losses[1] - 0.1 < losses[0] - 1.0


def test_an_empty_split_has_no_losses():
    assert ngram_losses(np.array([1, 2, 1]), {"test": np.zeros(0, int)}, 3)["test"].shape == (0,)


def test_a_long_text_is_counted_in_part_and_logged(monkeypatch, caplog):
    monkeypatch.setattr(ngram_model, "MAX_TOKENS", 4)
    test = {"test": np.array([0, 1])}
    with caplog.at_level(logging.INFO):
        found = ngram_losses(np.array([0, 1, 0, 1, 2, 2, 2, 2]), test, 3)
    np.testing.assert_array_equal(
        found["test"], ngram_losses(np.array([0, 1, 0, 1]), test, 3)["test"]
    )
    assert "4 of the 8 training tokens" in caplog.text
