"""Standard output, whose errors say that they are its own."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

NAME = "standard output"
"""What an error of it has for a file name."""


@contextlib.contextmanager
def named() -> Iterator[None]:
    """What is printed is written by the end of the block, and an `OSError` of that has its name."""
    with contextlib.redirect_stdout(cast(TextIO, _Named(sys.stdout))):
        yield
        sys.stdout.flush()


def forget() -> None:
    """Points stdout at nothing, so that the interpreter's last flush does not complain."""
    with contextlib.suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


class _Named:
    """A stream whose errors have its name."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._named():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._named():
            self._stream.flush()

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            error.filename = NAME
            raise
