"""A file that is read at any position."""

import os
import threading
import weakref
from pathlib import Path

from nlp_apps.errors import WorkError
from nlp_apps.io.bounded_files import MAX_LINE_BYTES, open_regular

MAX_READ_BYTES = 4 * MAX_LINE_BYTES
"""Bytes that are read at once, at most: a damaged file must not use all memory."""


class PositionalFile:
    """An open file, read at any position by any thread.

    Unlike a memory map, the bytes that were read stay in the cache of the operating system and
    do not count as memory of this process.

    Args:
        path: the file.

    Attributes:
        size: its size in bytes.

    Raises:
        WorkError: the file cannot be opened, or is no regular file.
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            stream = open_regular(path)
        except OSError as error:
            raise self.unreadable(error.strerror) from error
        weakref.finalize(self, stream.close)
        self._file = stream.fileno()
        self.size = os.fstat(self._file).st_size
        self._lock = threading.Lock()

    def read(self, start: int, size: int) -> bytes:
        """Returns `size` bytes from position `start` on.

        Raises:
            WorkError: the file ends before, or cannot be read.
        """
        if size > MAX_READ_BYTES or not 0 <= start <= start + size <= self.size:
            raise self.unreadable("it is damaged or truncated")
        try:
            found = self._read(start, size)
            while len(found) < size and (more := self._read(start + len(found), size - len(found))):
                found += more
        except OSError as error:
            raise self.unreadable(error.strerror) from error
        if len(found) < size:
            raise self.unreadable("it is damaged or truncated")
        return found

    if hasattr(os, "pread"):

        def _read(self, start: int, size: int) -> bytes:
            return os.pread(self._file, size, start)

    else:  # Windows

        def _read(self, start: int, size: int) -> bytes:
            with self._lock:
                os.lseek(self._file, start, os.SEEK_SET)
                return os.read(self._file, size)

    def unreadable(self, reason: str | None) -> WorkError:
        """Returns the error of a file that cannot be used."""
        return WorkError(
            f"{self.path}: cannot be read: {reason}. Delete the folder cache of the run, and "
            "repeat the command."
        )
