"""Calibration, against numbers worked out by hand."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.metrics.calibration import (
    BIAS_PRIOR,
    TEMPERATURE_PRIOR,
    Calibration,
    calibration_error,
    cross_entropy,
    fit_calibration,
    softmax,
)

# Three labels, six texts: predictions 0 0 1 1 2 0.
LABELS = np.array([0, 0, 0, 1, 2, 2])
PREDICTIONS = np.array([0, 0, 1, 1, 2, 0])
LOGITS = np.log([[0.5, 0.25, 0.25], [0.6, 0.2, 0.2], [0.3, 0.4, 0.3]] + [[0.1, 0.8, 0.1]])
LOGITS = np.concatenate([LOGITS, np.log([[0.2, 0.1, 0.7], [0.9, 0.05, 0.05]])])


def test_softmax_returns_probabilities_that_a_calibration_changes():
    logits = np.log([[1.0, 3.0, 4.0]])
    np.testing.assert_allclose(softmax(logits), [[1 / 8, 3 / 8, 4 / 8]])
    sharper = Calibration(0.5, (0.0, 0.0, float(np.log(2.0)))).apply(logits)
    np.testing.assert_allclose(softmax(sharper), [[1 / 42, 9 / 42, 32 / 42]])


def test_huge_logits_stay_finite():
    logits = np.array([[2000.0, 0.0], [-2000.0, 0.0]], np.float32)
    np.testing.assert_array_equal(softmax(logits), [[1.0, 0.0], [0.0, 1.0]])
    assert cross_entropy(logits, np.array([1, 0])) == 2000.0
    assert cross_entropy(logits, np.array([0, 1])) == 0.0


def test_cross_entropy_is_the_mean_of_minus_the_log_of_the_labels_probability():
    wanted = -np.log([0.5, 0.6, 0.3, 0.8, 0.7, 0.05]).mean()
    assert cross_entropy(LOGITS, LABELS) == pytest.approx(wanted)
    weighted = cross_entropy(LOGITS, LABELS, np.array([1, 0, 0, 0, 0, 3]))
    assert weighted == pytest.approx(-np.log([0.5, 0.05, 0.05, 0.05]).mean())


# Calibration


def drawn(generator, logits):
    """Labels drawn with the probabilities that logits stand for."""
    draws = generator.random(len(logits))[:, None]
    return (softmax(logits).cumsum(axis=1) < draws).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.25, 1.0, 4.0])
def test_the_calibration_of_logits_that_were_made_with_one_is_found(temperature):
    generator = np.random.default_rng(1)
    true = generator.normal(size=(5_000, 3)) * 1.5
    biases = np.array([0.5, -0.75, 0.25])
    found = fit_calibration((true - biases) * temperature, drawn(generator, true))
    assert found.temperature == pytest.approx(temperature, rel=0.1)
    np.testing.assert_allclose(found.biases, biases, atol=0.1)
    assert sum(found.biases) == pytest.approx(0.0, abs=1e-9)


def test_a_weight_counts_as_a_number_of_texts():
    twice = [0, 0, 1, 2, 2, 3, 4, 4, 5]
    weights = np.array([2.0, 1.0, 2.0, 1.0, 2.0, 1.0])
    many, weighted = LOGITS[twice].repeat(2000, axis=0), LOGITS.repeat(2000, axis=0)
    one = fit_calibration(many, LABELS[twice].repeat(2000))
    other = fit_calibration(weighted, LABELS.repeat(2000), weights.repeat(2000))
    np.testing.assert_allclose(other.apply(LOGITS), one.apply(LOGITS), atol=0.01)


def test_no_calibration_nearby_has_a_smaller_loss():
    generator = np.random.default_rng(2)
    logits = generator.normal(size=(400, 3)) * 2
    labels = drawn(generator, logits * 0.7 + [0.3, 0.0, -0.3])
    best = fit_calibration(logits, labels)

    def loss(temperature, biases):
        calibrated = Calibration(temperature, tuple(biases)).apply(logits)
        prior = BIAS_PRIOR / 2 * np.square(biases).sum()
        prior += TEMPERATURE_PRIOR * (1 / temperature - 1 + np.log(temperature))
        return cross_entropy(calibrated, labels) + prior / len(labels)

    least = loss(best.temperature, best.biases)
    for factor in (0.5, 0.99, 1.01, 2.0):
        assert loss(best.temperature * factor, best.biases) > least
    for label in range(3):
        for change in (-0.5, -0.01, 0.01, 0.5):
            other = np.array(best.biases)
            other[label] += change
            assert loss(best.temperature, other) > least


def test_a_calibration_stays_within_its_range_however_many_texts_pull():
    logits = np.array([[1.0, 0.0], [0.0, 1.0]] * 5_000) * 1e-3
    right, wrong = np.array([0, 1] * 5_000), np.array([1, 0] * 5_000)
    assert fit_calibration(logits * 1e3, wrong).temperature == pytest.approx(20.0)
    assert fit_calibration(logits * 100, right).temperature == pytest.approx(0.05)


def test_a_label_without_a_text_keeps_a_probability():
    one_label = fit_calibration(np.zeros((5, 3)), np.zeros(5, int))
    assert 0.1 < softmax(one_label.apply(np.zeros((1, 3))))[0, 1] < 0.3


@pytest.mark.parametrize("num_texts", [1, 2, 3])
@pytest.mark.parametrize("size", [0.1, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("is_right", [True, False])
def test_a_handful_of_texts_changes_little_and_no_clear_prediction(num_texts, size, is_right):
    predicted = np.arange(num_texts) % 3
    logits = size * np.eye(3)[predicted]
    labels = predicted if is_right else (predicted + 1) % 3
    found = fit_calibration(logits, labels)
    # Confident errors raise the temperature by at most their margin in nats.
    assert 0.5 < found.temperature < (1.01 if is_right else 1.0 + size)
    assert max(np.abs(found.biases)) < 0.5
    clear = 6.0 * np.eye(3)
    np.testing.assert_array_equal(found.apply(clear).argmax(axis=1), [0, 1, 2])
    if is_right:
        np.testing.assert_array_equal(found.apply(logits).argmax(axis=1), predicted)


@pytest.mark.parametrize("num_texts", [1, 2, 3, 10, 20, 50])
def test_a_calibration_of_few_texts_hardly_hurts_calibrated_logits(num_texts):
    generator = np.random.default_rng(4)
    test = generator.normal(size=(5_000, 3)) * 1.5
    labels = drawn(generator, test)
    plain = cross_entropy(test, labels)
    losses = []
    for _ in range(20):
        logits = generator.normal(size=(num_texts, 3)) * 1.5
        found = fit_calibration(logits, drawn(generator, logits))
        losses.append(cross_entropy(found.apply(test), labels))
    assert np.mean(losses) < plain + 0.05
    assert max(losses) < plain + 0.2


@pytest.mark.parametrize("temperature", [0.25, 0.5, 1.0, 2.0])
def test_the_prior_does_not_matter_with_many_texts(temperature, monkeypatch):
    generator = np.random.default_rng(5)
    true = generator.normal(size=(2_500, 3)) * 1.5
    labels = drawn(generator, true)
    found = fit_calibration(true * temperature, labels)
    monkeypatch.setattr("nlp_apps.metrics.calibration.TEMPERATURE_PRIOR", 0.0)
    monkeypatch.setattr("nlp_apps.metrics.calibration.BIAS_PRIOR", 1e-6)
    free = fit_calibration(true * temperature, labels)
    assert found.temperature == pytest.approx(free.temperature, rel=0.01)
    np.testing.assert_allclose(found.biases, free.biases, atol=0.01)


@settings(max_examples=40)
@given(
    rows=st.lists(
        st.lists(st.integers(-400, 400), min_size=3, max_size=3, unique=True), min_size=1
    ),
    data=st.data(),
)
def test_a_calibration_never_increases_the_loss_of_its_logits(rows, data):
    logits = np.array(rows) / 8
    labels = np.array([data.draw(st.integers(0, 2)) for _ in rows])
    found = fit_calibration(logits, labels)
    assert 0.05 - 1e-9 <= found.temperature <= 20.0 + 1e-9
    assert np.isfinite(found.biases).all()
    assert cross_entropy(found.apply(logits), labels) <= cross_entropy(logits, labels) + 1e-6


def test_many_labels_take_seconds():
    generator = np.random.default_rng(3)
    logits = generator.normal(size=(4_000, 200))
    started = time.perf_counter()
    found = fit_calibration(logits, drawn(generator, 2.0 * logits))
    assert time.perf_counter() - started < 30.0
    assert found.temperature == pytest.approx(0.5, rel=0.1)


def test_the_identity_changes_nothing():
    np.testing.assert_array_equal(Calibration.identity(3).apply(LOGITS), LOGITS)


# Scores


def test_sure_and_right_has_no_calibration_error_and_sure_and_wrong_has_all_of_it():
    sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert calibration_error(sure, np.array([0, 1])) == 0.0
    assert calibration_error(sure, np.array([1, 0])) == 1.0


def test_confidence_that_is_as_often_right_as_it_says_has_no_calibration_error():
    probabilities = np.array([[0.75, 0.25]] * 4)
    assert calibration_error(probabilities, np.array([0, 0, 0, 1])) == pytest.approx(0.0)


def test_bins_count_by_their_texts():
    # Of three at 0.7 one is right: |1/3 - 0.7|; the one at 0.95 is right: 0.05.
    probabilities = np.array([[0.7, 0.3]] * 3 + [[0.05, 0.95]])
    found = calibration_error(probabilities, np.array([0, 1, 1, 1]))
    assert found == pytest.approx(0.75 * (0.7 - 1 / 3) + 0.25 * 0.05)


def test_confidences_of_one_bin_are_averaged():
    # 0.61 and 0.65 are both in the bin from 9/15 to 10/15: mean 0.63, half of them right.
    probabilities = np.array([[0.61, 0.39], [0.65, 0.35]])
    assert calibration_error(probabilities, np.array([0, 1])) == pytest.approx(0.13)
