"""Calibration and threshold of each label of a classifier with several labels a text.

Letters in shapes: N texts, L labels.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nlp_apps.metrics.calibration import Calibration
from nlp_apps.metrics.calibration_choice import choose_calibration
from nlp_apps.metrics.label_set_scores import binary_cross_entropy, f1_scores, sigmoid

SHRINKAGE = 20.0
"""Texts of a label with which its own threshold counts as much as the common one.

Chosen among 0, 5, 20 and 50 by F1 of test text, with 50 to 1,000 validation texts of two corpora
(docs/several_labels.md).
"""

DIGITS = 6
"""Decimals of a threshold: those of probabilities in `predict --json`."""

NEVER = -10.0
"""Logit of a label that a model does not have."""

MIN_SHARE = 1e-9
"""Least probability of which a logit is computed, and its distance from 1."""


@dataclass(frozen=True)
class LabelSetCalibration:
    """Turns the logits of each label into a calibrated probability, and has its threshold.

    Logistic (Platt) scaling of each label: logits / temperature + bias.

    Attributes:
        temperatures: one for each label, above 0.
        biases: one for each label.
        thresholds: lowest probability of a predicted label, from 0 to 1.
    """

    temperatures: tuple[float, ...]
    biases: tuple[float, ...]
    thresholds: tuple[float, ...]

    @classmethod
    def identity(cls, num_labels: int) -> "LabelSetCalibration":
        """Returns the calibration that changes nothing, with thresholds of 0.5."""
        return cls((1.0,) * num_labels, (0.0,) * num_labels, (0.5,) * num_labels)

    def with_labels(self, num_labels: int) -> "LabelSetCalibration":
        """Returns the calibration for more labels; it changes nothing for the added ones."""
        added = LabelSetCalibration.identity(num_labels - len(self.biases))
        return LabelSetCalibration(
            self.temperatures + added.temperatures,
            self.biases + added.biases,
            self.thresholds + added.thresholds,
        )

    def replaced(self, is_other: np.ndarray, other: "LabelSetCalibration") -> "LabelSetCalibration":
        """Returns the calibration with that of another one for some labels.

        Args:
            is_other: <bool>[L], the labels.
            other: a calibration of the same labels.
        """
        both = (
            (self.temperatures, other.temperatures),
            (self.biases, other.biases),
            (self.thresholds, other.thresholds),
        )
        return LabelSetCalibration(
            *(tuple(np.where(is_other, new, old).tolist()) for old, new in both)
        )

    def apply(self, logits: Any) -> Any:
        """Returns calibrated logits <float>[..., L] of an array or a tensor."""
        return logits / list(self.temperatures) + list(self.biases)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Returns probabilities <float64>[N, L] of logits <float>[N, L] without calibration."""
        return sigmoid(self.apply(np.asarray(logits, np.float64)))


def calibrated_before(
    logits: np.ndarray, calibration: LabelSetCalibration | Calibration | None
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the calibrated logits and the thresholds of a model that has only the first labels.

    The other labels are never predicted. A model of one label a text predicts the label that has
    more than half of the probability, or none.

    Args:
        logits: <float>[N, L], without calibration.
        calibration: that of the first labels; None: of none.

    Returns:
        logits <float>[N, L] and thresholds <float>[L].
    """
    found, thresholds = np.full(logits.shape, NEVER), np.full(logits.shape[1], 0.5)
    if calibration is None:
        return found, thresholds
    num_known = len(calibration.biases)
    known = logits[:, :num_known]
    if isinstance(calibration, LabelSetCalibration):
        found[:, :num_known] = calibration.apply(known)
        thresholds[:num_known] = calibration.thresholds
    else:
        probabilities = np.clip(calibration.probabilities(known), MIN_SHARE, 1.0 - MIN_SHARE)
        found[:, :num_known] = np.log(probabilities / (1.0 - probabilities))
    return found, thresholds


def fit_label_sets(
    logits: np.ndarray, targets: np.ndarray, is_decided: np.ndarray | None = None
) -> LabelSetCalibration:
    """Fits the calibration of each label where it lowers the loss, and the thresholds.

    Args:
        logits: <float>[N, L], of texts that were not trained on; at least one.
        targets: <bool>[N, L].
        is_decided: as in `fit_thresholds`.
    """
    num_labels = logits.shape[1]
    temperatures, biases = np.ones(num_labels), np.zeros(num_labels)
    for label in range(num_labels):
        # The logits of two classes: without the label, with it.
        both = np.stack([np.zeros(len(logits)), logits[:, label]], axis=1)
        found = choose_calibration(both, targets[:, label].astype(int), None, _no_score).calibration
        temperatures[label] = found.temperature
        biases[label] = found.biases[1] - found.biases[0]
    probabilities = sigmoid(logits / temperatures + biases)
    return LabelSetCalibration(
        tuple(temperatures.tolist()),
        tuple(biases.tolist()),
        tuple(fit_thresholds(probabilities, targets, is_decided).tolist()),
    )


def _no_score(logits: np.ndarray, labels: np.ndarray) -> float:
    """Returns the same for all logits: calibration keeps the order, thresholds are fitted later."""
    del logits, labels
    return 0.0


def fit_thresholds(
    probabilities: np.ndarray, targets: np.ndarray, is_decided: np.ndarray | None = None
) -> np.ndarray:
    """Returns the threshold of each label, <float64>[L].

    That is the mean of the threshold with the best F1 of the label and the common threshold with
    the best micro-F1, weighted by the texts of the label against `SHRINKAGE`: a few texts are no
    ground for a threshold.

    Args:
        probabilities: <float>[N, L].
        targets: <bool>[N, L].
        is_decided: <bool>[L], the labels of the common threshold: those that the texts would have
            if they were true; None: all.
    """
    columns = slice(None) if is_decided is None else is_decided
    common = best_threshold(probabilities[:, columns].ravel(), targets[:, columns].ravel())
    counts = targets.sum(axis=0)
    own = np.array(
        [best_threshold(probabilities[:, label], targets[:, label]) for label in range(len(counts))]
    )
    weights = counts / (counts + SHRINKAGE)
    thresholds = np.round(weights * own + (1.0 - weights) * common, DIGITS)
    return np.clip(thresholds, 10.0**-DIGITS, 1.0)  # an empty text has probabilities of 0


def best_threshold(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """Returns the threshold with the best F1; 0.5 if no target is true.

    It is halfway between the last predicted probability and the next one.

    Args:
        probabilities: <float>[N].
        targets: <bool>[N].
    """
    if not targets.any():
        return 0.5
    order = np.argsort(-probabilities, kind="stable")
    values = np.append(probabilities[order], 0.0)
    f1 = 2.0 * np.cumsum(targets[order]) / (np.arange(1, len(order) + 1) + targets.sum())
    # Equal probabilities are predicted together: the threshold is below the last of them.
    best = int(np.where(values[:-1] > values[1:], f1, -1.0).argmax())
    return float((values[best] + values[best + 1]) / 2)


def monitored_score(name: str, logits: np.ndarray, labels: np.ndarray) -> float:
    """Returns the score that the recipe monitors, negative for the loss: higher is better."""
    if name == "loss":
        return -binary_cross_entropy(logits, labels)
    return common_threshold_scores(logits, labels)[name]


def common_threshold_scores(logits: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Returns the scores of `f1_scores` with the common threshold that has the best micro-F1.

    A model without calibration is so scored by the order of its probabilities.
    """
    probabilities = sigmoid(logits)
    common = best_threshold(probabilities.ravel(), targets.ravel())
    return f1_scores(probabilities >= common, targets)
