"""Draws different tokens by how frequent they are, for training against a part of the vocabulary.

Letters in shapes: N tokens drawn, V vocabulary.
"""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from nlp_apps.text.batches.contiguous_text import ContiguousText


class NegativeSampler:
    """Draws different tokens; the oftener one stands in the text, the likelier it is among them.

    Args:
        counts: <int>[V], how often each token stands in the text; one is added to each.
        number: N, fewer than V.
        seed: same seed, same draws.

    Attributes:
        log_expected: <float32>[V], log of the probability that a token is among the N.

    Raises:
        ValueError: N is not below V.
    """

    def __init__(self, counts: np.ndarray, number: int, seed: int):
        if not 0 < number < len(counts):
            raise ValueError(f"number must be from 1 to {len(counts) - 1}; got {number}")
        share = (counts + 1.0) / (counts + 1.0).sum()
        self.number, self.seed = number, seed
        self._below = np.cumsum(share)
        self._tries, among = _tries(share, number)
        self.log_expected = np.log(among).astype(np.float32)

    def draw(self, epoch: int, batch: int) -> np.ndarray:
        """The tokens of a batch, <int32>[N]; they depend on nothing but the seed and its number."""
        generator = np.random.Generator(np.random.PCG64([self.seed, epoch, batch]))
        found = np.zeros((0,), np.int64)
        while True:  # tokens one after the other, until N are different
            more = np.searchsorted(self._below, generator.random(self._tries), side="right")
            found = np.concatenate([found, np.minimum(more, len(self._below) - 1)])
            different, first = np.unique(found, return_index=True)
            if len(different) >= self.number:
                return different[np.argsort(first)[: self.number]].astype(np.int32)


def _tries(share: np.ndarray, number: int) -> tuple[int, np.ndarray]:
    """How many tokens to draw until about `number` are different, and how likely each is then."""
    low, high = 1.0, 1.0

    def among(tries: float) -> np.ndarray:
        return -np.expm1(tries * np.log1p(-share))

    while among(high).sum() < number:
        high *= 2.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if among(middle).sum() < number else (low, middle)
    return int(np.ceil(high)), among(high)


class SampledEpoch:
    """A stream whose batches hold the tokens drawn, too: `inputs["negatives"]`, <int32>[N]."""

    def __init__(self, stream: ContiguousText, negatives: NegativeSampler, epoch: int):
        self.stream, self.negatives, self.epoch = stream, negatives, epoch

    def __len__(self) -> int:
        """Batches."""
        return len(self.stream)

    def batches(self, start: int) -> tf.data.Dataset:
        """The batches from number `start` on."""

        def generate() -> Iterator[np.ndarray]:
            for index in range(start, len(self)):
                yield self.negatives.draw(self.epoch, index)

        spec = tf.TensorSpec((self.negatives.number,), tf.int32)
        drawn = tf.data.Dataset.from_generator(generate, output_signature=spec)
        both = tf.data.Dataset.zip(self.stream.batches(start), drawn)
        return both.map(lambda batch, ids: ({**batch[0], "negatives": ids}, batch[1]))
