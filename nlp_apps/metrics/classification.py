"""Classification scores: accuracy, F1, confusion matrix.

Letters in shapes: N texts, L labels.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nlp_apps.metrics.calibration import calibration_error, cross_entropy, softmax


def confusion_matrix(predicted: np.ndarray, labels: np.ndarray, num_labels: int) -> np.ndarray:
    """Returns <int64>[L, L]: row i, column j counts the texts of label i with prediction j."""
    counts = np.zeros((num_labels, num_labels), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def classification_report(
    logits: np.ndarray, labels: np.ndarray, names: Sequence[str]
) -> dict[str, Any]:
    """Computes all scores of a classifier.

    Args:
        logits: <float>[N, L], calibrated.
        labels: <int>[N], from 0 to L - 1.
        names: label names.

    Returns:
        accuracy and macro_f1 from 0 to 1 (the mean over labels that occur or are predicted, as in
        scikit-learn), loss in nats, calibration_error, labels (for each precision, recall, f1,
        support) and confusion, whose rows are the true labels.
    """
    probabilities = softmax(logits)
    counts = confusion_matrix(probabilities.argmax(axis=1), labels, len(names))
    hits = np.diag(counts).astype(float)
    predicted, support = counts.sum(axis=0), counts.sum(axis=1)
    precision = hits / np.maximum(predicted, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(predicted + support, 1)
    return {
        "accuracy": float(hits.sum() / max(len(labels), 1)),
        "macro_f1": float(f1.sum() / max(np.count_nonzero(predicted + support), 1)),
        "loss": cross_entropy(logits, labels),
        "calibration_error": calibration_error(probabilities, labels),
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
