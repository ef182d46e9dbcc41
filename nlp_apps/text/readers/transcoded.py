"""Streams of another encoding, read as UTF-8."""

import codecs
import io
from typing import IO

_UNREADABLE = "\udcff"
"""Replacement of bytes that the encoding does not have: UTF-8 does not have it either."""

codecs.register_error("nlp_apps.unreadable", lambda error: (_UNREADABLE, error.end))  # type: ignore[attr-defined]


def is_utf8(encoding: str) -> bool:
    """Returns whether a name is one of UTF-8."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


class Transcoded(io.RawIOBase):
    """A stream that reads another one of some encoding, and returns UTF-8.

    Bytes that the encoding does not have become bytes that are not UTF-8, so that their line is a
    bad line.

    Args:
        stream: the bytes.
        encoding: a text encoding that Python knows.
    """

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("nlp_apps.unreadable")
        self._rest = memoryview(b"")
        self._is_at_end = False

    def readable(self) -> bool:
        """Returns True."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fills a buffer; returns the number of bytes, 0 at the end."""
        while not self._rest and not self._is_at_end:
            data = self._stream.read(1 << 16)
            self._is_at_end = not data
            text = self._decoder.decode(data, final=self._is_at_end)
            self._rest = memoryview(text.encode("utf-8", "surrogatepass"))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
