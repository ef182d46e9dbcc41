"""Scores of sets of labels: F1, subset accuracy, binary cross-entropy.

Letters in shapes: N texts, L labels, S different pairs of a predicted and a true set.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nlp_apps.metrics.calibration import NUM_BINS
from nlp_apps.metrics.classification import NUM_RESAMPLES


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Returns probabilities <float64>[N, L] of logits <float>[N, L]."""
    logits = np.asarray(logits, np.float64)
    return np.exp(-np.logaddexp(0.0, -logits))


def binary_losses(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Returns the binary cross-entropy of each text, the mean over labels, in nats: <float64>[N].

    Args:
        logits: <float>[N, L].
        targets: <bool>[N, L].
    """
    logits = np.asarray(logits, np.float64)
    return np.logaddexp(0.0, np.where(targets, -logits, logits)).mean(axis=1)


def binary_cross_entropy(logits: np.ndarray, targets: np.ndarray) -> float:
    """Returns the mean of `binary_losses`."""
    return float(binary_losses(logits, targets).mean())


def f1_scores(predicted: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Returns micro_f1, macro_f1 and subset_accuracy, from 0 to 1.

    Micro-F1 is that of all pairs of a text and a label, macro-F1 the mean over the labels that
    occur or are predicted. Subset accuracy is the share of the texts whose set is right.

    Args:
        predicted: <bool>[N, L].
        targets: <bool>[N, L].
    """
    return _f1(_counts(predicted, targets), len(targets))


def _counts(predicted: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Returns right labels, and predicted plus true labels, of each row; then equal sets.

    Returns:
        <float64>[N, 2 L + 1].
    """
    equal = (predicted == targets).all(axis=1, keepdims=True)
    totals = predicted.astype(np.float64) + targets
    return np.concatenate([predicted & targets, totals, equal], axis=1, dtype=np.float64)


def _f1(counts: np.ndarray, num_texts: int) -> dict[str, float]:
    """Returns the scores of rows of `_counts`, or of their sums."""
    *sums, equal = counts.sum(axis=0)
    hits, totals = np.split(np.array(sums), 2)
    f1 = 2 * hits / np.maximum(totals, 1)
    return {
        "micro_f1": float(2 * hits.sum() / max(totals.sum(), 1)),
        "macro_f1": float(f1.sum() / max(np.count_nonzero(totals), 1)),
        "subset_accuracy": float(equal / max(num_texts, 1)),
    }


def f1_standard_errors(predicted: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Returns NAME_standard_error of each of `f1_scores`.

    They are standard deviations over bootstrap samples of the texts (Efron 1979).

    Args:
        predicted: <bool>[N, L], at least one text.
        targets: <bool>[N, L].
    """
    both = np.packbits(np.concatenate([predicted, targets], axis=1), axis=1)
    _, first, frequency = np.unique(both, axis=0, return_index=True, return_counts=True)
    counts = _counts(predicted[first], targets[first])  # [S, ...]
    num_texts = len(targets)
    drawn = np.random.default_rng(0).multinomial(num_texts, frequency / num_texts, NUM_RESAMPLES)
    found = [_f1(sums[None], num_texts) for sums in drawn @ counts]
    return {
        f"{name}_standard_error": float(np.std([one[name] for one in found])) for name in found[0]
    }


def label_calibration_error(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """Returns the expected calibration error over all pairs of a text and a label.

    Args:
        probabilities: <float>[N, L].
        targets: <bool>[N, L].

    Returns:
        From 0 to 1: the mean of |frequency - probability| over 15 bins of equal width, weighted by
        their number of pairs.
    """
    values, known = probabilities.ravel(), targets.ravel().astype(np.float64)
    bins = np.minimum((values * NUM_BINS).astype(int), NUM_BINS - 1)
    gaps = np.bincount(bins, known - values, NUM_BINS)
    return float(np.abs(gaps).sum() / max(len(values), 1))


def label_set_report(
    logits: np.ndarray, targets: np.ndarray, thresholds: np.ndarray, names: Sequence[str]
) -> dict[str, Any]:
    """Computes all scores of a classifier with several labels a text.

    Args:
        logits: <float>[N, L], calibrated.
        targets: <bool>[N, L].
        thresholds: <float>[L], lowest probability of a predicted label.
        names: label names.

    Returns:
        The scores of `f1_scores` with standard errors, loss and its standard error in nats,
        calibration_error, untested_labels (names that no text has) and labels (for each precision,
        recall, f1, support, threshold).
    """
    probabilities = sigmoid(logits)
    predicted = probabilities >= thresholds
    losses = binary_losses(logits, targets)
    hits = (predicted & targets).sum(axis=0)
    num_predicted, support = predicted.sum(axis=0), targets.sum(axis=0)
    rows = {
        "precision": hits / np.maximum(num_predicted, 1),
        "recall": hits / np.maximum(support, 1),
        "f1": 2 * hits / np.maximum(num_predicted + support, 1),
        "threshold": thresholds,
    }
    return {
        **f1_scores(predicted, targets),
        "loss": float(losses.mean()),
        "loss_standard_error": float(losses.std() / np.sqrt(len(losses))),
        "calibration_error": label_calibration_error(probabilities, targets),
        "untested_labels": [name for name, count in zip(names, support, strict=True) if not count],
        "labels": {
            name: {
                **{key: float(values[index]) for key, values in rows.items()},
                "support": int(support[index]),
            }
            for index, name in enumerate(names)
        },
        **f1_standard_errors(predicted, targets),
    }
