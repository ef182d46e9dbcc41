"""Fits the table of n-grams for texts with several labels: a logistic regression for each label.

Letters in shapes: N texts, R rows of the table, L labels.
"""

import logging
import warnings

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from nlp_apps.training.ngram_fit import (
    DEFAULT_STRENGTH,
    MAX_COMPARED,
    MAX_FITTED,
    STRENGTHS,
    NgramFit,
    part,
    squared_idf,
    tfidf_features,
)

logger = logging.getLogger(__name__)

NUM_FOLDS = 5
"""Parts of the texts; one is held out to compare C."""

FEW_LABELS = 8
"""Labels up to which more of them mean fewer texts to fit; beyond, the fit needs longer."""

MIN_COMPARED = 20
"""Texts below which C is not compared."""

CERTAIN = 10.0
"""Magnitude of the bias of a label that all texts have, or none."""


def fit_ngram_sets(
    counts: sparse.csr_matrix,
    labels: np.ndarray,
    num_labels: int,
    *,
    first_of_characters: int,
    weights: np.ndarray | None = None,
    seed: int = 0,
) -> NgramFit:
    """Fits a logistic regression to TF-IDF of n-grams for each label, against all other texts.

    Features are those of `fit_ngrams`. C is the same for all labels: that with the smallest binary
    cross-entropy of held-out texts. Of many texts and labels, a part is compared.

    Args:
        counts: <float32>[N, R], frequency of the n-grams of each row in each text.
        labels: <bool>[N, L].
        num_labels: L.
        first_of_characters: as in `NgramRows`.
        weights: <float>[N, L], weight of each text for each label; default: 1.
        seed: chooses the held-out texts.

    Returns:
        The table, which depends on the arguments only.
    """
    weights = np.ones(labels.shape) if weights is None else np.asarray(weights, np.float64)
    texts = _texts_to_fit(counts, labels, seed)
    if len(texts) < len(labels):
        logger.info(
            "n-grams: fitted to %s of %s texts, for %d labels",
            f"{len(texts):,}",
            f"{len(labels):,}",
            num_labels,
        )
    counts, labels, weights = counts[texts], labels[texts], weights[texts]
    squared_weights = squared_idf(counts)
    features = tfidf_features(counts, squared_weights, first_of_characters)
    used = np.flatnonzero(squared_weights)
    features = features[:, used]
    # More threads than free processors make products of small vectors 30 times slower.
    with threadpool_limits(1, user_api="blas"):
        texts = part(features, MAX_COMPARED // num_labels, seed)
        losses = _compare(features[texts], labels[texts], weights[texts], seed)
        strength = min(losses, key=losses.__getitem__) if losses else DEFAULT_STRENGTH
        values, bias = _fit(features, labels, weights, strength)
    table = np.zeros((counts.shape[1], num_labels + 1), np.float32)
    table[used, :-1] = values * np.sqrt(squared_weights[used])[:, None]
    table[:, -1] = squared_weights
    logger.debug("n-grams: C %g of losses %s", strength, losses)
    return NgramFit(table, bias.astype(np.float32), strength, losses)


def max_fitted(num_labels: int) -> int:
    """Returns the values of a matrix of n-grams, at most, to which the labels are fitted."""
    return MAX_FITTED // min(num_labels, FEW_LABELS)


def _texts_to_fit(counts: sparse.csr_matrix, labels: np.ndarray, seed: int) -> np.ndarray:
    """Returns ascending indices of a part of the texts, with a text of each label."""
    texts = part(counts, max_fitted(labels.shape[1]), seed)
    lacking = np.flatnonzero(labels.any(axis=0) & ~labels[texts].any(axis=0))
    first = labels[:, lacking].argmax(axis=0) if len(lacking) else np.zeros(0, np.int64)
    return np.unique(np.concatenate([texts, first]))


def _compare(
    features: sparse.csr_matrix, labels: np.ndarray, weights: np.ndarray, seed: int
) -> dict[float, float]:
    """Returns the loss of held-out texts for each C, up to the first one that is worse."""
    order = np.random.default_rng(seed).permutation(len(labels))
    held_out, fitted = np.split(order, [len(order) // NUM_FOLDS])
    losses: dict[float, float] = {}
    for strength in STRENGTHS if len(order) >= MIN_COMPARED else ():
        values, bias = _fit(features[fitted], labels[fitted], weights[fitted], strength)
        logits = features[held_out] @ values + bias
        found = np.logaddexp(0.0, np.where(labels[held_out], -logits, logits))
        losses[strength] = float(np.average(found, weights=weights[held_out]))
        if losses[strength] > min(losses.values()):
            break
    return losses


def _fit(
    features: sparse.csr_matrix, labels: np.ndarray, weights: np.ndarray, strength: float
) -> tuple[np.ndarray, np.ndarray]:
    """Returns values <float32>[columns, L] and biases <float64>[L]."""
    num_labels = labels.shape[1]
    values = np.zeros((features.shape[1], num_labels), np.float32)
    bias = np.where(labels.any(axis=0), CERTAIN, -CERTAIN)
    for label in np.flatnonzero(labels.any(axis=0) & ~labels.all(axis=0)):
        model = LogisticRegression(C=strength, max_iter=200)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # close enough
            model.fit(features, labels[:, label], sample_weight=weights[:, label])
        values[:, label], bias[label] = model.coef_[0], model.intercept_[0]
    return values, bias
