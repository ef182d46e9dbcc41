"""Baselines of texts with several labels: the most frequent label, and TF-IDF one-vs-rest.

Letters in shapes: N texts, L labels.
"""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from nlp_apps.metrics.baselines.tfidf_classifier import (
    INVERSE_REGULARIZATION,
    MAX_COEFFICIENTS,
    MAX_STEPS,
    MAX_TEXTS,
    frequent_columns,
    make_vectorizer,
)
from nlp_apps.metrics.label_set_calibration import fit_label_sets
from nlp_apps.metrics.label_set_scores import binary_cross_entropy, f1_scores

Scores = dict[str, dict[str, float]]
"""Scores by split."""

MAX_LABEL_CHARACTERS = 80_000_000
"""Characters of the training texts times labels, up to which all texts are read: a minute."""

CERTAIN = 10.0
"""Magnitude of the logit of a label that all training texts have, or none."""


def frequent_label(
    train: np.ndarray,
    splits: Mapping[str, np.ndarray],
    scored: Mapping[str, np.ndarray] | None = None,
) -> Scores:
    """Returns the scores of a model that predicts the most frequent label for every text.

    Its probabilities are the training frequencies.

    Args:
        train: <bool>[N, L], labels of the training texts.
        splits: <bool>[N, L], labels of the texts to score, by split.
        scored: <bool>[L], the labels that are scored, by split; None: all.
    """
    shares = (train.sum(axis=0) + 1.0) / (len(train) + 2.0)
    logits = np.log(shares) - np.log1p(-shares)
    is_best = np.arange(len(shares)) == shares.argmax()
    return {
        split: _scores(
            np.tile(logits, (len(known), 1)),
            np.tile(is_best, (len(known), 1)),
            known,
            None if scored is None else scored[split],
        )
        for split, known in splits.items()
    }


def tfidf_label_sets(
    train: Sequence[str],
    targets: np.ndarray,
    texts: Mapping[str, Sequence[str]],
    known: Mapping[str, np.ndarray],
    scored: Mapping[str, np.ndarray] | None = None,
) -> Scores:
    """Returns the scores of TF-IDF features with a logistic regression for each label, by split.

    Calibration and thresholds are fitted as those of a run, on the split "validation", or on the
    training texts without that split.

    Args:
        train: training texts.
        targets: <bool>[N, L], their labels.
        texts: texts to score, by split; none is empty.
        known: their labels, by split.
        scored: <bool>[L], the labels that are scored, by split; None: all.
    """
    if "validation" in texts:
        logits = tfidf_logits(train, targets, texts)
        calibration = fit_label_sets(logits["validation"], known["validation"])
    else:
        logits = tfidf_logits(train, targets, {**texts, "train": train})
        calibration = fit_label_sets(logits["train"], targets)
    thresholds = np.array(calibration.thresholds)
    return {
        split: _scores(
            calibration.apply(logits[split]),
            calibration.probabilities(logits[split]) >= thresholds,
            rows,
            None if scored is None else scored[split],
        )
        for split, rows in known.items()
    }


def tfidf_logits(
    train: Sequence[str], targets: np.ndarray, texts: Mapping[str, Sequence[str]]
) -> dict[str, np.ndarray]:
    """Fits a logistic regression of TF-IDF features for each label.

    Features are those of `tfidf_classifier`.

    Args:
        train: training texts; of many texts and labels, every n-th is read.
        targets: <bool>[N, L], their labels.
        texts: texts to score, by split; none is empty.

    Returns:
        Logits <float64>[texts of the split, L] by split.
    """
    work = sum(map(len, train)) * targets.shape[1]
    stride = max(1, -(-len(train) // MAX_TEXTS), -(-work // MAX_LABEL_CHARACTERS))
    train, targets = train[::stride], targets[::stride]
    vectorizer = make_vectorizer([*train, *(one for column in texts.values() for one in column)])
    features = vectorizer.fit_transform(train)
    columns = frequent_columns(features, MAX_COEFFICIENTS)
    fitted = features[:, columns]
    splits = {split: vectorizer.transform(column)[:, columns] for split, column in texts.items()}
    logits = {split: np.zeros((one.shape[0], targets.shape[1])) for split, one in splits.items()}
    for label in range(targets.shape[1]):
        column = targets[:, label]
        if column.all() or not column.any():
            for values in logits.values():
                values[:, label] = CERTAIN if column.all() else -CERTAIN
            continue
        model = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=MAX_STEPS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(fitted, column)
        for split, values in logits.items():
            values[:, label] = model.decision_function(splits[split])
    return logits


def _scores(
    logits: np.ndarray,
    predicted: np.ndarray,
    known: np.ndarray,
    columns: np.ndarray | None = None,
) -> dict[str, float]:
    """Returns micro_f1, macro_f1, subset_accuracy and loss in nats, of <bool>[L] columns."""
    if columns is not None:
        logits, predicted, known = logits[:, columns], predicted[:, columns], known[:, columns]
    return {**f1_scores(predicted, known), "loss": binary_cross_entropy(logits, known)}
