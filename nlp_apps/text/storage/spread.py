"""An evenly spread part of stored examples, for work that needs no more."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from nlp_apps.text.storage.concatenated import Concatenated
from nlp_apps.text.storage.mapped import Mapped
from nlp_apps.text.storage.stored_examples import StoredExamples, StoredLocations

Item = TypeVar("Item")

MAX_BYTES = 256 << 20
"""Bytes of stored examples in a part, at most."""


def stride_of(items: Sequence[Any], most: int) -> int:
    """Returns the smallest n so that every n-th stored item is a part of bounded size.

    Args:
        items: the items; those in memory need no part, and have the stride 1.
        most: number of items in a part, at most; `MAX_BYTES` is another limit.
    """
    if isinstance(items, Mapped):
        return stride_of(items.items, most)
    if isinstance(items, Concatenated):
        share = most / max(len(items), 1)
        return max((stride_of(part, int(share * len(part))) for part in items.parts), default=1)
    if not isinstance(items, StoredExamples):
        return 1
    most = max(1, min(most, int(MAX_BYTES / max(items.bytes_per_example, 1))))
    return max(1, -(-len(items) // most))


def evenly_spread(items: Sequence[Item], most: int) -> Sequence[Item]:
    """Returns every n-th stored item, unread, and all items in memory; see `stride_of`."""
    return every(items, stride_of(items, most))


def every(items: Sequence[Item], stride: int) -> Sequence[Item]:
    """Returns every n-th item; the sequence itself if n is 1. Stored ones are not read."""
    if stride == 1:
        return items
    if isinstance(items, Mapped):
        return Mapped(every(items.items, stride), items.function)
    if isinstance(items, Concatenated):
        return items.map(lambda part: every(part, stride))
    if isinstance(items, StoredExamples | StoredLocations):
        return items.select(np.arange(0, len(items), stride))
    return items[::stride]
