"""Epochs of fine-tuning: all new examples, and a part of the old ones that changes each epoch."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np


class Encoded(Protocol):
    """Examples of an epoch as token ids."""

    def __len__(self) -> int:
        """Returns the number of sequences."""
        ...

    def select(self, positions: np.ndarray) -> Any:
        """Returns the sequences at these positions, <int>[n]."""
        ...

    def plus(self, other: Any) -> Any:
        """Returns these sequences and others."""
        ...


class Epochs(Protocol):
    """Examples that are encoded for each epoch."""

    @property
    def planning_lengths(self) -> Callable[..., np.ndarray]:
        """Function that returns lengths from which buckets are planned, <int>[n, sides]."""
        ...

    def encode(self, epoch: int, max_length: int) -> Any:
        """Returns the sequences of an epoch."""
        ...


def mixed_count(share: float, num_new: int, num_old: int) -> int:
    """Returns the number of old items in an epoch, of which they are `share`, below 1."""
    return min(num_old, round(num_new * share / (1.0 - share)))


def mixed_positions(epoch: int, num_old: int, count: int, seed: int) -> np.ndarray:
    """Returns the positions of the old items of an epoch, <int64>[count].

    Each epoch has the next ones of one random order, so that all of them are used in turn.
    """
    order = np.random.Generator(np.random.PCG64([seed, num_old])).permutation(num_old)
    return order[(epoch * count + np.arange(count)) % max(num_old, 1)]


class MixedEpochs:
    """New examples and old ones; has the methods of `AugmentedPairs` and `AugmentedTexts`.

    Args:
        new: the new examples.
        old: the old examples.
        share: share of old sequences in an epoch, below 1.
        seed: seed of the order of the old ones.
    """

    def __init__(self, new: Epochs, old: Epochs, share: float, seed: int):
        self.new, self.old, self.share, self.seed = new, old, share, seed

    def planning_lengths(self, *limits: int) -> np.ndarray:
        """Returns the lengths of both, from which buckets are planned, <int>[n, sides]."""
        both = (self.new.planning_lengths(*limits), self.old.planning_lengths(*limits))
        return np.concatenate(both)

    def encode(self, epoch: int, max_length: int) -> Any:
        """Returns the sequences of an epoch, counted from 0, of at most `max_length` tokens."""
        new: Encoded = self.new.encode(epoch, max_length)
        old: Encoded = self.old.encode(epoch, max_length)
        count = mixed_count(self.share, len(new), len(old))
        return new.plus(old.select(mixed_positions(epoch, len(old), count, self.seed)))
