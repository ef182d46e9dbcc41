"""Language model baselines over token ids: token frequencies and an interpolated n-gram model.

Letters in shapes: N training tokens, M held-out tokens, G different n-grams, V vocabulary.
"""

import logging
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

logger = logging.getLogger(__name__)

ORDER = 5
"""Tokens of the longest n-grams."""

MAX_TOKENS = 5_000_000
"""Training tokens that are counted; a second a million, 100 bytes each."""

MIN_DISCOUNT = 0.1
"""Lower bound of the discount: some probability is left for tokens that follow nowhere."""


def unigram_losses(
    train: np.ndarray, splits: Mapping[str, np.ndarray], vocabulary_size: int
) -> dict[str, np.ndarray]:
    """Returns the losses of token frequencies with add-one smoothing, by split.

    Args:
        train: <int>[N], tokens to count.
        splits: <int>[M], tokens to score, by split.
        vocabulary_size: V.

    Returns:
        <float64>[M], -log p of each token, in nats.
    """
    counts = np.bincount(train, minlength=vocabulary_size) + 1.0
    losses = -np.log(counts / counts.sum())
    return {split: losses[tokens] for split, tokens in splits.items()}


def ngram_losses(
    train: np.ndarray,
    splits: Mapping[str, np.ndarray],
    vocabulary_size: int,
    order: int = ORDER,
) -> dict[str, np.ndarray]:
    """Returns the losses of an interpolated Kneser-Ney model, by split.

    Each order n interpolates a discounted count with order n - 1 (Kneser and Ney 1995; Chen and
    Goodman 1999, section 2.7):

        p_n(w | h) = max(c(hw) - D, 0) / c(h) + D t(h) / c(h) p_(n-1)(w | h')

    h' is the history h without its first token, t(h) the number of different tokens after h, and D
    = n1 / (n1 + 2 n2) with the numbers of n-grams that are counted once and twice. c counts
    occurrences at the highest order, and below it the different tokens in front. Order 0 is
    uniform.

    Args:
        train: <int>[N], tokens to count, at least one.
        splits: <int>[M], tokens to score, by split.
        vocabulary_size: V.
        order: the longest n-grams.

    Returns:
        <float64>[M], -log p of each token, in nats.
    """
    if len(train) > MAX_TOKENS:
        logger.info(
            "baseline: the n-gram model counts %s of the %s training tokens",
            f"{MAX_TOKENS:,}",
            f"{len(train):,}",
        )
        train = train[:MAX_TOKENS]
    probabilities = {
        split: np.full(len(tokens), 1 / vocabulary_size) for split, tokens in splits.items()
    }
    # Number of the n-gram that ends at each held-out token, or -1; first of the only 0-gram.
    ends = {split: np.zeros(len(tokens), np.int64) for split, tokens in splits.items()}
    num_histories = 1
    table = _count(np.zeros(len(train) + 1, np.int64), train, vocabulary_size)
    for n in range(1, order + 1):
        counts = table.counts
        if n < order:
            longer = _count(table.numbers, train[n:], vocabulary_size)
            # Each longer n-gram puts one more token in front of the n-gram that it ends with.
            suffixes = table.numbers[longer.first + 1]
            counts = np.bincount(suffixes, minlength=len(table.keys))
        if not counts.any():
            break
        of_history = table.keys // vocabulary_size
        totals = np.bincount(of_history, counts, num_histories)
        kinds = np.bincount(of_history, counts > 0, num_histories)
        once, twice = int((counts == 1).sum()), int((counts == 2).sum())
        discount = max(once / max(once + 2 * twice, 1), MIN_DISCOUNT)
        for split, tokens in splits.items():
            # No n-gram with n > 1 ends at the first token.
            history = np.concatenate([[0 if n == 1 else -1], ends[split][:-1]])
            wanted = history * vocabulary_size + tokens
            index = np.minimum(np.searchsorted(table.keys, wanted), len(table.keys) - 1)
            is_known = (history >= 0) & (table.keys[index] == wanted)
            total = np.where(history >= 0, totals[history], 0.0)
            kept = np.maximum(np.where(is_known, counts[index], 0) - discount, 0.0)
            lower = discount * kinds[history] * probabilities[split]
            mixed = (kept + lower) / np.maximum(total, 1.0)
            probabilities[split] = np.where(total > 0, mixed, probabilities[split])
            ends[split] = np.where(is_known, index, -1)
        if n < order:
            num_histories, table = len(table.keys), longer
    return {split: -np.log(found) for split, found in probabilities.items()}


class _Table(NamedTuple):
    """The different n-grams of a text.

    Attributes:
        keys: <int64>[G], sorted: number of the history, times V, plus the last token.
        first: <int64>[G], index of the first occurrence.
        numbers: <int64>[N - n + 1], index in `keys` of every n-gram of the text.
        counts: <int64>[G], occurrences.
    """

    keys: np.ndarray
    first: np.ndarray
    numbers: np.ndarray
    counts: np.ndarray


def _count(histories: np.ndarray, tokens: np.ndarray, vocabulary_size: int) -> _Table:
    """Counts n-grams.

    Args:
        histories: <int64>[N - n + 2], numbers of all (n - 1)-grams of the text.
        tokens: <int>[N - n + 1], the text without its first n - 1 tokens.
        vocabulary_size: V.
    """
    keys = histories[:-1] * vocabulary_size + tokens
    return _Table(*np.unique(keys, return_index=True, return_inverse=True, return_counts=True))
