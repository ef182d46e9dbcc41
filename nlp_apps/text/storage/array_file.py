"""An array in a file, of which parts are read."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nlp_apps.text.storage.positional_file import PositionalFile

READ_AT_ONCE = 1 << 19
"""Values that iteration over a whole file reads at once."""


class ArrayFile:
    """An array in a file, <kind>[N]; its bytes are no memory of this process.

    Args:
        path: the file, which has the bytes of the values alone.
        kind: type of the values.

    Raises:
        WorkError: the file is missing, no regular file or not an array.
    """

    def __init__(self, path: Path, kind: type[np.generic]):
        self._file, self._kind = PositionalFile(path), np.dtype(kind)
        if not self._file.size or self._file.size % self._kind.itemsize:
            raise self._file.unreadable("it is damaged or truncated")

    def __len__(self) -> int:
        return self._file.size // self._kind.itemsize

    def read(self, start: int, end: int) -> np.ndarray:
        """Returns the values from `start` to before `end`, <kind>[n].

        Raises:
            WorkError: the file cannot be read.
        """
        size = self._kind.itemsize
        return np.frombuffer(self._file.read(size * start, size * (end - start)), self._kind)

    def parts(self) -> Iterator[np.ndarray]:
        """Yields all values in order, each part <kind>[at most READ_AT_ONCE].

        Raises:
            WorkError: the file cannot be read.
        """
        for start in range(0, len(self), READ_AT_ONCE):
            yield self.read(start, min(start + READ_AT_ONCE, len(self)))

    def is_ascending(self) -> bool:
        """Checks that no value is below the one before it."""
        last = None
        for part in self.parts():
            if (last is not None and part[0] < last) or (part[1:] < part[:-1]).any():
                return False
            last = part[-1]
        return True
