"""Scores of sets of labels equal those of scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss

from nlp_apps.metrics.label_set_scores import (
    binary_cross_entropy,
    f1_scores,
    f1_standard_errors,
    label_calibration_error,
    label_set_report,
    sigmoid,
)

RANDOM = np.random.default_rng(1)
TARGETS = RANDOM.random((300, 4)) < [0.5, 0.2, 0.05, 0.0]
LOGITS = 3.0 * TARGETS - 1.5 + RANDOM.normal(size=TARGETS.shape)


def test_f1_and_subset_accuracy_are_those_of_scikit_learn() -> None:
    predicted = LOGITS[:, :3] > 0
    found = f1_scores(predicted, TARGETS[:, :3])
    assert found["micro_f1"] == pytest.approx(f1_score(TARGETS[:, :3], predicted, average="micro"))
    assert found["macro_f1"] == pytest.approx(f1_score(TARGETS[:, :3], predicted, average="macro"))
    assert found["subset_accuracy"] == pytest.approx(accuracy_score(TARGETS[:, :3], predicted))


def test_macro_f1_leaves_out_a_label_that_neither_occurs_nor_is_predicted() -> None:
    targets = np.array([[True, False], [False, False]])
    assert f1_scores(targets, targets)["macro_f1"] == 1.0
    assert f1_scores(np.zeros((2, 2), bool), np.zeros((2, 2), bool))["micro_f1"] == 0.0


def test_the_loss_is_the_mean_over_texts_and_labels() -> None:
    expected = np.mean([log_loss(TARGETS[:, i], sigmoid(LOGITS)[:, i]) for i in range(3)])
    assert binary_cross_entropy(LOGITS[:, :3], TARGETS[:, :3]) == pytest.approx(expected)
    assert binary_cross_entropy(np.array([[-1e4, 1e4]]), np.array([[False, True]])) == 0.0


def test_standard_errors_are_those_of_resampled_texts() -> None:
    predicted = LOGITS > 0
    found = f1_standard_errors(predicted, TARGETS)
    drawn = np.random.default_rng(5).integers(len(TARGETS), size=(400, len(TARGETS)))
    scores = [f1_scores(predicted[rows], TARGETS[rows])["micro_f1"] for rows in drawn]
    assert found["micro_f1_standard_error"] == pytest.approx(np.std(scores), rel=0.25)


def test_the_calibration_error_is_that_of_all_pairs() -> None:
    probabilities = np.full((100, 2), 0.25)
    targets = np.zeros((100, 2), bool)
    targets[:50] = True
    assert label_calibration_error(probabilities, targets) == pytest.approx(0.25)
    assert label_calibration_error(targets.astype(float), targets) == 0.0


def test_the_report_uses_the_threshold_of_each_label() -> None:
    thresholds = np.array([0.5, 0.9, 0.01, 0.5])
    report = label_set_report(LOGITS, TARGETS, thresholds, ["a", "b", "c", "d"])
    predicted = sigmoid(LOGITS) >= thresholds
    assert report["micro_f1"] == f1_scores(predicted, TARGETS)["micro_f1"]
    hits = (predicted & TARGETS)[:, 1].sum()
    assert report["labels"]["b"]["precision"] == pytest.approx(hits / predicted[:, 1].sum())
    assert report["labels"]["b"]["recall"] == pytest.approx(hits / TARGETS[:, 1].sum())
    assert report["labels"]["b"]["threshold"] == 0.9
    assert report["untested_labels"] == ["d"]
