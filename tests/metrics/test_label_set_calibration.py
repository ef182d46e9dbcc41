"""Calibration and thresholds of several labels a text."""

import numpy as np
import pytest

from nlp_apps.metrics.label_set_calibration import (
    SHRINKAGE,
    LabelSetCalibration,
    best_threshold,
    common_threshold_scores,
    fit_label_sets,
    fit_thresholds,
    monitored_score,
)
from nlp_apps.metrics.label_set_scores import binary_cross_entropy, f1_scores, sigmoid


def sample(num_texts: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are too large, with a bias, and the sets of labels."""
    random = np.random.default_rng(seed)
    true = random.normal([0.0, -1.0, -3.0], 1.5, (num_texts, 3))
    return 3.0 * true + [0.0, 2.0, 4.0], random.random(true.shape) < sigmoid(true)


@pytest.mark.parametrize("seed", range(10))
def test_the_best_threshold_has_the_highest_f1_of_all(seed: int) -> None:
    random = np.random.default_rng(seed)
    probabilities = np.round(random.random(40), 1)  # with ties
    targets = random.random(40) < probabilities
    found = best_threshold(probabilities, targets)
    scores = [
        f1_scores(probabilities[:, None] >= each, targets[:, None])["micro_f1"]
        for each in (found, *np.linspace(0.001, 1.0, 500))
    ]
    assert scores[0] == max(scores)


def test_without_a_text_the_threshold_of_a_label_is_the_common_one() -> None:
    probabilities = np.array([[0.9, 0.2], [0.8, 0.1], [0.1, 0.3]])
    targets = np.array([[True, False], [True, False], [False, False]])
    first, second = fit_thresholds(probabilities, targets)
    assert second == pytest.approx(0.55)
    assert first == pytest.approx(0.45 * 2 / (2 + SHRINKAGE) + 0.55 * SHRINKAGE / (2 + SHRINKAGE))
    assert best_threshold(probabilities[:, 1], targets[:, 1]) == 0.5


def test_a_label_that_the_texts_do_not_decide_moves_no_threshold_of_others() -> None:
    probabilities = np.array([[0.9, 0.2, 0.85], [0.8, 0.1, 0.85], [0.1, 0.3, 0.85]])
    targets = np.array([[True, False, False], [True, False, False], [False, False, False]])
    is_decided = np.array([True, True, False])
    expected = fit_thresholds(probabilities[:, :2], targets[:, :2])
    found = fit_thresholds(probabilities, targets, is_decided)
    assert found[:2].tolist() == expected.tolist()
    assert fit_thresholds(probabilities, targets)[1] > expected[1]


def test_calibration_lowers_the_loss_of_other_texts() -> None:
    logits, targets = sample(400)
    others, known = sample(4000, seed=1)
    found = fit_label_sets(logits, targets)
    assert found.temperatures == pytest.approx((3.0, 3.0, 3.0), rel=0.3)
    before = binary_cross_entropy(others, known)
    assert binary_cross_entropy(found.apply(others), known) < 0.7 * before
    predicted = found.probabilities(others) >= np.array(found.thresholds)
    assert f1_scores(predicted, known)["macro_f1"] > f1_scores(others > 0, known)["macro_f1"]


def test_the_identity_keeps_probabilities_and_predicts_from_one_half() -> None:
    found = LabelSetCalibration.identity(3)
    np.testing.assert_allclose(found.probabilities(np.zeros((1, 3))), 0.5)
    assert found.thresholds == (0.5, 0.5, 0.5)


def test_f1_in_training_does_not_depend_on_a_shift_of_all_logits() -> None:
    logits, targets = sample(200)
    assert common_threshold_scores(logits, targets) == common_threshold_scores(logits - 2, targets)
    assert monitored_score("loss", logits, targets) == -binary_cross_entropy(logits, targets)
