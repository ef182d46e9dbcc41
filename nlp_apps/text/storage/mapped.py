"""A view of a sequence."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Value = TypeVar("Value")


class Mapped(Sequence[Value], Generic[Item, Value]):
    """The values of a function for the items of a sequence, computed when they are read.

    Attributes:
        items: the sequence.
        function: computes the value of an item.
    """

    def __init__(self, items: Sequence[Item], function: Callable[[Item], Value]):
        self.items, self.function = items, function

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self.function(item) for item in self.items[index]]
        return self.function(self.items[index])

    def __iter__(self) -> Iterator[Value]:
        return map(self.function, self.items)
