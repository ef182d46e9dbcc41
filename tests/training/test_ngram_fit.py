"""Tests of the fit of the table of n-grams."""

import numpy as np
import pytest
from scipy import sparse

from nlp_apps.training.ngram_fit import ABSENT, DEFAULT_STRENGTH, STRENGTHS, fit_ngrams
from tests.training.ngram_formula import logits_of

NUM_ROWS, HALF = 400, 200


def texts(labels: np.ndarray, seed: int = 0) -> sparse.csr_matrix:
    """Counts of n-grams, of which three in each half belong to the label of the text."""
    random = np.random.default_rng(seed)
    counts = np.zeros((len(labels), NUM_ROWS), np.float32)
    for text, label in enumerate(labels):
        own = np.array([1, 2, 3, HALF, HALF + 1, HALF + 2]) + 3 * label
        np.add.at(counts[text], random.choice(own, 4), 1.0)
        np.add.at(counts[text], random.integers(180, HALF, 5), 1.0)
        np.add.at(counts[text], random.integers(380, NUM_ROWS, 5), 1.0)
    return sparse.csr_matrix(counts)


def predict(counts: sparse.csr_matrix, table: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return logits_of(counts, table, bias, HALF).argmax(axis=1)


@pytest.mark.parametrize("num_labels", [2, 5, 20])
def test_the_table_predicts_the_labels_of_new_texts(num_labels: int):
    labels = np.arange(20 * num_labels) % num_labels
    fit = fit_ngrams(texts(labels), labels, num_labels, first_of_characters=HALF)
    found = predict(texts(labels, seed=1), fit.table, fit.bias)
    assert np.mean(found == labels) > 0.95
    assert fit.strength in STRENGTHS
    assert fit.losses[fit.strength] == min(fit.losses.values())


def test_squared_weights_are_those_of_the_smooth_idf():
    labels = np.arange(10) % 2
    counts = texts(labels)
    fit = fit_ngrams(counts, labels, 2, first_of_characters=HALF)
    frequency = (counts.toarray() > 0).sum(axis=0)
    wanted = np.where(frequency > 0, (np.log(11 / (1 + frequency)) + 1) ** 2, 0.0)
    np.testing.assert_allclose(fit.table[:, -1], wanted, rtol=1e-5)
    np.testing.assert_array_equal(fit.table[0], 0.0)


def test_the_table_depends_on_the_arguments_only():
    labels = np.arange(60) % 3
    one, other = (fit_ngrams(texts(labels), labels, 3, first_of_characters=HALF) for _ in range(2))
    np.testing.assert_array_equal(one.table, other.table)
    np.testing.assert_array_equal(one.bias, other.bias)


@pytest.mark.parametrize(
    "labels",
    [[0, 1], [0, 0, 1, 1], [0] * 9 + [1], [*range(100)] * 2, [0] * 20 + [1] * 20 + [2]],
    ids=["two", "two-of-two", "one-against-nine", "hundred-labels", "one-alone"],
)
def test_few_texts_are_enough(labels: list[int]):
    found = np.array(labels)
    fit = fit_ngrams(texts(found % 50), found, found.max() + 1, first_of_characters=HALF)
    assert np.isfinite(fit.table).all()
    assert np.isfinite(fit.bias).all()
    assert all(np.isfinite(loss) for loss in fit.losses.values())
    if len(labels) == 2:
        assert (fit.strength, fit.losses) == (DEFAULT_STRENGTH, {})


def test_a_label_without_texts_is_improbable():
    labels = np.arange(40) % 2
    fit = fit_ngrams(texts(labels), labels, 3, first_of_characters=HALF)
    assert fit.bias[2] == ABSENT
    assert set(predict(texts(labels), fit.table, fit.bias)) == {0, 1}


def test_texts_of_weight_0_do_not_count():
    labels = np.arange(60) % 2
    weights = np.ones(60)
    wrong = labels.copy()
    wrong[40:], weights[40:] = 1 - wrong[40:], 0.0
    fit = fit_ngrams(texts(labels), wrong, 2, first_of_characters=HALF, weights=weights)
    assert np.mean(predict(texts(labels, seed=2), fit.table, fit.bias) == labels) > 0.95


def test_one_label_is_an_error():
    with pytest.raises(ValueError, match="at least 2"):
        fit_ngrams(texts(np.zeros(5, int)), np.zeros(5, int), 1, first_of_characters=HALF)
