"""The table of n-grams for texts with several labels."""

import numpy as np
from scipy import sparse

from nlp_apps.training.ngram_fit_sets import CERTAIN, fit_ngram_sets
from tests.training.ngram_formula import logits_of

NUM_ROWS, HALF = 100, 50


def texts(targets: np.ndarray, seed: int = 0) -> sparse.csr_matrix:
    """Counts of n-grams; each label of a text has one in both halves."""
    random = np.random.default_rng(seed)
    counts = np.zeros((len(targets), NUM_ROWS), np.float32)
    for text, row in enumerate(targets):
        for label in np.flatnonzero(row):
            counts[text, [1 + label, HALF + label]] += 1.0
        np.add.at(counts[text], random.integers(20, HALF, 3), 1.0)
        np.add.at(counts[text], random.integers(HALF + 20, NUM_ROWS, 3), 1.0)
    return sparse.csr_matrix(counts)


def test_the_table_predicts_the_sets_of_new_texts() -> None:
    targets = np.random.default_rng(2).random((200, 4)) < 0.4
    fit = fit_ngram_sets(texts(targets), targets, 4, first_of_characters=HALF)
    assert fit.table.shape == (NUM_ROWS, 5)
    found = logits_of(texts(targets, seed=1), fit.table, fit.bias, HALF) > 0
    assert (found == targets).mean() > 0.97
    assert fit.losses


def test_a_label_of_every_text_and_one_of_none_have_a_bias_only() -> None:
    targets = np.random.default_rng(2).random((30, 3)) < 0.5
    targets[:, 1], targets[:, 2] = True, False
    fit = fit_ngram_sets(texts(targets), targets, 3, first_of_characters=HALF)
    np.testing.assert_array_equal(fit.bias[1:], [CERTAIN, -CERTAIN])
    assert not fit.table[:, 1:3].any()


def test_weights_count_as_repeated_texts() -> None:
    targets = np.random.default_rng(2).random((12, 2)) < 0.5
    counts = texts(targets)
    weights = np.repeat([1.0, 2.0], 6)[:, None] * np.ones(targets.shape)
    weighted = fit_ngram_sets(counts, targets, 2, first_of_characters=HALF, weights=weights)
    plain = fit_ngram_sets(counts, targets, 2, first_of_characters=HALF)
    assert not np.allclose(weighted.bias, plain.bias)
    assert not weighted.losses  # too few texts to compare C
