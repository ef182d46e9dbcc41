"""Figures of a classifier: what it got right, where it errs, how true its probabilities are.

Letters in shapes: N texts, L labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

NUM_BINS = 15
"""Bins of the calibration error, as Guo et al. 2017 have it."""


PRIOR = 1.0
"""Precision of the biases that calibration expects before it sees a text: a label of which
validation has no text keeps a probability."""

STEPS = 20
"""Newton's steps at most; some suffice."""


@dataclass(frozen=True)
class Calibration:
    """What makes probabilities of logits: softmax(logits / temperature + biases).

    Temperature scaling with a bias for each label (Guo et al. 2017, section 4.2; Alexandari et al.
    2020, section 3): a model that is too sure, or leans to a label, is set right.

    Attributes:
        temperature: above 0.
        biases: one for each label.
    """

    temperature: float
    biases: tuple[float, ...]

    @classmethod
    def none(cls, num_labels: int) -> "Calibration":
        """The one that changes nothing."""
        return cls(1.0, (0.0,) * num_labels)

    def apply(self, logits: Any) -> Any:
        """Logits <float>[..., L] whose softmax are the probabilities; an array or a tensor."""
        return logits / self.temperature + list(self.biases)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities <float64>[N, L] of logits <float>[N, L]."""
    logits = np.asarray(logits, np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(
    logits: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None
) -> float:
    """Mean of -log p(label), in nats.

    Args:
        logits: <float>[N, L].
        labels: <int>[N], from 0 to L - 1.
        weights: <float>[N], how much each text counts; default: all the same.
    """
    logits = np.asarray(logits, np.float64)
    highest = logits.max(axis=1)
    totals = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    losses = totals - logits[np.arange(len(labels)), labels]
    return float(np.average(losses, weights=weights))


def fit_calibration(
    logits: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None
) -> Calibration:
    """The calibration that makes the probabilities truest: the smallest cross-entropy.

    That is convex in the inverse of the temperature and the biases together, so a search by thirds
    for the one, with the best biases for each, finds both.

    Args:
        logits: <float>[N, L], of texts that were not trained on.
        labels: <int>[N], from 0 to L - 1.
        weights: as in `cross_entropy`.

    Returns:
        A temperature from 0.05 to 20, and biases whose mean is 0.
    """
    biases = np.zeros(logits.shape[1])
    low, high = 1 / 20.0, 1 / 0.05
    for _ in range(60):
        third = (high - low) / 3
        left, right = low + third, high - third
        biases, loss = _fit_biases(logits * left, labels, biases, weights)
        if loss <= _fit_biases(logits * right, labels, biases, weights)[1]:
            high = right
        else:
            low = left
    middle = (low + high) / 2
    biases, _ = _fit_biases(logits * middle, labels, biases, weights)
    return Calibration(float(1 / middle), tuple(map(float, biases)))


def _fit_biases(
    logits: np.ndarray, labels: np.ndarray, biases: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, float]:
    """The best biases <float64>[L] for logits, by Newton's method from some, and their loss."""
    num_texts, num_labels = logits.shape
    counts = np.ones(num_texts) if weights is None else weights * num_texts / weights.sum()
    wanted = np.bincount(labels, weights=counts, minlength=num_labels)

    def loss_of(biases: np.ndarray) -> float:
        loss = num_texts * cross_entropy(logits + biases, labels, weights)
        return float(loss + PRIOR / 2 * biases @ biases)

    loss = loss_of(biases)
    for _ in range(STEPS):
        shares = softmax(logits + biases)
        weighted = shares * counts[:, None]
        slope = weighted.sum(axis=0) - wanted + PRIOR * biases
        curvature = np.diag(weighted.sum(axis=0) + PRIOR) - weighted.T @ shares
        step = np.linalg.solve(curvature, slope)
        while (tried := loss_of(biases - step)) > loss and np.abs(step).max() > 1e-12:
            step /= 2
        if loss - tried <= 1e-12 * max(abs(loss), 1.0):
            break
        biases, loss = biases - step, tried
    return biases, loss


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
        logits: <float>[N, L], calibrated already.
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
