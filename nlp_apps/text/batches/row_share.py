"""The rows of a batch that one of several workers has."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RowShare:
    """The rows of a batch that a worker has: one block of as many rows in each worker.

    The last workers have rows of padding where the number of rows is no multiple of `size`.

    Attributes:
        index: number of the worker.
        size: number of workers.
    """

    index: int = 0
    size: int = 1

    def count(self, rows: int) -> int:
        """Returns the number of rows of each worker."""
        return -(-rows // self.size)

    def block(self, rows: int) -> slice:
        """Returns the place of the worker's rows; it may end after the last row."""
        count = self.count(rows)
        return slice(count * self.index, count * (self.index + 1))

    def rows_of(self, array: np.ndarray) -> np.ndarray:
        """Returns the worker's rows: <any>[B, ...] -> <any>[b, ...]; rows of padding are 0."""
        if self.size == 1:
            return array
        mine = array[self.block(len(array))]
        missing = self.count(len(array)) - len(mine)
        return np.pad(mine, [(0, missing), *[(0, 0)] * (array.ndim - 1)]) if missing else mine


WHOLE = RowShare()
"""All rows, of a process that trains alone."""
