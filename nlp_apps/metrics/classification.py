"""Figures of a classifier: what it got right, where it errs, how true its probabilities are.

Letters in shapes: N texts, L labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

NUM_BINS = 15
"""Bins of the calibration error, as Guo et al. 2017 have it."""

BIAS_PRIOR = 4.0
"""Precision of the biases that calibration expects before it sees a text: mean 0, deviation 1/2.

With 1 in its place, 1 to 20 texts change answers that were better left alone; with 16, a model that
does lean to a label is set right only by hundreds. Both found by simulation, as the next one was.
"""

TEMPERATURE_PRIOR = 2.0
"""What holds the temperature at 1, in nats a unit of 1 / temperature - 1 + log(temperature).

That is a gamma prior of the inverse temperature. Without it a few texts that are all right ask for
the sharpest temperature there is, a few that are wrong for the flattest. With 8 in its place, a
model that is far from sure enough stays so for hundreds of texts. Of 2,500 texts it changes the
temperature by less than 1 %.
"""

SHARPEST = 20.0
"""Bound of a temperature, and its inverse the other."""

STEPS = 100
"""Newton's steps at most; ten are usual."""

MIN_LOGIT = -1e6
"""What is farther below a text's largest logit counts as this: its probability is 0 anyway."""


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

    That is convex in the inverse of the temperature and the biases together; Newton's method finds
    it. Few texts say little, so what they ask for has a price (the two priors above): a bias of 1
    costs 2 nats, a temperature of 2 costs 0.4, of 1/2 0.6. The more texts, the less that matters;
    whatever their weights, N texts count as N.

    Args:
        logits: <float>[N, L], of texts that were not trained on.
        labels: <int>[N], from 0 to L - 1.
        weights: as in `cross_entropy`.

    Returns:
        A temperature from 0.05 to 20, and biases whose mean is 0.
    """
    logits = np.asarray(logits, np.float64)
    logits = np.maximum(logits - logits.max(axis=1, keepdims=True), MIN_LOGIT)
    num_texts, num_labels = logits.shape
    counts = np.ones(num_texts) if weights is None else weights * num_texts / weights.sum()
    hot = np.zeros_like(logits)
    hot[np.arange(num_texts), labels] = 1.0
    # The inverse of the temperature, then the biases.
    found = np.concatenate([[1.0], np.zeros(num_labels)])

    def loss_of(tried: np.ndarray) -> float:
        loss = num_texts * cross_entropy(tried[0] * logits + tried[1:], labels, counts)
        loss += BIAS_PRIOR / 2 * tried[1:] @ tried[1:]
        return float(loss + TEMPERATURE_PRIOR * (tried[0] - 1.0 - np.log(tried[0])))

    loss = loss_of(found)
    for _ in range(STEPS):
        shares = softmax(found[0] * logits + found[1:])
        error = (shares - hot) * counts[:, None]
        slope = np.empty(num_labels + 1)
        slope[0] = np.sum(error * logits) + TEMPERATURE_PRIOR * (1.0 - 1.0 / found[0])
        slope[1:] = error.sum(axis=0) + BIAS_PRIOR * found[1:]
        weighted = shares * counts[:, None]
        mean = np.sum(shares * logits, axis=1, keepdims=True)
        curvature = np.empty((num_labels + 1, num_labels + 1))
        curvature[0, 0] = np.sum(weighted * np.square(logits - mean))
        curvature[0, 0] += TEMPERATURE_PRIOR / found[0] ** 2
        curvature[0, 1:] = curvature[1:, 0] = np.sum(weighted * (logits - mean), axis=0)
        curvature[1:, 1:] = np.diag(weighted.sum(axis=0) + BIAS_PRIOR) - weighted.T @ shares
        # At a bound, and pushed against it, the temperature stays where it is.
        is_stuck = (
            found[0] >= SHARPEST and slope[0] < 0 or found[0] <= 1 / SHARPEST and slope[0] > 0
        )
        free = slice(1, None) if is_stuck else slice(0, None)
        step = np.zeros_like(found)
        ridge = 1e-9 * np.eye(num_labels + 1)
        step[free] = np.linalg.solve((curvature + ridge)[free, free], slope[free])
        for _ in range(60):
            tried = found - step
            tried[0] = np.clip(tried[0], 1 / SHARPEST, SHARPEST)
            if (lower := loss_of(tried)) < loss:
                break
            step /= 2
        if loss - lower <= 1e-12 * max(abs(loss), 1.0):
            break
        found, loss = tried, lower
    return Calibration(float(1 / found[0]), tuple(map(float, found[1:])))


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
        accuracy and macro_f1 from 0 to 1 (the mean over the labels that occur or are given, as
        scikit-learn has it), loss in nats, calibration_error, labels (for each precision, recall,
        f1, texts) and confusion, whose rows are the true labels.
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
        "macro_f1": float(f1.sum() / max(np.count_nonzero(given + true), 1)),
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
