"""Selection of a calibration that does not hurt, by cross-validation.

Biases that are fitted to few texts, or to the outputs of a badly trained model, can change
predictions for the worse. So each kind of calibration is tested on texts that it was not fitted on.

Letters in shapes: N texts, L labels.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nlp_apps.metrics.calibration import Calibration, cross_entropy, fit_calibration

NUM_FOLDS = 5

MIN_GAIN = 1e-3
"""Loss in nats that biases must save; less is noise."""

Measure = Callable[[np.ndarray, np.ndarray], float]
"""Score of logits <float>[N, L] and labels <int>[N]; the higher, the better."""


class CalibrationChoice(NamedTuple):
    """The selected calibration.

    Attributes:
        calibration: fitted on all texts.
        kind: "temperature and biases", "temperature" or "none".
        loss_before: cross-entropy of the logits, in nats.
        loss_after: the same of texts that the calibration was not fitted on.
    """

    calibration: Calibration
    kind: str
    loss_before: float
    loss_after: float


def choose_calibration(
    logits: np.ndarray, labels: np.ndarray, weights: np.ndarray | None, measure: Measure
) -> CalibrationChoice:
    """Selects temperature and biases, the temperature alone, or no calibration.

    The first kind is selected that lowers neither `measure` nor raises the loss: in
    cross-validation over `NUM_FOLDS` folds, and fitted and tested on all texts. Biases must also
    have a loss in cross-validation that is `MIN_GAIN` below that of the temperature alone.

    Args:
        logits: <float>[N, L], of texts that were not trained on.
        labels: <int>[N], from 0 to L - 1.
        weights: <float>[N], weight of each text in fit and loss; None: equal.
        measure: the score that must not fall.
    """
    identity = Calibration.identity(logits.shape[1])
    plain_loss, plain_score = cross_entropy(logits, labels, weights), measure(logits, labels)
    unchanged = CalibrationChoice(identity, "none", plain_loss, plain_loss)
    if len(labels) < 2:
        return unchanged
    held_out = {
        with_biases: _held_out(logits, labels, weights, with_biases)
        for with_biases in (True, False)
    }
    losses = {kind: cross_entropy(found, labels, weights) for kind, found in held_out.items()}
    for with_biases, kind in ((True, "temperature and biases"), (False, "temperature")):
        loss = losses[with_biases]
        fitted = fit_calibration(logits, labels, weights, with_biases=with_biases)
        calibrated = fitted.apply(logits)
        if (
            loss < plain_loss
            and (not with_biases or loss < losses[False] - MIN_GAIN)
            and measure(held_out[with_biases], labels) >= plain_score
            and measure(calibrated, labels) >= plain_score
            and cross_entropy(calibrated, labels, weights) <= plain_loss
        ):
            return CalibrationChoice(fitted, kind, plain_loss, loss)
    return unchanged


def _held_out(
    logits: np.ndarray, labels: np.ndarray, weights: np.ndarray | None, with_biases: bool
) -> np.ndarray:
    """Returns logits <float>[N, L], each calibrated by a fit on the other folds."""
    # Neighbours in the order of labels are in different folds, so that each fold has all labels.
    folds = np.empty(len(labels), np.int64)
    folds[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % NUM_FOLDS
    found = np.array(logits, np.float64)
    for fold in np.unique(folds):
        test = folds == fold
        fitted = fit_calibration(
            logits[~test],
            labels[~test],
            None if weights is None else weights[~test],
            with_biases=with_biases,
        )
        found[test] = fitted.apply(found[test])
    return found
