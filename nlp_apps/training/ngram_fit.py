"""Fits the table of n-grams by logistic regression.

Letters in shapes: N texts, R rows of the table, L labels.
"""

import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

logger = logging.getLogger(__name__)

STRENGTHS = (1.0, 4.0, 16.0, 64.0, 256.0, 1024.0)
"""Inverse strengths of the l2 penalty that are compared: C of scikit-learn. More text needs a
smaller one."""

DEFAULT_STRENGTH = 64.0
"""C where there are too few texts to compare."""

NUM_FOLDS = 5
"""Parts of the texts, each held out once."""

MAX_COMPARED = 8_000_000
"""Different n-grams, summed over the texts of all folds: of more text, fewer folds are held out."""

FEW_LABELS = 5
"""Labels that are as fast as two. With N times as many, text counts N times for `MAX_COMPARED`."""

MAX_IN_FOLD = 20_000_000
"""The same for one fold; of more text, a part is used."""

MAX_FITTED = 64_000_000
"""The same for the table: 25,000 film reviews, 2 GB of memory. Of more text, a part is used."""

ABSENT = -10.0
"""Bias of a label without a text."""


@dataclass(frozen=True)
class NgramFit:
    """A fitted table.

    Attributes:
        table: <float32>[R, L + 1], as `Ngrams` has it.
        bias: <float32>[L].
        strength: C.
        losses: the cross-validated loss of each C that was compared, in nats per text.
    """

    table: np.ndarray
    bias: np.ndarray
    strength: float
    losses: dict[float, float]


def fit_ngrams(
    counts: sparse.csr_matrix,
    labels: np.ndarray,
    num_labels: int,
    *,
    first_of_characters: int,
    weights: np.ndarray | None = None,
    seed: int = 0,
) -> NgramFit:
    """Fits a logistic regression to TF-IDF of n-grams.

    Rows are weighted by scikit-learn's smooth idf; a row without a text has weight 0. C has the
    smallest loss in cross-validation, where each fold has its share of every label.

    Args:
        counts: <float32>[N, R], frequency of the n-grams of each row in each text.
        labels: <int>[N], from 0 to L - 1.
        num_labels: L.
        first_of_characters: as in `NgramRows`.
        weights: <float>[N], weight of each text; default: 1.
        seed: chooses folds.

    Returns:
        The table, which depends on the arguments only.

    Raises:
        ValueError: all texts have the same label, or there is no text.
    """
    if len(np.unique(labels)) < 2:
        raise ValueError("labels must have at least 2 different values")
    weights = np.ones(len(labels)) if weights is None else np.asarray(weights, np.float64)
    texts = part(counts, MAX_FITTED, seed)
    counts, labels, weights = counts[texts], labels[texts], weights[texts]
    squared_weights = squared_idf(counts)
    features = tfidf_features(counts, squared_weights, first_of_characters)
    used = np.flatnonzero(squared_weights)
    features = features[:, used]

    # More threads than free processors make products of small vectors 30 times slower.
    with threadpool_limits(1, user_api="blas"):
        texts = part(features, MAX_IN_FOLD, seed)
        losses = _compare(features[texts], labels[texts], weights[texts], num_labels, seed)
        strength = min(losses, key=losses.__getitem__) if losses else DEFAULT_STRENGTH
        values, bias = _fit(features, labels, weights, num_labels, strength)
    table = np.zeros((counts.shape[1], num_labels + 1), np.float32)
    table[used, :-1] = values * np.sqrt(squared_weights[used])[:, None]
    table[:, -1] = squared_weights
    logger.debug("n-grams: C %g of losses %s", strength, losses)
    return NgramFit(table, bias.astype(np.float32), strength, losses)


def squared_idf(counts: sparse.csr_matrix) -> np.ndarray:
    """Returns idf^2 <float32>[R], 0 for rows without a text; never for row 0, which has none."""
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log((1.0 + counts.shape[0]) / (1.0 + frequency)) + 1.0
    return np.where(frequency > 0, idf**2, 0.0).astype(np.float32)


def tfidf_features(
    counts: sparse.csr_matrix, squared_weights: np.ndarray, first_of_characters: int
) -> sparse.csr_matrix:
    """Returns TF-IDF <float32>[N, R] with sublinear tf, where both kinds have l2 norm 1."""
    data = (1.0 + np.log(counts.data)) * np.sqrt(squared_weights)[counts.indices]
    squares = sparse.csr_matrix((data**2, counts.indices, counts.indptr), counts.shape)
    is_character = np.arange(counts.shape[1]) >= first_of_characters
    norms = np.sqrt(squares @ np.stack([~is_character, is_character], axis=1))  # [N, 2]
    text = np.repeat(np.arange(counts.shape[0], dtype=np.int32), np.diff(counts.indptr))
    data /= norms[text, is_character[counts.indices].astype(np.int8)]
    return sparse.csr_matrix((data.astype(np.float32), counts.indices, counts.indptr), counts.shape)


def part(matrix: sparse.csr_matrix, limit: int, seed: int) -> np.ndarray:
    """Returns ascending indices of texts: all, or random ones with about `limit` values in all."""
    size = matrix.shape[0]
    if matrix.nnz > limit:
        size = max(1, int(size * limit / matrix.nnz))
    return np.sort(np.random.default_rng(seed).permutation(matrix.shape[0])[:size])


def _compare(
    features: sparse.csr_matrix,
    labels: np.ndarray,
    weights: np.ndarray,
    num_labels: int,
    seed: int,
) -> dict[float, float]:
    """Returns the cross-validated loss of each C, up to the first one that is worse."""
    folds = list(_folds(labels, seed))
    size = features.nnz * max(1, num_labels // FEW_LABELS)
    folds = folds[: max(1, MAX_COMPARED // max(1, size))]
    losses: dict[float, float] = {}
    for strength in STRENGTHS:
        if not folds:
            break
        total = 0.0
        for fitted, held_out in folds:
            values, bias = _fit(
                features[fitted], labels[fitted], weights[fitted], num_labels, strength
            )
            logits = features[held_out] @ values + bias
            logits -= logits.max(axis=1, keepdims=True)
            log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            total -= log_probs[np.arange(len(held_out)), labels[held_out]] @ weights[held_out]
        losses[strength] = float(total / sum(weights[held_out].sum() for _, held_out in folds))
        if losses[strength] > min(losses.values()):
            break
    return losses


def _folds(labels: np.ndarray, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields the indices of the fitted and of the held-out texts of each fold.

    Each label is spread evenly. Held-out texts whose label is not among the fitted ones are left
    out: their loss says nothing about C.
    """
    random = np.random.default_rng(seed)
    fold_of = np.zeros(len(labels), np.int64)
    start = 0
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        fold_of[members] = (start + np.arange(len(members))) % NUM_FOLDS
        start += len(members)
    for fold in range(NUM_FOLDS):
        fitted, held_out = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        held_out = held_out[np.isin(labels[held_out], labels[fitted])]
        if len(held_out) and len(np.unique(labels[fitted])) > 1:
            yield fitted, held_out


def _fit(
    features: sparse.csr_matrix,
    labels: np.ndarray,
    weights: np.ndarray,
    num_labels: int,
    strength: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns values <float>[columns, L] and biases <float>[L]."""
    model = LogisticRegression(C=strength, max_iter=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # close enough
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        model.fit(features, labels, sample_weight=weights)
    found, intercept = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one logit of the second label against the first one
        found = np.concatenate([-found / 2, found / 2])
        intercept = np.concatenate([-intercept / 2, intercept / 2])
    values = np.zeros((features.shape[1], num_labels), np.float32)
    bias = np.full(num_labels, ABSENT)
    values[:, model.classes_], bias[model.classes_] = found.T, intercept
    return values, bias
