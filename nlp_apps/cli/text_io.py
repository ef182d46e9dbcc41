"""Texts in and answers out, line by line: what `predict` reads and what commands print."""

import contextlib
import json
import math
import re
import sys
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.normalize import LINE_BREAK, LONE_SURROGATE, is_empty, one_line

NOTHING = "nothing to answer: give TEXT, --input FILE, or --input - for stdin."

_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of all that follows."""

_LINE_BREAK = re.compile(LINE_BREAK)


def asked_texts(
    words: Sequence[str], path: str | None, files: contextlib.ExitStack
) -> Iterable[str]:
    """The texts that a command is to answer: its words, or the lines of `--input`.

    Args:
        words: the command's.
        path: as in `read_texts`; None: there is no `--input`.
        files: as in `read_texts`.

    Raises:
        UsageError: there are both, or none, or a word is not UTF-8.
        WorkError: the file cannot be read.
    """
    if words and path is not None:
        raise UsageError("give TEXT or --input FILE, not both.")
    if not words and path is None:
        raise UsageError(NOTHING)
    for number, text in enumerate(words, start=1):
        if LONE_SURROGATE.search(text):
            raise UsageError(f"TEXT {number} is not UTF-8.")
    return words or read_texts(str(path), files)


def read_texts(path: str, files: contextlib.ExitStack, flag: str = "--input") -> Iterator[str]:
    """Reads one text a line, UTF-8, as slowly as they are asked for.

    Args:
        path: A file, or `-` for standard input.
        files: Closes the file when it is left.
        flag: What the user named it with.

    Returns:
        The lines without their ends. Only LF and CRLF end a line.

    Raises:
        WorkError: The file cannot be read (at once), or a line is not UTF-8 (when it is reached).
    """
    if path == "-":
        return _decoded(sys.stdin.buffer, "standard input")
    try:
        stream = files.enter_context(open(path, "rb"))  # noqa: SIM115 (files closes it)
    except OSError as error:
        raise WorkError(f"{flag} {path}: cannot be read: {error.strerror}.") from error
    return _decoded(stream, path)


def _decoded(stream: BinaryIO, name: str) -> Iterator[str]:
    """The lines of a byte stream as text."""
    for number, line in enumerate(stream, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            byte = line[error.start]
            raise WorkError(f"{name}, line {number}: is not UTF-8 (byte 0x{byte:02x}).") from error
        yield text.removesuffix("\n").removesuffix("\r")


def require_several(texts: Iterable[str]) -> None:
    """Tells one text from a list of texts: it would be answered letter by letter.

    Raises:
        UsageError: it is one text.
    """
    if isinstance(texts, str | bytes):
        raise UsageError("texts must be a list of texts, received one text. Write [text].")


def answer_lines(
    predict: Callable[[Iterable[str]], Iterable[Mapping[str, Any]]],
    texts: Iterable[str],
    *,
    key: str,
    as_json: bool,
    line: Callable[[Mapping[str, Any]], str | None] | None = None,
    blank_is_text: bool = False,
) -> Iterator[str]:
    """Gives one line for each text, in order.

    A blank text is not asked: its line is blank too, or with `as_json` an object whose answer is
    empty. Line breaks inside an answer's line become spaces.

    Args:
        predict: Gives one mapping for each text, in order.
        texts: The texts.
        key: Which value of a mapping is the answer.
        as_json: Give the whole mapping as JSON, rather than only the answer.
        line: Makes the line of a mapping; by default it is the answer. None: there is no line,
            because the answer was printed already.
        blank_is_text: Ask blank texts too.

    Yields:
        The lines, without their ends.

    Raises:
        RuntimeError: `predict` gave fewer or more answers than it was given texts.
    """
    waiting: deque[bool] = deque()  # For each text that has no line yet: whether it is blank.
    blank = to_json({key: ""}) if as_json else ""

    def real_texts() -> Iterator[str]:
        for text in texts:
            waiting.append(is_empty(text) and not blank_is_text)
            if not waiting[-1]:
                yield text

    for answer in predict(real_texts()):
        while waiting and waiting[0]:
            waiting.popleft()
            yield blank
        if not waiting:
            raise RuntimeError("more answers than texts")
        waiting.popleft()
        text = to_json(answer) if as_json else line(answer) if line else str(answer[key])
        if text is not None:
            yield one_line(text)
    for is_last_blank in waiting:
        if not is_last_blank:
            raise RuntimeError("fewer answers than texts")
        yield blank


def to_json(value: Mapping[str, Any]) -> str:
    """The value as JSON on one line: NumPy's numbers as numbers, infinities and NaN as null."""
    text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)
    return _LINE_BREAK.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _plain(value: Any) -> Any:
    """The value in types that JSON has."""
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
    """Two columns, name and value; what is nested gets a name with dots."""
    rows = list(_rows(value, ""))
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join(f"{name:<{width}}  {text}".rstrip() for name, text in rows)


def to_rows(rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side: the first to the left, the others, numbers mostly, to the right."""
    widths = [max(map(num_columns, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        blanks = [
            " " * (width - num_columns(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        others = [blank + cell for blank, cell in zip(blanks[1:], row[1:], strict=True)]
        lines.append("  ".join([row[0] + blanks[0], *others]).rstrip())
    return "\n".join(lines)


def num_columns(text: str) -> int:
    """Columns that a terminal gives a text: 2 to a wide East Asian character, 0 to a mark."""
    return sum(
        0
        if unicodedata.category(one) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(one) in ("W", "F")
        else 1
        for one in text
    )


def printable(text: str) -> str:
    """A text as a terminal may be given it, with U+FFFD for what commands it or turns what follows.

    Invisible parts of words and emoji stay: joiners, marks of direction, tags.
    """
    return "".join(one if _is_harmless(one) else "\ufffd" for one in text)


def _is_harmless(one: str) -> bool:
    invisible = one == "\t" or unicodedata.category(one) in ("Cf", "Zs")
    return one.isprintable() or (invisible and one not in _TURNS)


def _rows(value: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """The rows of a table."""
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from _rows(item, f"{prefix}{key}.")
            continue
        plain = _plain(item)
        if isinstance(plain, float):
            text = f"{plain:.2f}" if abs(plain) >= 10 else f"{plain:.4g}"
        elif isinstance(plain, list):
            text = ", ".join(str(part) for part in plain)
        elif isinstance(plain, bool) or plain is None:
            text = {True: "yes", False: "no", None: "not known"}[plain]
        else:
            text = f"{plain:,}" if isinstance(plain, int) else one_line(str(plain))
        yield f"{prefix}{key}", text
