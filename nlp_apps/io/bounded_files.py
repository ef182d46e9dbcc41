"""Files of unknown origin, read with bounds: kind, size and, for JSON, nesting.

    content = parse_json(read_bytes(path, max_bytes=1 << 20))

A name may be a pipe, a device such as `/dev/zero`, or a link to one: opening it never waits, and
such a file is refused.
"""

import errno
import io
import json
import os
import stat
import sys
from collections.abc import Iterable
from typing import Any

MAX_DEPTH = 32
"""Nesting of JSON that a file of this package never reaches."""

MAX_JSON_BYTES = 1 << 20
"""Size of a JSON or TOML file with settings or scores that a file of this package never reaches."""

MAX_METADATA_BYTES = 8 << 20
"""Size of the metadata of an exported model, at most: they have all labels of a classifier."""

MAX_LINE_BYTES = 64 << 20
"""Bytes after which a line is not read to its end: it is no line of a text."""

_NON_BLOCKING = getattr(os, "O_NONBLOCK", 0)  # Windows has no such pipes


def open_regular(path: str | os.PathLike[str]) -> io.BufferedReader:
    """Opens a regular file for reading; waits for no other process.

    Args:
        path: the file, or a link to one.

    Raises:
        OSError: the file is missing, unreadable, a folder, a pipe, a device or a socket.
    """
    stream = open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NON_BLOCKING))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
    return stream


def read_bytes(path: str | os.PathLike[str], max_bytes: int = MAX_JSON_BYTES) -> bytes:
    """Reads a whole regular file.

    Args:
        path: the file.
        max_bytes: a larger file is refused, and not read.

    Raises:
        OSError: as `open_regular`; or the file is larger.
    """
    with open_regular(path) as stream:
        content = b""
        if os.fstat(stream.fileno()).st_size <= max_bytes:
            content = stream.read(max_bytes + 1)  # it may grow meanwhile
            if len(content) <= max_bytes:
                return content
    raise OSError(errno.EFBIG, f"larger than {max_bytes:,} bytes", os.fspath(path))


def parse_json(content: str | bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Parses JSON of bounded nesting.

    Args:
        content: the JSON, whose size the caller has bounded; bytes are UTF-8.
        max_depth: maximum number of lists and objects inside each other.

    Raises:
        ValueError: it is not JSON, not UTF-8, or nested deeper.
    """
    text = content.decode("utf-8") if isinstance(content, bytes) else content
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError(f"nested deeper than {max_depth} levels") from None
    require_depth(value, max_depth)
    return value


def require_depth(value: Any, max_depth: int = MAX_DEPTH) -> None:
    """Checks the nesting of lists and dictionaries.

    Raises:
        ValueError: the value is nested deeper than `max_depth`.
    """
    level = _containers([value])
    for _ in range(max_depth):
        level = [
            child
            for one in level
            for child in _containers(one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise ValueError(f"nested deeper than {max_depth} levels")


def is_number(value: Any) -> bool:
    """Returns whether a value of JSON is a number that a float can hold; NaN is one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) <= sys.float_info.max
    return isinstance(value, float)


def _containers(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, dict | list)]


def read_json(path: str | os.PathLike[str], max_bytes: int = MAX_JSON_BYTES) -> Any:
    """Reads a JSON file with the default bounds.

    Raises:
        OSError: as `read_bytes`.
        ValueError: as `parse_json`.
    """
    return parse_json(read_bytes(path, max_bytes))
