"""The rows of a shard: their fields, the text to predict, and the problems of bad ones."""

import itertools
from collections.abc import Iterator, Mapping
from typing import IO, Any, NamedTuple

from nlp_apps.batch_inference.input_files import identity, open_input
from nlp_apps.batch_inference.raw_rows import RawRow, raw_rows, too_long
from nlp_apps.batch_inference.row_layout import parquet_file
from nlp_apps.batch_inference.shard_plan import Shard
from nlp_apps.errors import WorkError
from nlp_apps.text.normalize import LONE_SURROGATE
from nlp_apps.text.readers.jsonl_table import as_text
from nlp_apps.text.readers.parquet_table import parquet_errors

SHOWN_CHARACTERS = 1000
"""Characters of a bad row that its dead letter has."""

_PARQUET_ROWS = 1024


class InputRow(NamedTuple):
    """A row of the input.

    Attributes:
        line: number of its first line; of Parquet, the number of the row.
        fields: the fields of a table; of plain text {"text": line}.
        text: the text to predict.
        problem: the rule that it breaks; empty for a good row.
        shown: the begin of the row as text, for its dead letter.
    """

    line: int
    fields: Mapping[str, Any] = {}
    text: str = ""
    problem: str = ""
    shown: str = ""


def read_shard(shard: Shard) -> list[InputRow]:
    """Reads the rows of a shard.

    Raises:
        WorkError: the file cannot be read, or was changed after the plan was made.
    """
    changed = WorkError(
        f"{shard.file.path}: changed since the run began. Start again with --overwrite, or restore "
        "the file and pass --resume."
    )
    if tuple(identity(shard.file.path)) != shard.identity:
        raise changed
    with open_input(shard.file.path) as stream:
        rows = list(_parquet_rows(stream, shard) if _is_parquet(shard) else _rows(stream, shard))
    if len(rows) != shard.num_rows:
        raise changed
    return rows


def _is_parquet(shard: Shard) -> bool:
    return shard.file.format == "parquet"


def _rows(stream: IO[bytes], shard: Shard) -> Iterator[InputRow]:
    """Yields the rows of a text format."""
    stream.seek(shard.start)
    separator = shard.layout.separator
    rows = raw_rows(stream, shard.file, separator, shard.start, shard.line)
    for raw in itertools.islice(rows, shard.num_rows):
        if raw.problem:
            yield _bad(raw.line, raw.problem, raw.data)
            continue
        if shard.file.format == "text":
            yield _of_fields(raw.line, {"text": raw.text}, "text", raw.data)
        elif shard.file.format == "jsonl":
            yield _of_fields(raw.line, raw.fields, shard.layout.column, raw.data)
        else:
            yield _of_values(raw, shard)


def _of_values(raw: RawRow, shard: Shard) -> InputRow:
    """Returns a row of a TSV or CSV."""
    names = shard.layout.names
    if len(raw.values) != len(names):
        num_values = len(raw.values)
        problem = f"{num_values} value{'s' * (num_values != 1)}, the table has {len(names)} columns"
        return _bad(raw.line, problem, raw.data)
    fields = dict(zip(names, raw.values, strict=True))
    return _of_fields(raw.line, fields, shard.layout.column, raw.data)


def _of_fields(line: int, fields: Mapping[str, Any], column: str, data: bytes) -> InputRow:
    """Returns a row with these fields."""
    value = fields.get(column)
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    if not isinstance(value, str | int | float):
        problem = "is missing" if value is None else "is neither text nor a number"
        return _bad(line, f"the value of {column!r} {problem}", data)
    text = as_text(value)
    if LONE_SURROGATE.search(text):
        return _bad(line, f"the value of {column!r} is not UTF-8", data)
    if "\0" in text:
        return _bad(line, f"the value of {column!r} has a NUL character", data)
    if problem := too_long(text):
        return _bad(line, f"the value of {column!r} is {problem}", data)
    return InputRow(line, fields, text, shown=_shown(data))


def _bad(line: int, problem: str, data: bytes) -> InputRow:
    return InputRow(line, problem=problem, shown=_shown(data))


def _shown(data: bytes) -> str:
    """Returns the begin of a row as text; bytes that are not UTF-8 are escaped."""
    part = data[: 4 * SHOWN_CHARACTERS]
    return part.decode("utf-8", "backslashreplace")[:SHOWN_CHARACTERS]


def _parquet_rows(stream: IO[bytes], shard: Shard) -> Iterator[InputRow]:
    """Yields rows of a Parquet file; reads the row groups that have them.

    Raises:
        WorkError: the file is damaged.
    """
    table = parquet_file(stream, shard.file.path)
    first, end, groups = 0, shard.start + shard.num_rows, []
    skipped: int | None = None
    for group in range(table.metadata.num_row_groups):
        num_rows = table.metadata.row_group(group).num_rows
        if first < end and first + num_rows > shard.start:
            groups.append(group)
            skipped = shard.start - first if skipped is None else skipped
        first += num_rows
    number = shard.start - (skipped or 0)
    with parquet_errors(shard.file.path):
        for batch in table.iter_batches(_PARQUET_ROWS, row_groups=groups):
            if number + batch.num_rows > shard.start:
                for offset, fields in enumerate(batch.to_pylist()):
                    if shard.start <= number + offset < end:
                        shown = str(fields)[:SHOWN_CHARACTERS].encode("utf-8", "backslashreplace")
                        line = number + offset + 1
                        yield _of_fields(line, fields, shard.layout.column, shown)
            number += batch.num_rows
            if number >= end:
                return
