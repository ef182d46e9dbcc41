"""Classification scores: accuracy, F1, confusion matrix.

Letters in shapes: N texts, L labels.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nlp_apps.metrics.calibration import (
    calibration_error,
    cross_entropy,
    label_losses,
    softmax,
)

NUM_RESAMPLES = 200
"""Bootstrap samples of a standard error; its own error is then about 5%."""


def confusion_matrix(predicted: np.ndarray, labels: np.ndarray, num_labels: int) -> np.ndarray:
    """Returns <int64>[L, L]: row i, column j counts the texts of label i with prediction j."""
    counts = np.zeros((num_labels, num_labels), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def accuracy_and_macro_f1(confusion: np.ndarray) -> dict[str, float]:
    """Returns accuracy and macro_f1, from 0 to 1, of a confusion matrix <int>[L, L].

    Macro-F1 is the mean over the labels that occur or are predicted, as in scikit-learn's
    `f1_score(average="macro")`. A label that occurs and is never predicted counts 0, and so does
    one that is predicted and does not occur. The F1 of a label that does neither is undefined.
    """
    hits, totals = _hits_and_totals(confusion)
    f1 = 2 * hits / np.maximum(totals, 1)
    return {
        "accuracy": float(hits.sum() / max(confusion.sum(), 1)),
        "macro_f1": float(f1.sum() / max(np.count_nonzero(totals), 1)),
    }


def standard_errors(confusion: np.ndarray) -> dict[str, float]:
    """Returns accuracy_standard_error and macro_f1_standard_error.

    They are standard deviations over bootstrap samples of the texts (Efron 1979).

    Args:
        confusion: <int>[L, L] of one text or more.
    """
    generator = np.random.default_rng(0)
    cells = np.nonzero(confusion)  # at most one for each text, however many labels there are
    counts = confusion[cells]
    found = []
    for drawn in generator.multinomial(counts.sum(), counts / counts.sum(), NUM_RESAMPLES):
        resampled = np.zeros_like(confusion)
        resampled[cells] = drawn
        found.append(accuracy_and_macro_f1(resampled))
    return {
        f"{name}_standard_error": float(np.std([one[name] for one in found])) for name in found[0]
    }


def classification_report(
    logits: np.ndarray, labels: np.ndarray, names: Sequence[str]
) -> dict[str, Any]:
    """Computes all scores of a classifier.

    Args:
        logits: <float>[N, L], calibrated.
        labels: <int>[N], from 0 to L - 1.
        names: label names.

    Returns:
        accuracy and macro_f1 as `accuracy_and_macro_f1`, loss and its standard error in nats,
        calibration_error,
        untested_labels (names that no text has), labels (for each precision, recall, f1, support)
        and confusion, whose rows are the true labels.
    """
    probabilities = softmax(logits)
    counts = confusion_matrix(probabilities.argmax(axis=1), labels, len(names))
    losses = label_losses(logits, labels)
    hits, totals = _hits_and_totals(counts)
    predicted, support = counts.sum(axis=0), counts.sum(axis=1)
    precision = hits / np.maximum(predicted, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(totals, 1)
    return {
        **accuracy_and_macro_f1(counts),
        "loss": float(losses.mean()),
        "loss_standard_error": float(losses.std() / np.sqrt(len(losses))),
        "calibration_error": calibration_error(probabilities, labels),
        "untested_labels": [name for name, count in zip(names, support, strict=True) if not count],
        "labels": {
            name: {
                "precision": float(precision[index]),
                "recall": float(recall[index]),
                "f1": float(f1[index]),
                "support": int(support[index]),
            }
            for index, name in enumerate(names)
        },
        "confusion": counts.tolist(),
    }


def _hits_and_totals(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the right predictions, and texts plus predictions, of each label: <float>[L] both."""
    totals = confusion.sum(axis=0) + confusion.sum(axis=1)
    return np.diag(confusion).astype(float), totals.astype(float)


def balanced_weights(counts: np.ndarray) -> np.ndarray:
    """Returns weights <float>[L] with equal totals for all labels, from counts <int>[L]."""
    return counts.sum() / (len(counts) * np.maximum(counts, 1))


def monitored_score(name: str, logits: np.ndarray, labels: np.ndarray) -> float:
    """Returns the score that the recipe monitors, negative for the loss: higher is better."""
    if name == "loss":
        return -cross_entropy(logits, labels)
    confusion = confusion_matrix(logits.argmax(axis=1), labels, logits.shape[1])
    return accuracy_and_macro_f1(confusion)[name]
