"""The n-gram path of a classifier: its fit, and its weight beside the LSTM.

Letters in shapes: N texts, R rows of the table, L labels.
"""

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from nlp_apps.blocks.ngram_counts import ngram_counts
from nlp_apps.blocks.ngrams import Ngrams
from nlp_apps.metrics.calibration import cross_entropy
from nlp_apps.training.ngram_fit import fit_ngrams

logger = logging.getLogger(__name__)

SHARES = tuple(index / 10 for index in range(11))
"""Shares of the LSTM that are compared; the n-grams have the rest."""

SCALES = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
"""Scales of the sum that are compared."""

MAX_FITTED = 500_000
"""Stored training texts from which the n-grams are fitted; of more, every n-th."""

FIT_SECONDS = 0.004
"""Duration of `fit_path` on two cores by training text."""

Score = Callable[[np.ndarray, np.ndarray], float]
"""Returns a score of logits <float>[N, L] and labels <int>[N]; higher is better."""


class PathWeights(NamedTuple):
    """Factors of both paths.

    Attributes:
        lstm: factor of the LSTM's logits.
        ngrams: factor of the n-grams' logits.
        share: share of the LSTM in the sum, from 0 to 1.
    """

    lstm: float
    ngrams: float
    share: float


def fit_path(
    path: Ngrams,
    sequences: Sequence[np.ndarray],
    labels: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    seed: int = 0,
) -> None:
    """Fits the table of a path by logistic regression and assigns it.

    Args:
        path: the layer.
        sequences: N training texts as token ids, EOS included.
        labels: <int>[N], from 0 to L - 1.
        weights: <float>[N], weight of each text; default: 1.
        seed: chooses the folds of the cross-validation.
    """
    fitted = fit_ngrams(
        ngram_counts(path.find, sequences),
        labels,
        path.num_labels,
        first_of_characters=path.find.first_of_characters,
        weights=weights,
        seed=seed,
    )
    path.table.assign(fitted.table)
    path.bias.assign(fitted.bias)


def choose_path_weights(
    lstm: np.ndarray, ngrams: np.ndarray, labels: np.ndarray, score: Score
) -> PathWeights:
    """Chooses the factors of both paths on validation text.

    Of the shares whose score is at least that of the better path alone, it returns the one with the
    lowest cross-entropy. The logits of each path are normalized to log probabilities in the
    comparison, so that a share has the same meaning for every model.

    Args:
        lstm: <float>[N, L], logits of the LSTM.
        ngrams: <float>[N, L], logits of the n-grams.
        labels: <int>[N].
        score: the monitored score.
    """
    found: list[tuple[float, float, float, float]] = []  # score, loss, share, scale
    for share in SHARES:
        mixed = share * lstm + (1.0 - share) * ngrams
        for scale in SCALES:
            loss = cross_entropy(scale * mixed, labels)
            found.append((score(mixed, labels), loss, share, scale))
    alone = max(value for value, _, share, _ in found if share in (0.0, 1.0))
    _, _, share, scale = min(
        (one for one in found if one[0] >= alone), key=lambda one: (one[1], -one[0])
    )
    return PathWeights(scale * share, scale * (1.0 - share), share)
