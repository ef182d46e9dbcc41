"""Figures of a classifier, against numbers worked out by hand."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.classification import (
    calibration_error,
    confusion,
    cross_entropy,
    fit_temperature,
    report,
    softmax,
)

# Three labels, six texts: answers 0 0 1 1 2 0.
LABELS = np.array([0, 0, 0, 1, 2, 2])
ANSWERS = np.array([0, 0, 1, 1, 2, 0])
LOGITS = np.log([[0.5, 0.25, 0.25], [0.6, 0.2, 0.2], [0.3, 0.4, 0.3]] + [[0.1, 0.8, 0.1]])
LOGITS = np.concatenate([LOGITS, np.log([[0.2, 0.1, 0.7], [0.9, 0.05, 0.05]])])


def test_softmax_gives_probabilities_and_a_temperature_divides():
    logits = np.log([[1.0, 3.0, 4.0]])
    np.testing.assert_allclose(softmax(logits), [[1 / 8, 3 / 8, 4 / 8]])
    np.testing.assert_allclose(softmax(logits, 0.5), [[1 / 26, 9 / 26, 16 / 26]])


def test_huge_logits_stay_finite():
    logits = np.array([[2000.0, 0.0], [-2000.0, 0.0]], np.float32)
    np.testing.assert_array_equal(softmax(logits), [[1.0, 0.0], [0.0, 1.0]])
    assert cross_entropy(logits, np.array([1, 0])) == 2000.0
    assert cross_entropy(logits, np.array([0, 1])) == 0.0


def test_cross_entropy_is_the_mean_of_minus_the_log_of_the_labels_probability():
    wanted = -np.log([0.5, 0.6, 0.3, 0.8, 0.7, 0.05]).mean()
    assert cross_entropy(LOGITS, LABELS) == pytest.approx(wanted)
    assert cross_entropy(LOGITS * 3.0, LABELS, 3.0) == pytest.approx(wanted)


# Temperature


@pytest.mark.parametrize("temperature", [0.25, 1.0, 4.0])
def test_the_temperature_of_logits_that_were_made_with_one_is_found(temperature):
    generator = np.random.default_rng(1)
    true = generator.normal(size=(5_000, 3)) * 1.5
    draws = generator.random(len(true))[:, None]
    labels = (softmax(true).cumsum(axis=1) < draws).sum(axis=1)
    assert fit_temperature(true * temperature, labels) == pytest.approx(temperature, rel=0.1)


def test_no_temperature_nearby_has_a_smaller_loss():
    best = fit_temperature(LOGITS, LABELS)
    loss = cross_entropy(LOGITS, LABELS, best)
    for factor in (0.5, 0.99, 1.01, 2.0):
        assert cross_entropy(LOGITS, LABELS, best * factor) > loss


def test_the_temperature_stays_within_its_range():
    logits = np.array([[1.0, 0.0]] * 4)
    assert fit_temperature(logits, np.zeros(4, int)) == pytest.approx(0.05)  # always right
    assert fit_temperature(logits, np.ones(4, int)) == pytest.approx(20.0)  # always wrong


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(
        st.lists(st.integers(-400, 400), min_size=3, max_size=3, unique=True), min_size=1
    ),
    data=st.data(),
)
def test_the_temperature_never_changes_an_answer(rows, data):
    logits = np.array(rows) / 8
    labels = np.array([data.draw(st.integers(0, 2)) for _ in rows])
    temperature = fit_temperature(logits, labels)
    assert 0.05 <= temperature <= 20.0 + 1e-9
    np.testing.assert_array_equal(
        softmax(logits, temperature).argmax(axis=1), logits.argmax(axis=1)
    )


# Calibration


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


# Confusion and report


def test_rows_of_the_confusion_are_the_true_labels():
    assert confusion(ANSWERS, LABELS, 3).tolist() == [[2, 1, 0], [0, 1, 0], [1, 0, 1]]
    assert confusion(np.zeros(0, int), np.zeros(0, int), 2).tolist() == [[0, 0], [0, 0]]


def test_the_report_is_the_one_worked_out_by_hand():
    found = report(LOGITS, LABELS, ["bad", "fair", "good"])
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["confusion"] == [[2, 1, 0], [0, 1, 0], [1, 0, 1]]
    assert found["labels"] == {
        "bad": pytest.approx({"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "texts": 3}),
        "fair": pytest.approx({"precision": 1 / 2, "recall": 1.0, "f1": 2 / 3, "texts": 1}),
        "good": pytest.approx({"precision": 1.0, "recall": 1 / 2, "f1": 2 / 3, "texts": 2}),
    }
    assert found["macro_f1"] == pytest.approx(2 / 3)
    assert found["loss"] == pytest.approx(cross_entropy(LOGITS, LABELS))
    probabilities = softmax(LOGITS)
    assert found["calibration_error"] == pytest.approx(calibration_error(probabilities, LABELS))


def test_a_label_that_neither_occurs_nor_is_given_counts_as_zero():
    found = report(np.array([[1.0, 0.0, -9.0]] * 2), np.array([0, 0]), ["a", "b", "c"])
    assert found["labels"]["c"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "texts": 0}
    assert found["macro_f1"] == pytest.approx(1 / 3)
    assert found["accuracy"] == 1.0


def test_a_report_is_plain_numbers_that_json_can_write():
    found = report(LOGITS.astype(np.float32), LABELS, ["bad", "fair", "good"])
    assert json.loads(json.dumps(found)) == found
