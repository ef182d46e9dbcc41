"""An evenly spread part of a sequence."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def stride_of(total: int, most: int) -> int:
    """Returns the smallest n so that every n-th of `total` items are at most `most`."""
    return max(1, -(-total // most))


def evenly_spread(items: Sequence[Item], most: int) -> Sequence[Item]:
    """Returns every n-th item, at most `most`; the sequence itself if it is short enough."""
    stride = stride_of(len(items), most)
    return items if stride == 1 else items[::stride]
