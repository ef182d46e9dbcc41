"""The position of a reader in its input."""

import hashlib
from typing import BinaryIO

from nlp_apps.errors import UsageError
from nlp_apps.io.partial_file import Mark, read_checksum


class InputPosition:
    """Lines and bytes that were read, and their checksum.

    Args:
        start: a mark of an earlier process, from which the reading continues.

    Attributes:
        lines: number of lines.
        bytes: their size.
    """

    def __init__(self, start: Mark | None = None):
        self._start = start or Mark()
        self.lines, self.bytes = self._start.lines, self._start.input_bytes
        self._sha256 = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, in hexadecimal digits."""
        return self._sha256.hexdigest()

    def add(self, content: bytes) -> None:
        """Counts bytes that were read."""
        self._sha256.update(content)
        self.bytes += len(content)

    def skip_to(self, stream: BinaryIO, path: str) -> None:
        """Reads a stream up to the start.

        Raises:
            UsageError: its bytes are not those that were read before.
        """
        self._sha256 = read_checksum(stream, self.bytes)
        if self.sha256 != self._start.input_sha256 or self._splits_a_line(stream):
            raise UsageError(
                f"--resume: {path} differs in the first {self.lines:,} lines, which are predicted "
                "already. Replace them with --overwrite."
            )

    def _splits_a_line(self, stream: BinaryIO) -> bool:
        """Checks whether a last line without newline has become longer."""
        if not self.bytes or not stream.read(1):
            return False
        stream.seek(self.bytes - 1)
        return stream.read(1) != b"\n"


class CountedStream:
    """A byte stream whose lines are counted in a position."""

    def __init__(self, stream: BinaryIO, position: InputPosition):
        self._stream, self._position = stream, position

    def readline(self, limit: int) -> bytes:
        """Reads to the end of a line, at most `limit` bytes."""
        line = self._stream.readline(limit)
        self._position.add(line)
        return line
