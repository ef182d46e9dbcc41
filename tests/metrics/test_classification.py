"""Classification scores, against numbers worked out by hand."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from nlp_apps.metrics.calibration import calibration_error, cross_entropy, softmax
from nlp_apps.metrics.classification import (
    accuracy_and_macro_f1,
    classification_report,
    confusion_matrix,
    standard_errors,
)

# Three labels, six texts: predictions 0 0 1 1 2 0.
LABELS = np.array([0, 0, 0, 1, 2, 2])
PREDICTIONS = np.array([0, 0, 1, 1, 2, 0])
LOGITS = np.log([[0.5, 0.25, 0.25], [0.6, 0.2, 0.2], [0.3, 0.4, 0.3]] + [[0.1, 0.8, 0.1]])
LOGITS = np.concatenate([LOGITS, np.log([[0.2, 0.1, 0.7], [0.9, 0.05, 0.05]])])


def test_rows_of_the_confusion_are_the_true_labels():
    assert confusion_matrix(PREDICTIONS, LABELS, 3).tolist() == [[2, 1, 0], [0, 1, 0], [1, 0, 1]]
    assert confusion_matrix(np.zeros(0, int), np.zeros(0, int), 2).tolist() == [[0, 0], [0, 0]]


def test_the_report_is_the_one_worked_out_by_hand():
    found = classification_report(LOGITS, LABELS, ["bad", "fair", "good"])
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["confusion"] == [[2, 1, 0], [0, 1, 0], [1, 0, 1]]
    assert found["labels"] == {
        "bad": pytest.approx({"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "support": 3}),
        "fair": pytest.approx({"precision": 1 / 2, "recall": 1.0, "f1": 2 / 3, "support": 1}),
        "good": pytest.approx({"precision": 1.0, "recall": 1 / 2, "f1": 2 / 3, "support": 2}),
    }
    assert found["macro_f1"] == pytest.approx(2 / 3)
    assert found["loss"] == pytest.approx(cross_entropy(LOGITS, LABELS))
    probabilities = softmax(LOGITS)
    assert found["calibration_error"] == pytest.approx(calibration_error(probabilities, LABELS))


def test_a_label_that_neither_occurs_nor_is_predicted_does_not_count():
    found = classification_report(
        np.array([[1.0, 0.0, -9.0]] * 2), np.array([0, 0]), ["a", "b", "c"]
    )
    assert found["labels"]["c"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}
    assert found["macro_f1"] == 1.0
    assert found["accuracy"] == 1.0
    assert found["untested_labels"] == ["b", "c"]


def test_a_label_that_is_predicted_and_does_not_occur_counts_as_zero():
    # Predictions a b; both texts are a: F1 of a is 2 * 1 / (1 + 2), of b 0, and c is nowhere.
    found = classification_report(
        np.array([[1.0, 0.0, -9.0], [0.0, 1.0, -9.0]]), np.array([0, 0]), list("abc")
    )
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0.0) / 2)


def test_a_report_is_plain_numbers_that_json_can_write():
    found = classification_report(LOGITS.astype(np.float32), LABELS, ["bad", "fair", "good"])
    assert json.loads(json.dumps(found)) == found


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30))
def test_accuracy_and_macro_f1_are_those_of_scikit_learn(rows):
    labels, predicted = np.array(rows).T
    found = accuracy_and_macro_f1(confusion_matrix(predicted, labels, 7))
    wanted = f1_score(labels, predicted, average="macro", zero_division=0.0)
    assert found["macro_f1"] == pytest.approx(wanted)
    assert found["accuracy"] == pytest.approx(accuracy_score(labels, predicted))


def test_the_standard_error_of_an_accuracy_is_the_binomial_one():
    for num_texts in (50, 5_000):
        confusion = np.array([[0.4, 0.1], [0.1, 0.4]]) * num_texts
        found = standard_errors(confusion.astype(int))
        assert found["accuracy_standard_error"] == pytest.approx(
            (0.8 * 0.2 / num_texts) ** 0.5, rel=0.15
        )
        assert found["macro_f1_standard_error"] == pytest.approx(
            found["accuracy_standard_error"], rel=0.2
        )


def test_a_rare_label_makes_macro_f1_less_certain_than_accuracy():
    found = standard_errors(np.array([[95, 0], [3, 2]]))
    assert found["macro_f1_standard_error"] > 3 * found["accuracy_standard_error"]


def test_scores_without_an_error_have_a_standard_error_of_0():
    found = standard_errors(np.diag([5, 3]))
    assert found == {"accuracy_standard_error": 0.0, "macro_f1_standard_error": 0.0}
