"""Figures of a classifier: what it got right, where it errs, how true its probabilities are.

Letters in shapes: N texts, L labels.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

NUM_BINS = 15
"""Bins of the calibration error, as Guo et al. 2017 have it."""


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities <float64>[N, L] of logits <float>[N, L] divided by a temperature."""
    scaled = np.asarray(logits, np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0) -> float:
    """Mean of -log p(label), in nats.

    Args:
        logits: <float>[N, L].
        labels: <int>[N], from 0 to L - 1.
        temperature: divides the logits.
    """
    scaled = np.asarray(logits, np.float64) / temperature
    highest = scaled.max(axis=1)
    totals = highest + np.log(np.exp(scaled - highest[:, None]).sum(axis=1))
    return float((totals - scaled[np.arange(len(labels)), labels]).mean())


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that makes the probabilities truest: the smallest cross-entropy.

    One number that divides all logits, so that no answer changes (Guo et al. 2017, section 4.2).
    The cross-entropy is convex in its inverse, so a search by thirds finds it.

    Args:
        logits: <float>[N, L], of texts that were not trained on.
        labels: <int>[N], from 0 to L - 1.

    Returns:
        From 0.05 to 20.
    """
    low, high = 1 / 20.0, 1 / 0.05
    for _ in range(100):
        third = (high - low) / 3
        left, right = low + third, high - third
        if cross_entropy(logits, labels, 1 / left) <= cross_entropy(logits, labels, 1 / right):
            high = right
        else:
            low = left
    return float(2 / (low + high))


def calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error: how far confidence is from accuracy (Guo et al. 2017, eq. 3).

    Args:
        probabilities: <float>[N, L].
        labels: <int>[N], from 0 to L - 1.

    Returns:
        From 0 to 1: the mean over 15 equally wide bins of |accuracy - confidence|, each bin
        weighted by its texts.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * NUM_BINS).astype(int), NUM_BINS - 1)
    error = 0.0
    for index in range(NUM_BINS):
        members = bins == index
        if members.any():
            error += members.mean() * abs(right[members].mean() - confidence[members].mean())
    return float(error)


def confusion(answers: np.ndarray, labels: np.ndarray, num_labels: int) -> np.ndarray:
    """<int64>[L, L]: row i, column j: texts of label i that were given label j."""
    counts = np.zeros((num_labels, num_labels), np.int64)
    np.add.at(counts, (labels, answers), 1)
    return counts


def report(logits: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """All figures at once.

    Args:
        logits: <float>[N, L], divided by the temperature already.
        labels: <int>[N], from 0 to L - 1.
        names: of the labels.

    Returns:
        accuracy and macro_f1 from 0 to 1 (F1 of a label that neither occurs nor is given counts as
        0), loss in nats, calibration_error, labels (for each precision, recall, f1, texts) and
        confusion, whose rows are the true labels.
    """
    probabilities = softmax(logits)
    counts = confusion(probabilities.argmax(axis=1), labels, len(names))
    hits = np.diag(counts).astype(float)
    given, true = counts.sum(axis=0), counts.sum(axis=1)
    precision = hits / np.maximum(given, 1)
    recall = hits / np.maximum(true, 1)
    f1 = 2 * hits / np.maximum(given + true, 1)
    return {
        "accuracy": float(hits.sum() / max(len(labels), 1)),
        "macro_f1": float(f1.mean()),
        "loss": cross_entropy(logits, labels),
        "calibration_error": calibration_error(probabilities, labels),
        "labels": {
            name: {
                "precision": float(precision[index]),
                "recall": float(recall[index]),
                "f1": float(f1[index]),
                "texts": int(true[index]),
            }
            for index, name in enumerate(names)
        },
        "confusion": counts.tolist(),
    }
