"""The memory of predict requests: one budget for bodies, their arrays and unsent predictions.

Bounded are bytes, not requests: 1,024 concurrent bodies of 4 MiB would need 4 GiB. The JSON objects
of a body can be 30 times its size. They are outside of the budget, because one thread makes those
of one large body at a time, and drops them when it has made the arrays.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from nlp_apps.server.model_signatures import Arrays
from nlp_apps.server.request_error import RequestError

_T = TypeVar("_T")

SMALL = 64 * 1024
"""Bytes of a request that may use the whole budget, and of JSON that is read at once. Larger ones
leave a part of the budget to small ones, and wait for each other: reading them would block all."""

LARGE_SHARE = 0.75
"""Part of the budget that large requests may use together with all others."""

_BYTES_OBJECT = 48
"""Bytes of a string in an array besides its own: the object and its pointer."""


class MemoryBudget:
    """Bytes that all predict requests may use together; for one event loop.

    Args:
        size: the bytes.

    Attributes:
        used: Bytes that are reserved now.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self.used = 0
        self._turns = ThreadPoolExecutor(1, thread_name_prefix="nlp_apps-json")

    def reserve(self) -> "Reservation":
        """Returns a reservation of 0 bytes."""
        return Reservation(self)

    async def in_turn(self, size: int, work: Callable[[], _T]) -> _T:
        """Runs work on `size` bytes of JSON: small work at once, other work one after another.

        Raises:
            RequestError: that of the work. It keeps none of the objects that the work has made.
        """
        result = (
            _result(work)
            if size <= SMALL
            else await asyncio.get_running_loop().run_in_executor(self._turns, _result, work)
        )
        if isinstance(result, RequestError):
            raise result
        return result

    def change(self, old: int, new: int) -> None:
        """Changes a reservation.

        Raises:
            RequestError: 503, the budget does not suffice.
        """
        others = self.used - old
        bound = self._size if new <= SMALL else self._size * LARGE_SHARE
        if new > old and others + new > bound:
            raise RequestError(
                503, "The memory of requests is full (--max-memory). Try again later.", 1
            )
        self.used = others + new


class Reservation:
    """The bytes that one request has reserved.

    Args:
        budget: the budget of the server.
    """

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._size = 0

    def add(self, size: int) -> None:
        """Reserves more bytes.

        Raises:
            RequestError: 503, the budget does not suffice.
        """
        self.set(self._size + size)

    def set(self, size: int) -> None:
        """Changes the number of bytes.

        Raises:
            RequestError: 503, the budget does not suffice.
        """
        self._budget.change(self._size, size)
        self._size = size

    def release(self) -> None:
        """Releases all bytes."""
        self.set(0)


def _result(work: Callable[[], _T]) -> _T | RequestError:
    """Returns the result of work, or its error."""
    try:
        return work()
    except RequestError as error:
        return error.bare()


def num_bytes(arrays: Arrays) -> int:
    """Returns the bytes of arrays with their strings."""
    return sum(map(_array_bytes, arrays.values()))


def _array_bytes(array: np.ndarray[Any, Any]) -> int:
    if array.dtype != object:
        return array.nbytes
    return sum(map(len, array.flat)) + _BYTES_OBJECT * array.size
