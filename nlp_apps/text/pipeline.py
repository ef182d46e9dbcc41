"""The pipeline: token ids -> batches of few static shapes, in an order that (seed, epoch) decides.

Letters in shapes: B batch, S source length, T target length.

Pairs are put in buckets by length. A bucket has one batch shape, so XLA compiles each bucket once,
and its batch size is the token budget divided by its length, so every step does about the same
work.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.text.tokenizer import BOS, EOS, PAD, Tokenizer

Batch = tuple[dict[str, np.ndarray], np.ndarray]
"""Inputs by name, and what they should give."""


class Bucket(NamedTuple):
    """A batch shape: lengths in tokens, EOS included."""

    batch_size: int
    source_length: int
    target_length: int


@dataclass(frozen=True)
class TokenPairs:
    """Sentence pairs as token ids; every sequence ends in EOS."""

    sources: Sequence[np.ndarray]
    targets: Sequence[np.ndarray]

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def lengths(self) -> np.ndarray:
        """<int64>[N, 2], tokens of source and target, EOS included."""
        return np.array(
            [(len(s), len(t)) for s, t in zip(self.sources, self.targets, strict=True)], np.int64
        ).reshape(-1, 2)

    def take(self, positions: np.ndarray) -> "TokenPairs":
        """The pairs at these positions."""
        return TokenPairs(
            [self.sources[index] for index in positions],
            [self.targets[index] for index in positions],
        )

    def where_longer_than(self, limit: int, other: "TokenPairs") -> "TokenPairs":
        """These pairs, but `other`'s where one has a side of more than `limit` tokens."""
        too_long = self.lengths.max(axis=1, initial=0) > limit
        pick = [other if bad else self for bad in too_long]
        return TokenPairs(
            [pairs.sources[index] for index, pairs in enumerate(pick)],
            [pairs.targets[index] for index, pairs in enumerate(pick)],
        )


class PairEncoder:
    """Turns text pairs into token ids.

    Args:
        source_tokenizer, target_tokenizer: may be one and the same.
        sampling: subword regularisation's alpha; 0 for the most probable pieces.
    """

    def __init__(
        self, source_tokenizer: Tokenizer, target_tokenizer: Tokenizer, *, sampling: float = 0.0
    ):
        self.source_tokenizer = source_tokenizer
        self.target_tokenizer = target_tokenizer
        self.sampling = sampling

    def encode(self, pairs: Sequence[tuple[str, str]]) -> TokenPairs:
        """The most probable pieces of every pair."""
        return TokenPairs(
            _with_eos(self.source_tokenizer.encode([source for source, _ in pairs])),
            _with_eos(self.target_tokenizer.encode([target for _, target in pairs])),
        )

    def sample(self, pairs: Sequence[tuple[str, str]], *, seed: int) -> TokenPairs:
        """Pieces drawn at random; the most probable ones where sampling is off."""
        if not self.sampling:
            return self.encode(pairs)
        alpha = self.sampling
        sources = [source for source, _ in pairs]
        targets = [target for _, target in pairs]
        return TokenPairs(
            _with_eos(self.source_tokenizer.sample(sources, alpha=alpha, seed=2 * seed)),
            _with_eos(self.target_tokenizer.sample(targets, alpha=alpha, seed=2 * seed + 1)),
        )


def _with_eos(token_ids: Sequence[Sequence[int]]) -> list[np.ndarray]:
    return [np.array([*ids, EOS], np.int32) for ids in token_ids]


def plan_buckets(lengths: np.ndarray, *, batch_tokens: int, num_buckets: int) -> list[Bucket]:
    """Chooses the batch shapes that waste the fewest positions on padding.

    Exactly, by dynamic programming over the different lengths (of the longer side of a pair).

    Args:
        lengths: <int>[N, 2], source and target lengths in tokens.
        batch_tokens: target positions a batch may have.
        num_buckets: shapes at most.

    Returns:
        Buckets from short to long. The longest fits every pair.

    Raises:
        ValueError: there are no pairs.
    """
    if len(lengths) == 0:
        raise ValueError("buckets need at least one pair; got none")
    values, counts = np.unique(lengths.max(axis=1), return_counts=True)
    below = np.concatenate([[0], np.cumsum(counts)])
    size, num_buckets = len(values), min(num_buckets, len(values))
    # cost[k, j]: fewest positions for the pairs of the j shortest lengths in k buckets
    cost = np.full((num_buckets + 1, size + 1), np.inf)
    cut = np.zeros((num_buckets + 1, size + 1), np.int64)
    cost[0, 0] = 0
    for k in range(1, num_buckets + 1):
        for j in range(1, size + 1):
            options = cost[k - 1, :j] + (below[j] - below[:j]) * values[j - 1]
            cut[k, j] = np.argmin(options)
            cost[k, j] = options[cut[k, j]]
    bounds, j = [], size
    for k in range(num_buckets, 0, -1):
        bounds.append(int(values[j - 1]))
        j = int(cut[k, j])
    return [Bucket(max(1, batch_tokens // bound), bound, bound) for bound in reversed(bounds)]


def plan_batches(
    lengths: np.ndarray, buckets: Sequence[Bucket], *, seed: int | None = None, epoch: int = 0
) -> list[tuple[Bucket, np.ndarray]]:
    """Decides which pairs make which batch.

    What is left of a bucket after its full batches moves up into the next, so that only one batch,
    of the longest bucket, can be short.

    Args:
        lengths: <int>[N, 2].
        buckets: from short to long; the longest fits every pair.
        seed: shuffles pairs and batches, differently every epoch; None keeps the order within a
            bucket.
        epoch: counts from 0.

    Returns:
        For every batch its bucket and the pairs' positions <int64>[at most batch_size].
    """
    order = np.arange(len(lengths))
    generator = None
    if seed is not None:
        generator = np.random.Generator(np.random.PCG64([seed, epoch]))
        order = generator.permutation(len(lengths))
    limits = np.array([(bucket.source_length, bucket.target_length) for bucket in buckets])
    fits = (lengths[order, None, :] <= limits[None]).all(axis=2)  # [N, buckets]
    choice = fits.argmax(axis=1)
    planned: list[tuple[Bucket, np.ndarray]] = []
    left = np.zeros(0, np.int64)
    for index, bucket in enumerate(buckets):
        members = np.concatenate([left, order[choice == index]])
        last = index == len(buckets) - 1
        full = len(members) if last else len(members) - len(members) % bucket.batch_size
        planned += [
            (bucket, members[start : start + bucket.batch_size])
            for start in range(0, full, bucket.batch_size)
        ]
        left = members[full:]
    if generator is not None:
        planned = [planned[index] for index in generator.permutation(len(planned))]
    return planned


def make_batch(pairs: TokenPairs, bucket: Bucket, members: np.ndarray) -> Batch:
    """Pads pairs to their bucket's shape.

    Returns:
        `({"source": <int32>[B, S], "target_in": <int32>[B, T]}, target_out <int32>[B, T])`; rows
        past the members are all padding. `target_in` is BOS and the target without its EOS.
    """
    source = np.full((bucket.batch_size, bucket.source_length), PAD, np.int32)
    target_in = np.full((bucket.batch_size, bucket.target_length), PAD, np.int32)
    target_out = np.full((bucket.batch_size, bucket.target_length), PAD, np.int32)
    for row, member in enumerate(members):
        source_ids, target_ids = pairs.sources[member], pairs.targets[member]
        source[row, : len(source_ids)] = source_ids
        target_out[row, : len(target_ids)] = target_ids
        target_in[row, 0] = BOS
        target_in[row, 1 : len(target_ids)] = target_ids[:-1]
    return {"source": source, "target_in": target_in}, target_out


def dataset(
    pairs: TokenPairs, planned: Sequence[tuple[Bucket, np.ndarray]], *, start: int = 0
) -> tf.data.Dataset:
    """A `tf.data` pipeline over planned batches.

    Args:
        pairs: the token ids.
        planned: what `plan_batches` gave.
        start: batches to leave out at the beginning (resume), at no cost.
    """

    def generate() -> Iterator[Batch]:
        for bucket, members in planned[start:]:
            yield make_batch(pairs, bucket, members)

    matrix = tf.TensorSpec((None, None), tf.int32)
    batches = tf.data.Dataset.from_generator(
        generate, output_signature=({"source": matrix, "target_in": matrix}, matrix)
    )
    return batches.apply(tf.data.experimental.assert_cardinality(len(planned) - start)).prefetch(4)
