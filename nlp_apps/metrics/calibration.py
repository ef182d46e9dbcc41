"""Calibration: probabilities that match accuracy, and how far they are from it.

Letters in shapes: N texts, L labels.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

NUM_BINS = 15
"""Bins of the calibration error, as in Guo et al. 2017."""

BIAS_PRIOR = 4.0
"""Precision of the normal prior of the biases: mean 0, standard deviation 1/2.

Found by simulation: with 1, as few as 1 to 20 texts turn good predictions over; with 16, a model
that prefers one label needs hundreds of texts to be corrected.
"""

TEMPERATURE_PRIOR = 2.0
"""Weight of the gamma prior of the inverse temperature, in nats per unit of
1 / temperature - 1 + log(temperature).

Found by simulation: without it, a few texts that are all right lead to the lowest temperature and a
few that are wrong to the highest; with 8, an underconfident model stays so for hundreds of texts.
With 2,500 texts it changes the temperature by less than 1%.
"""

MAX_TEMPERATURE = 20.0
"""Upper bound of the temperature; the lower bound is its inverse."""

MAX_STEPS = 100
"""Upper bound of Newton steps; ten are usual."""

MIN_LOGIT = -1e6
"""Lower bound of a logit below the largest one of its text; its probability is 0 anyway."""


@dataclass(frozen=True)
class Calibration:
    """Turns logits into calibrated ones: logits / temperature + biases.

    Temperature scaling with a bias for each label (Guo et al. 2017, section 4.2; Alexandari et al.
    2020, section 3). It corrects a model that is overconfident or prefers a label.

    Attributes:
        temperature: above 0.
        biases: one for each label.
    """

    temperature: float
    biases: tuple[float, ...]

    @classmethod
    def identity(cls, num_labels: int) -> "Calibration":
        """Returns the calibration that changes nothing."""
        return cls(1.0, (0.0,) * num_labels)

    def with_labels(self, num_labels: int) -> "Calibration":
        """Returns the calibration for more labels; the added ones have the bias 0."""
        added = (0.0,) * (num_labels - len(self.biases))
        return Calibration(self.temperature, (*self.biases, *added))

    def apply(self, logits: Any) -> Any:
        """Returns calibrated logits <float>[..., L] of an array or a tensor."""
        return logits / self.temperature + list(self.biases)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Returns probabilities <float64>[N, L] of logits <float>[N, L] without calibration."""
        return softmax(self.apply(logits))

    @property
    def thresholds(self) -> None:
        """None: a text has one label, the most probable one."""
        return None


def softmax(logits: np.ndarray) -> np.ndarray:
    """Returns probabilities <float64>[N, L] of logits <float>[N, L]."""
    logits = np.asarray(logits, np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(
    logits: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None
) -> float:
    """Returns the mean of -log p(label), in nats.

    Args:
        logits: <float>[N, L].
        labels: <int>[N], from 0 to L - 1.
        weights: <float>[N], weight of each text; default: equal.
    """
    return float(np.average(label_losses(logits, labels), weights=weights))


def label_losses(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Returns -log p(label) <float64>[N] of logits <float>[N, L], in nats."""
    logits = np.asarray(logits, np.float64)
    highest = logits.max(axis=1)
    totals = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    return totals - logits[np.arange(len(labels)), labels]


def fit_calibration(
    logits: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    with_biases: bool = True,
) -> Calibration:
    """Fits the calibration with the smallest cross-entropy plus the two priors.

    The sum is convex in the inverse temperature and the biases, and Newton's method finds its
    minimum. (SciPy has such optimizers; it would be a dependency of 100 MB for this function.) The
    priors are fixed, so more texts outweigh them: a bias of 1 costs 2 nats, a temperature of 2
    costs 0.4 and one of 1/2 costs 0.6. Weights are scaled to sum to N.

    Args:
        logits: <float>[N, L], of texts that were not trained on.
        labels: <int>[N], from 0 to L - 1.
        weights: as in `cross_entropy`.
        with_biases: whether to fit biases too; otherwise they are 0, and no prediction changes.

    Returns:
        A calibration with a temperature from 0.05 to 20.
    """
    logits = np.asarray(logits, np.float64)
    logits = np.maximum(logits - logits.max(axis=1, keepdims=True), MIN_LOGIT)
    num_texts, num_labels = logits.shape
    counts = np.ones(num_texts) if weights is None else weights * num_texts / weights.sum()
    one_hot = np.zeros_like(logits)
    one_hot[np.arange(num_texts), labels] = 1.0
    # The inverse temperature, then the biases.
    parameters = np.concatenate([[1.0], np.zeros(num_labels)])

    def loss_of(tried: np.ndarray) -> float:
        loss = num_texts * cross_entropy(tried[0] * logits + tried[1:], labels, counts)
        loss += BIAS_PRIOR / 2 * tried[1:] @ tried[1:]
        return float(loss + TEMPERATURE_PRIOR * (tried[0] - 1.0 - np.log(tried[0])))

    loss = loss_of(parameters)
    for _ in range(MAX_STEPS):
        probabilities = softmax(parameters[0] * logits + parameters[1:])
        error = (probabilities - one_hot) * counts[:, None]
        gradient = np.empty(num_labels + 1)
        gradient[0] = np.sum(error * logits) + TEMPERATURE_PRIOR * (1.0 - 1.0 / parameters[0])
        gradient[1:] = error.sum(axis=0) + BIAS_PRIOR * parameters[1:]
        weighted = probabilities * counts[:, None]
        mean = np.sum(probabilities * logits, axis=1, keepdims=True)
        hessian = np.empty((num_labels + 1, num_labels + 1))
        hessian[0, 0] = np.sum(weighted * np.square(logits - mean))
        hessian[0, 0] += TEMPERATURE_PRIOR / parameters[0] ** 2
        hessian[0, 1:] = hessian[1:, 0] = np.sum(weighted * (logits - mean), axis=0)
        hessian[1:, 1:] = np.diag(weighted.sum(axis=0) + BIAS_PRIOR) - weighted.T @ probabilities
        # The temperature stays at a bound that the gradient pushes it against.
        is_bound = (
            parameters[0] >= MAX_TEMPERATURE
            and gradient[0] < 0
            or parameters[0] <= 1 / MAX_TEMPERATURE
            and gradient[0] > 0
        )
        free = np.full(num_labels + 1, with_biases)
        free[0] = not is_bound
        step = np.zeros_like(parameters)
        ridge = 1e-9 * np.eye(num_labels + 1)
        step[free] = np.linalg.solve((hessian + ridge)[np.ix_(free, free)], gradient[free])
        for _ in range(60):
            tried = parameters - step
            tried[0] = np.clip(tried[0], 1 / MAX_TEMPERATURE, MAX_TEMPERATURE)
            if (lower := loss_of(tried)) < loss:
                break
            step /= 2
        if loss - lower <= 1e-12 * max(abs(loss), 1.0):
            break
        parameters, loss = tried, lower
    return Calibration(float(1 / parameters[0]), tuple(map(float, parameters[1:])))


def calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Returns the expected calibration error (Guo et al. 2017, eq. 3).

    Args:
        probabilities: <float>[N, L].
        labels: <int>[N], from 0 to L - 1.

    Returns:
        From 0 to 1: the mean of |accuracy - confidence| over 15 bins of equal width, weighted by
        their number of texts.
    """
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * NUM_BINS).astype(int), NUM_BINS - 1)
    error = 0.0
    for index in range(NUM_BINS):
        members = bins == index
        if members.any():
            error += members.mean() * abs(is_right[members].mean() - confidence[members].mean())
    return float(error)
