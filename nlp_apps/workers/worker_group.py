"""A group of workers: sums, messages and turns. The group of this file is a single process."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import tensorflow as tf

from nlp_apps.errors import UsageError, WorkError, describe
from nlp_apps.workers.cluster import EXIT_LOST, LAUNCHED

Value = TypeVar("Value")
Item = TypeVar("Item")


class LostWorkerError(WorkError):
    """A worker of the group ended or does not respond."""

    def __init__(self, message: str):
        super().__init__(message)
        if LAUNCHED in os.environ:  # The launcher starts the group again.
            self.exit_code = EXIT_LOST  # type: ignore[misc]


class WorkerGroup:
    """The processes that train one model together; here a single one.

    Every method except `share` is a meeting: all workers call it, in the same order.

    Attributes:
        index: number of this worker; worker 0 is the chief, which alone writes files.
        size: number of workers.
    """

    index: int = 0
    size: int = 1

    @property
    def is_chief(self) -> bool:
        """True for worker 0."""
        return self.index == 0

    def sum(self, tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """Returns the sums over all workers.

        Args:
            tensors: <float32>, of the same shapes in every worker.

        Raises:
            LostWorkerError: a worker ended or does not respond.
        """
        return list(tensors)

    def gather(self, value: Value) -> list[Value]:
        """Returns the values of all workers, in their order.

        Args:
            value: a value that JSON has.

        Raises:
            LostWorkerError: a worker ended or does not respond.
        """
        return [value]

    def agree(self, value: Value) -> Value:
        """Returns the value of the chief."""
        return self.gather(value)[0]

    def any(self, is_true: bool) -> bool:
        """Checks whether the value of any worker is True."""
        return any(self.gather(is_true))

    def share(self, items: Sequence[Item]) -> Sequence[Item]:
        """Returns the part of a sequence for which this worker is responsible."""
        size = -(-len(items) // self.size)
        return items[size * self.index : size * (self.index + 1)]

    def spread(
        self, function: Callable[[Sequence[Item]], Iterable[Value]], items: Sequence[Item]
    ) -> list[Value]:
        """Returns the results of a function of all items, of which each worker computes a part.

        Args:
            function: returns one result per item, which JSON has.
            items: the same in all workers.
        """
        mine = self.share(items)
        parts = self.gather(list(function(mine)) if len(mine) else [])
        return [result for part in parts for result in part]

    @contextmanager
    def chief_first(self) -> Iterator[None]:
        """Runs the block in the chief, and then in all other workers.

        An error in one worker is an error in all.

        Raises:
            NlpAppsError: the block raised it, or did so in another worker.
        """
        if not self.is_chief:
            self._meet(None)
        try:
            yield
        except LostWorkerError:
            raise
        except Exception as error:
            self._meet(error)
            raise
        if self.is_chief:
            self._meet(None)
        self._meet(None)

    def _meet(self, error: Exception | None) -> None:
        """Waits for all workers, and raises the error of one of the others."""
        mine: list[Any] | None = None
        if error is not None:
            message = describe(error).removeprefix("error: ")
            mine = [message, getattr(error, "exit_code", WorkError.exit_code)]
        for index, found in enumerate(self.gather(mine)):
            if error is None and found is not None:
                message, exit_code = found
                kind = UsageError if exit_code == UsageError.exit_code else WorkError
                raise kind(f"worker {index}: {message}")

    def require_equal(self, noun: str, value: Value) -> None:
        """Checks that all workers have the same value.

        Args:
            noun: the value, for the error.
            value: a value that JSON has; of dictionaries the error names the first difference.

        Raises:
            UsageError: they do not.
        """
        values = self.gather(value)
        for index, other in enumerate(values):
            if other != values[0]:
                raise UsageError(
                    f"worker {index} has another {noun} than worker 0: "
                    f"{_difference([], other, values[0])}. All workers need the same {noun}."
                )


SINGLE = WorkerGroup()
"""A process that trains alone."""


def _difference(path: list[str], value: Any, other: Any) -> str:
    """Returns the place and the two values of the first difference."""
    if isinstance(value, dict) and isinstance(other, dict):
        for key in sorted({*value, *other}):
            if value.get(key) != other.get(key):
                return _difference([*path, key], value.get(key), other.get(key))
    return f"{'.'.join(path)} is {_short(value)}, not {_short(other)}".strip()


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
