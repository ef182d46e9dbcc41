"""Buckets: token ids -> batches of few static shapes, in an order set by (seed, epoch).

Letters in shapes: B batch, S source length, T target length.

A bucket has the examples of similar length, in one batch shape, so that XLA compiles each bucket
once. Its batch size is the number of tokens of a batch divided by its length, so that each step
has about the same cost.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf

Batch = tuple[dict[str, np.ndarray], np.ndarray]
"""Inputs by name, and targets."""


class Bucket(NamedTuple):
    """A batch shape: lengths in tokens, EOS included."""

    batch_size: int
    source_length: int
    target_length: int


class Examples(Protocol):
    """Token ids that can be batched."""

    @property
    def signature(self) -> tuple[dict[str, tf.TensorSpec], tf.TensorSpec]:
        """Specification of a batch, for `tf.data`."""
        ...

    def batch(self, bucket: Bucket, members: np.ndarray) -> Batch:
        """Pads examples to the shape of their bucket; rows past the members are PAD."""
        ...


def plan_buckets(lengths: np.ndarray, *, batch_tokens: int, num_buckets: int) -> list[Bucket]:
    """Finds the batch shapes with the least padding.

    The minimum is exact: dynamic programming over the distinct lengths (of the longer side of an
    example).

    Args:
        lengths: <int>[N, sides], number of tokens of source and target, or of the source alone.
        batch_tokens: maximum number of positions (of one side) in a batch.
        num_buckets: maximum number of shapes.

    Returns:
        Buckets from short to long. The longest fits every example.

    Raises:
        ValueError: there is no example.
    """
    if len(lengths) == 0:
        raise ValueError("lengths must have at least one example, received none")
    values, counts = np.unique(lengths.max(axis=1), return_counts=True)
    below = np.concatenate([[0], np.cumsum(counts)])
    size, num_buckets = len(values), min(num_buckets, len(values))
    # cost[k, j]: fewest positions for the examples of the j shortest lengths in k buckets
    cost = np.full((num_buckets + 1, size + 1), np.inf)
    last = np.zeros((num_buckets + 1, size + 1), np.int64)
    cost[0, 0] = 0
    for k in range(1, num_buckets + 1):
        for j in range(1, size + 1):
            options = cost[k - 1, :j] + (below[j] - below[:j]) * values[j - 1]
            last[k, j] = np.argmin(options)
            cost[k, j] = options[last[k, j]]
    bounds, j = [], size
    for k in range(num_buckets, 0, -1):
        bounds.append(int(values[j - 1]))
        j = int(last[k, j])
    return [Bucket(max(1, batch_tokens // bound), bound, bound) for bound in reversed(bounds)]


def plan_batches(
    lengths: np.ndarray, buckets: Sequence[Bucket], *, seed: int | None = None, epoch: int = 0
) -> list[tuple[Bucket, np.ndarray]]:
    """Assigns examples to batches.

    Examples that do not fill a batch of their bucket move to the next longer bucket, so that only
    one batch, of the longest bucket, can be short.

    Args:
        lengths: <int>[N, sides].
        buckets: from short to long; the longest fits every example.
        seed: shuffles examples and batches, in another order each epoch; None keeps the order
            within a bucket.
        epoch: counted from 0.

    Returns:
        Bucket and positions of the examples, <int64>[at most batch_size], of each batch.
    """
    order = np.arange(len(lengths))
    generator = None
    if seed is not None:
        generator = np.random.Generator(np.random.PCG64([seed, epoch]))
        order = generator.permutation(len(lengths))
    limits = np.array([(bucket.source_length, bucket.target_length) for bucket in buckets])
    limits = limits[:, : lengths.shape[1]]
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


def dataset(
    examples: Examples, planned: Sequence[tuple[Bucket, np.ndarray]], *, start: int = 0
) -> tf.data.Dataset:
    """Returns a `tf.data` pipeline of planned batches.

    Args:
        examples: the token ids.
        planned: result of `plan_batches`.
        start: number of batches to skip (resume), at no cost.
    """

    def generate() -> Iterator[Batch]:
        for bucket, members in planned[start:]:
            yield examples.batch(bucket, members)

    return batches_of(generate, examples.signature, len(planned) - start)


def batches_of(generate: Any, signature: Any, count: int) -> tf.data.Dataset:
    """Returns a `tf.data` pipeline of a generator, prefetched in a thread of its own."""
    batches = tf.data.Dataset.from_generator(generate, output_signature=signature)
    batches = batches.apply(tf.data.experimental.assert_cardinality(count)).prefetch(4)
    options = tf.data.Options()
    options.autotune.enabled = False  # The end of an iterator waits seconds for the tuning thread.
    return batches.with_options(options)


class PlannedEpoch:
    """An epoch of examples, in its order, for the training loop.

    Args:
        examples: the token ids.
        planned: result of `plan_batches`.
    """

    def __init__(self, examples: Examples, planned: Sequence[tuple[Bucket, np.ndarray]]):
        self.examples, self.planned = examples, planned

    def __len__(self) -> int:
        """Number of batches."""
        return len(self.planned)

    def batches(self, start: int) -> tf.data.Dataset:
        """Returns a `tf.data` pipeline of the batches from number `start` on."""
        return dataset(self.examples, self.planned, start=start)
