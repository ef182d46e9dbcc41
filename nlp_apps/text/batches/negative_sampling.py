"""Negative sampling: distinct tokens by frequency, for training on a part of the vocabulary.

Letters in shapes: N sampled tokens, V vocabulary.
"""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from nlp_apps.text.batches.buckets import PlannedEpoch
from nlp_apps.text.batches.contiguous_text import ContiguousText
from nlp_apps.text.batches.row_share import WHOLE, RowShare


class NegativeSampler:
    """Samples distinct tokens; frequent tokens are sampled more often.

    Args:
        counts: <int>[V], frequency of each token in the text; one is added to each.
        num_sampled: N, less than V.
        seed: the same seed returns the same tokens.

    Attributes:
        log_expected: <float32>[V], log of the probability that a token is among the N.

    Raises:
        ValueError: N is not below V.
    """

    def __init__(self, counts: np.ndarray, num_sampled: int, seed: int):
        if not 0 < num_sampled < len(counts):
            raise ValueError(
                f"num_sampled must be from 1 to {len(counts) - 1}, received {num_sampled}"
            )
        share = (counts + 1.0) / (counts + 1.0).sum()
        self.num_sampled, self.seed = num_sampled, seed
        self._cumulative = np.cumsum(share)
        self._num_draws, expected = _expected(share, num_sampled)
        self.log_expected = np.log(expected).astype(np.float32)

    def sample(self, epoch: int, batch: int) -> np.ndarray:
        """Returns the tokens of a batch, <int32>[N]; they depend only on seed, epoch and batch."""
        generator = np.random.Generator(np.random.PCG64([self.seed, epoch, batch]))
        found = np.zeros((0,), np.int64)
        while True:  # draws tokens until N are distinct
            more = np.searchsorted(
                self._cumulative, generator.random(self._num_draws), side="right"
            )
            found = np.concatenate([found, np.minimum(more, len(self._cumulative) - 1)])
            distinct, first = np.unique(found, return_index=True)
            if len(distinct) >= self.num_sampled:
                return distinct[np.argsort(first)[: self.num_sampled]].astype(np.int32)


def _expected(share: np.ndarray, num_sampled: int) -> tuple[int, np.ndarray]:
    """Finds the number of draws that yields `num_sampled` distinct tokens on average.

    Args:
        share: <float64>[V], probability of each token in one draw.
        num_sampled: N.

    Returns:
        The number of draws, and the probability of each token to be among them, <float64>[V].
    """
    low, high = 1.0, 1.0

    def among(draws: float) -> np.ndarray:
        return -np.expm1(draws * np.log1p(-share))

    while among(high).sum() < num_sampled:
        high *= 2.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if among(middle).sum() < num_sampled else (low, middle)
    return int(np.ceil(high)), among(high)


class SampledEpoch:
    """An epoch with sampled tokens: `inputs["negatives"]`, <int32>[N]."""

    def __init__(self, text: ContiguousText | PlannedEpoch, negatives: NegativeSampler, epoch: int):
        self.text, self.negatives, self.epoch = text, negatives, epoch

    def __len__(self) -> int:
        """Number of batches."""
        return len(self.text)

    def batches(self, start: int, share: RowShare = WHOLE) -> tf.data.Dataset:
        """Returns a `tf.data` pipeline of the batches from number `start` on."""

        def generate() -> Iterator[np.ndarray]:
            for index in range(start, len(self)):
                yield self.negatives.sample(self.epoch, index)

        spec = tf.TensorSpec((self.negatives.num_sampled,), tf.int32)
        sampled = tf.data.Dataset.from_generator(generate, output_signature=spec)
        both = tf.data.Dataset.zip(self.text.batches(start, share), sampled)
        return both.map(lambda batch, ids: ({**batch[0], "negatives": ids}, batch[1]))
