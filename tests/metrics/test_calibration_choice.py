"""Tests of nlp_apps.metrics.calibration_choice: a calibration helps, or it is not applied."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.metrics.calibration import Calibration, cross_entropy, softmax
from nlp_apps.metrics.calibration_choice import choose_calibration
from nlp_apps.metrics.classification import accuracy_and_macro_f1, confusion_matrix


def accuracy(logits, labels):
    return float(np.mean(logits.argmax(axis=1) == labels))


def macro_f1(logits, labels):
    counts = confusion_matrix(logits.argmax(axis=1), labels, logits.shape[1])
    return accuracy_and_macro_f1(counts)["macro_f1"]


def drawn(generator, logits):
    draws = generator.random(len(logits))[:, None]
    return (softmax(logits).cumsum(axis=1) < draws).sum(axis=1)


def test_biases_are_kept_where_the_model_prefers_a_label():
    generator = np.random.default_rng(1)
    true = generator.normal(size=(3_000, 3)) * 1.5
    labels = drawn(generator, true)
    biased = true * 2.0 + [1.5, 0.0, -1.5]
    found = choose_calibration(biased, labels, None, accuracy)
    assert found.kind == "temperature and biases"
    assert accuracy(found.calibration.apply(biased), labels) > accuracy(biased, labels) + 0.02
    assert found.loss_after < found.loss_before


def test_the_temperature_alone_is_kept_where_the_model_is_only_overconfident():
    generator = np.random.default_rng(2)
    true = generator.normal(size=(300, 3)) * 1.5
    labels = drawn(generator, true)
    found = choose_calibration(true * 4.0, labels, None, accuracy)
    assert found.kind == "temperature"
    assert found.calibration.biases == (0.0, 0.0, 0.0)
    assert found.calibration.temperature == pytest.approx(4.0, rel=0.3)


def test_calibrated_logits_stay_unchanged_or_nearly_so():
    generator = np.random.default_rng(3)
    kinds = set()
    for _ in range(20):
        true = generator.normal(size=(60, 3)) * 1.5
        found = choose_calibration(true, drawn(generator, true), None, accuracy)
        kinds.add(found.kind)
        assert np.abs(found.calibration.biases).max() < 0.8
    assert "none" in kinds


def test_one_text_is_too_few():
    found = choose_calibration(np.array([[0.0, 5.0]]), np.array([0]), None, accuracy)
    assert (found.kind, found.calibration) == ("none", Calibration.identity(2))


# A badly trained model: hardly any spread, so that the frequencies of the labels decide.
FLAT = np.random.default_rng(4).normal(size=(60, 2)) * 0.02


@pytest.mark.parametrize("measure", [accuracy, macro_f1])
@pytest.mark.parametrize("num_minority", [1, 5, 12, 25])
def test_logits_of_little_spread_that_are_right_are_not_turned_to_one_label(measure, num_minority):
    labels = (np.arange(60) < num_minority).astype(int)
    logits = FLAT * 0.1 + 0.01 * np.eye(2)[labels]
    found = choose_calibration(logits, labels, None, measure)
    calibrated = found.calibration.apply(logits)
    assert measure(calibrated, labels) >= measure(logits, labels)
    assert len(set(calibrated.argmax(axis=1))) == 2


@pytest.mark.parametrize("size", [1e3, 1e6])
@pytest.mark.parametrize("num_wrong", [0, 1, 5])
def test_saturated_logits_keep_their_predictions(size, num_wrong):
    labels = np.arange(30) % 3
    predicted = labels.copy()
    predicted[:num_wrong] = (predicted[:num_wrong] + 1) % 3
    logits = size * np.eye(3)[predicted]
    found = choose_calibration(logits, labels, None, accuracy)
    calibrated = found.calibration.apply(logits)
    assert accuracy(calibrated, labels) >= accuracy(logits, labels)
    assert cross_entropy(calibrated, labels) <= cross_entropy(logits, labels)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    num_texts=st.integers(1, 40),
    num_labels=st.integers(2, 5),
    spread=st.sampled_from([1e-3, 0.1, 1.0, 30.0, 1e4]),
    one_label=st.booleans(),
    measure=st.sampled_from([accuracy, macro_f1, lambda *args: -cross_entropy(*args)]),
    balanced=st.booleans(),
)
def test_no_score_of_the_texts_falls(
    seed, num_texts, num_labels, spread, one_label, measure, balanced
):
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(num_texts, num_labels)) * spread
    labels = generator.integers(num_labels, size=num_texts) * (not one_label)
    weights = generator.random(num_texts) + 0.1 if balanced else None
    found = choose_calibration(logits, labels, weights, measure)
    calibrated = found.calibration.apply(logits)
    assert measure(calibrated, labels) >= measure(logits, labels)
    before, after = (
        cross_entropy(logits, labels, weights),
        cross_entropy(calibrated, labels, weights),
    )
    assert after <= before
