"""Standard output with errors that name it, and with every character in every encoding."""

import codecs
import contextlib
import errno
import io
import json
import os
import stat
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

NAME = "standard output"
"""The `filename` of its errors."""


@contextlib.contextmanager
def named_errors() -> Iterator[None]:
    r"""Flushes standard output at its end, and sets `filename` of its `OSError`s.

    A character that its encoding lacks is written as in JSON, `\u00e9`.
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        codecs.register_error("json", _escaped)
        sys.stdout.reconfigure(errors="json")
    with contextlib.redirect_stdout(cast(TextIO, _NamedStream(sys.stdout))):
        yield
        sys.stdout.flush()


def is_file() -> bool:
    """Checks whether standard output is a regular file, rather than a terminal or a pipe."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):  # closed, or replaced by a stream in memory
        return False


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Replaces characters that cannot be encoded, for `codecs.register_error`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def discard() -> None:
    """Redirects standard output to the null device, so that the last flush at exit succeeds."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


class _ClosedStream:
    """Standard output of a process that was started without one (`>&-`)."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    def flush(self) -> None:
        """Returns at once: there is no buffer."""


class _NamedStream:
    """Text stream that sets the `filename` of its errors."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream or _ClosedStream()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._named_errors():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._named_errors():
            self._stream.flush()

    @contextlib.contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            error.filename = NAME
            raise
