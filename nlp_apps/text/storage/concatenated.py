"""Several sequences as one."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain
from typing import Any, TypeVar

Item = TypeVar("Item")


class Concatenated(Sequence[Item]):
    """The items of several sequences, one sequence after the other; reads none of them.

    Attributes:
        parts: the sequences.
    """

    def __init__(self, parts: Sequence[Sequence[Item]]):
        self.parts = list(parts)
        self._starts = [0, *accumulate(map(len, self.parts))]

    def map(self, function: Callable[[Sequence[Item]], Sequence[Item]]) -> "Concatenated[Item]":
        """Returns the results of a function for each sequence as one sequence."""
        return Concatenated([function(part) for part in self.parts])

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        part = bisect_right(self._starts, position) - 1
        return self.parts[part][position - self._starts[part]]

    def __iter__(self) -> Iterator[Item]:
        return chain.from_iterable(self.parts)
