"""The place of a batch within a larger one, of which several workers have a part each.

A row has the same dropout masks wherever it is computed, so that the step of any number of workers
is the step of one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_first_row: ContextVar[int] = ContextVar("first_row", default=0)


@contextmanager
def rows_from(row: int) -> Iterator[None]:
    """Traces a training step of the rows of a batch from this one on."""
    token = _first_row.set(row)
    try:
        yield
    finally:
        _first_row.reset(token)


def first_row() -> int:
    """Returns the number of the first row, 0 outside `rows_from`."""
    return _first_row.get()
