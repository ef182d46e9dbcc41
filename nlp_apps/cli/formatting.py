"""Formatting of printed output: JSON, tables, text that is safe for a terminal."""

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nlp_apps.io.printable import is_printable
from nlp_apps.text.normalize import LINE_BREAK, one_line

_LINE_BREAK = re.compile(LINE_BREAK)


def to_json(value: Mapping[str, Any]) -> str:
    """Formats a mapping as JSON on one line. Infinity and NaN become null."""
    text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)
    return _LINE_BREAK.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _plain(value: Any) -> Any:
    """Converts a value to the types of JSON."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, str | bool) or value is None:
        return value
    if hasattr(value, "tolist"):  # NumPy arrays and scalars
        return _plain(value.tolist())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return str(value)


def to_table(value: Mapping[str, Any]) -> str:
    """Formats a mapping as a table of names and values; nested names are joined by dots."""
    rows = list(_rows(value, ""))
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join(f"{name:<{width}}  {text}".rstrip() for name, text in rows)


def _rows(value: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from _rows(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", format_cell(_plain(item))


def format_cell(value: Any) -> str:
    """Formats a plain value for a table."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "unknown"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) >= 10 else f"{value:.4g}"
    return one_line(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def to_columns(rows: Sequence[Sequence[str]]) -> str:
    """Formats rows as columns: the first is left-aligned, the others are right-aligned."""
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        spaces = [
            " " * (width - display_width(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        others = [space + cell for space, cell in zip(spaces[1:], row[1:], strict=True)]
        lines.append("  ".join([row[0] + spaces[0], *others]).rstrip())
    return "\n".join(lines)


def display_width(text: str) -> int:
    """Returns the terminal columns of a text: 2 a wide East Asian character, 0 a mark."""
    return sum(
        0
        if unicodedata.category(character) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(character) in ("W", "F")
        else 1
        for character in text
    )


def printable(text: str) -> str:
    """Replaces control characters and direction overrides by U+FFFD.

    Invisible parts of words and emoji are kept: joiners, direction marks, tags.
    """
    return "".join(one if one == "\t" or is_printable(one) else "\ufffd" for one in text)
