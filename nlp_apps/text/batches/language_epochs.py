"""Epochs of several target languages, sampled with a temperature (Arivazhagan et al. 2019).

An epoch has as many pairs as the training text. The share of a language with n pairs is
proportional to n^(1/T): with T = 1 every pair is in every epoch once; with a higher T, rare
languages have a larger share, and their pairs are repeated. Each language has an endless sequence
of shuffled passes over its pairs, and each epoch uses the next part of it. So its pairs are seen
equally often with every temperature, and an epoch depends on sizes, seed and index alone.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from nlp_apps.text.batches.augmented_pairs import AugmentedPairs
from nlp_apps.text.batches.token_pairs import TokenPairs
from nlp_apps.text.storage.concatenated import Concatenated


def counts_of(sizes: Sequence[int], temperature: float) -> list[int]:
    """Returns the number of pairs of each language in an epoch; the sum is that of `sizes`.

    Args:
        sizes: numbers of pairs, each at least 1.
        temperature: T, at least 1.
    """
    if temperature == 1 or len(sizes) == 1:
        return list(sizes)
    total = sum(sizes)
    weights = np.array(sizes, np.float64) ** (1.0 / temperature)
    exact = total * weights / weights.sum()
    counts = np.floor(exact).astype(np.int64)
    # The largest remainders are rounded up; of equal ones, the first.
    largest = np.argsort(counts - exact, kind="stable")[: total - int(counts.sum())]
    counts[largest] += 1
    return [int(count) for count in counts]


def positions_of(size: int, count: int, epoch: int, seed: Sequence[int]) -> np.ndarray:
    """Returns the pairs of a language in an epoch, <int64>[count], in ascending order.

    Args:
        size: number of pairs of the language.
        count: number of pairs in an epoch.
        epoch: counted from 0.
        seed: numbers of at least 0; another language has another seed.
    """
    if count == size:
        return np.arange(size)
    start = epoch * count
    first, last = start // size, max(start + count - 1, start) // size
    passes = [
        np.random.Generator(np.random.PCG64([*seed, index])).permutation(size)
        for index in range(first, last + 1)
    ]
    offset = start - first * size
    return np.sort(np.concatenate(passes)[offset : offset + count])


class LanguageEpochs:
    """The training pairs of each epoch as token ids, of several target languages.

    Args:
        parts: the pairs of each language.
        temperature: T.
        seed: seed of the samples.
    """

    def __init__(self, parts: Mapping[str, AugmentedPairs], temperature: float, seed: int):
        self.parts, self._seed = dict(parts), seed
        self._sizes = [len(part.tokens) for part in self.parts.values()]
        self._counts = counts_of(self._sizes, temperature)

    @property
    def counts(self) -> dict[str, int]:
        """Number of pairs of each language in an epoch."""
        return dict(zip(self.parts, self._counts, strict=True))

    def __str__(self) -> str:
        return ", ".join(f"{code} {count:,}" for code, count in self.counts.items())

    def planning_lengths(self) -> np.ndarray:
        """Returns lengths from which buckets are planned, <int>[n, 2]."""
        return np.concatenate([part.planning_lengths() for part in self.parts.values()])

    def encode(self, epoch: int, max_length: int) -> TokenPairs:
        """Returns the token ids of the pairs of an epoch, language by language.

        Args:
            epoch: counted from 0.
            max_length: a pair that is changed to more tokens stays unchanged.
        """
        found = []
        for index, part in enumerate(self.parts.values()):
            size, count = self._sizes[index], self._counts[index]
            positions = positions_of(size, count, epoch, (self._seed, index))
            found.append(part.encode(epoch, max_length).select(positions))
        return TokenPairs(
            Concatenated([part.sources for part in found]),
            Concatenated([part.targets for part in found]),
        )
