"""The layout of an input file: its separator, its columns, and the column to predict."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from nlp_apps.batch_inference.input_files import InputFile, open_input
from nlp_apps.batch_inference.raw_rows import raw_rows
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.readers.csv_table import find_separator
from nlp_apps.text.readers.foreign_formats import HEAD_BYTES, foreign_format
from nlp_apps.text.readers.headers import SOURCE_NAMES, TEXT_NAMES, named
from nlp_apps.text.readers.parquet_table import parquet_errors

_BOM = b"\xef\xbb\xbf"
_SAMPLE_LINES = 50
_SAMPLE_OBJECTS = 100


@dataclass(frozen=True)
class Layout:
    """The layout of a file.

    Attributes:
        format: as in `InputFile`.
        names: names of all columns; empty for text and JSON Lines.
        column: name of the column to predict; empty for text.
        separator: character between the values of a CSV.
        offset: bytes before the first row: a mark or a header line.
        line: number of the line of the first row.
    """

    format: str
    names: tuple[str, ...] = ()
    column: str = ""
    separator: str = ""
    offset: int = 0
    line: int = 1


def read_layout(file: InputFile, column: str) -> Layout | None:
    """Reads the layout of a file.

    Args:
        file: the file.
        column: name of the column to predict, for which the first line of a TSV or CSV has the
            names; or its number, counted from 1, for a file without such a line; empty: the column
            with a usual name, or the only one.

    Returns:
        The layout; None for a file without a row: an empty one, or a table of empty lines only.

    Raises:
        UsageError: the column is missing.
        WorkError: the file cannot be read, or its format is another one.
    """
    with open_input(file.path) as stream:
        if file.format == "parquet":
            names = tuple(parquet_file(stream, file.path).schema_arrow.names)
            return Layout("parquet", names, _find(names, column, file.path))
        head = stream.read(HEAD_BYTES)
        if problem := foreign_format(head):
            raise WorkError(f"{file.path}: {problem}")
        start = len(_BOM) if head.startswith(_BOM) else 0
        if not head[start:]:
            return None
        if file.format == "text":
            if column:
                raise UsageError(
                    f"--column {column}: {file.path} is plain text. Drop --column, or pass "
                    "--format."
                )
            return Layout("text", offset=start)
        start, line = _after_empty_lines(stream, start)
        stream.seek(start)
        if not (head := stream.read(HEAD_BYTES)):
            return None
        stream.seek(start)
        if file.format == "jsonl":
            return Layout("jsonl", (), _field(stream, column, file), offset=start, line=line)
        return _table(stream, head, start, line, file, column)


def parquet_file(stream: IO[bytes], path: str) -> Any:
    """Opens a Parquet file.

    Raises:
        UsageError: pyarrow is not installed.
        WorkError: it is not Parquet.
    """
    try:
        from pyarrow import parquet
    except ImportError:
        raise UsageError(
            f"{path}: Parquet needs pyarrow. Run: pip install 'nlp-apps[parquet]'"
        ) from None
    with parquet_errors(path):
        return parquet.ParquetFile(stream)


def _after_empty_lines(stream: IO[bytes], start: int) -> tuple[int, int]:
    """Returns position and number of the first line from `start` on that is not empty."""
    stream.seek(start)
    line = 1
    while (data := stream.readline(HEAD_BYTES)) and not data.strip(b"\r\n"):
        start, line = start + len(data), line + data.endswith(b"\n")
    return start, line


def _table(
    stream: IO[bytes], head: bytes, start: int, line: int, file: InputFile, column: str
) -> Layout:
    """Returns the layout of a TSV or CSV, whose first row begins at `start` in line `line`."""
    separator = "\t"
    if file.format == "csv":
        lines = head.decode("utf-8", "replace").splitlines()[:_SAMPLE_LINES]
        separator = find_separator(lines)
        if re.fullmatch("(?i)sep=.", lines[0]):  # written by and for Excel
            separator, line = lines[0][-1], line + 1
            start += head.index(b"\n") + 1 if b"\n" in head else len(head)
    stream.seek(start)
    rows = raw_rows(stream, file, separator, start, line)
    first = next(rows, None)
    if first is None:
        raise WorkError(f"{file.path}: no rows. Name a file with text.")
    has_header = not column.isdecimal()
    good = next((row for row in itertools.chain([first], rows) if not row.problem), None)
    if good is None or (has_header and first.problem):
        raise WorkError(f"{file.path}, line {first.line}: {first.problem}. Fix the line.")
    if not has_header:
        names = tuple(str(number) for number in range(1, len(good.values) + 1))
        return Layout(
            file.format, names, _find(names, column, file.path), separator, first.start, first.line
        )
    names = tuple(first.values)
    return Layout(
        *(file.format, names, _find(names, column, file.path), separator, first.end),
        line=first.line + first.num_lines,
    )


def _field(stream: IO[bytes], column: str, file: InputFile) -> str:
    """Returns the field of a JSON Lines file to predict."""
    good = (row.fields for row in raw_rows(stream, file, "", 0, 1) if not row.problem)
    objects = list(itertools.islice(good, _SAMPLE_OBJECTS))
    if not objects:
        raise WorkError(
            f"{file.path}: none of its lines is a JSON object. Name a file of JSON Lines, or pass "
            "--format."
        )
    if column and any(column in fields for fields in objects):
        return column
    return _find(list(objects[0]), column, file.path)


def _find(names: Sequence[str], column: str, path: str) -> str:
    """Returns the name of the column to predict.

    Raises:
        UsageError: the column is missing, or two have its name.
    """
    if repeated := {name for name in names if names.count(name) > 1}:
        raise UsageError(
            f"{path}: two columns are named {min(repeated)!r}. Rename one, or pass --column NUMBER "
            "if the first line is no header."
        )
    shown = f"{', '.join(map(repr, names))}"[:300]
    if column:
        if column in names:
            return column
        raise UsageError(f"--column {column}: {path} has no such column. It has: {shown}.")
    for usual in (TEXT_NAMES, tuple(sorted(SOURCE_NAMES))):
        (position,) = named(usual)([names]).positions
        if position is not None:
            return names[position]
    if len(names) == 1:
        return names[0]
    raise UsageError(
        f"{path}: pass --column NAME, one of {shown}; or --column NUMBER if there is no header "
        "line."
    )
