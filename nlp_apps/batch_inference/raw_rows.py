"""Rows of text formats with their place in the file, good and bad ones.

The same function plans shards and reads them, so that both find the same rows. A row begins at a
byte from which the file can be read again.
"""

import csv
import json
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from nlp_apps.batch_inference.input_files import InputFile
from nlp_apps.cli.text_io import MAX_CHARACTERS
from nlp_apps.errors import WorkError
from nlp_apps.text.readers.csv_table import NEVER_CLOSES
from nlp_apps.text.readers.jsonl_table import Fields
from nlp_apps.text.readers.text_file import decode

MAX_ROW_BYTES = 8 << 20
"""Bytes of a line after which it is a bad row, and its rest is skipped."""


class RawRow(NamedTuple):
    """A row.

    Attributes:
        line: number of its first line.
        num_lines: number of its lines; a quoted value of a CSV may have several.
        start: position of its first byte.
        end: position after its last byte.
        data: its bytes without the last newline, at most `MAX_ROW_BYTES`.
        values: the values of a TSV or CSV.
        fields: the object of JSON Lines.
        problem: the rule that it breaks; empty for a good row.
    """

    line: int
    num_lines: int
    start: int
    end: int
    data: bytes
    values: list[str] = []
    fields: dict[str, Any] = {}
    problem: str = ""

    @property
    def text(self) -> str:
        """The row as text."""
        return self.data.decode("utf-8")


def raw_rows(
    stream: IO[bytes],
    file: InputFile,
    separator: str,
    start: int,
    line: int,
    *,
    parse: bool = True,
) -> Iterator[RawRow]:
    """Yields the rows of a stream; an empty line is a row of plain text only.

    Args:
        stream: the bytes, at the start of a row.
        file: the file, not Parquet.
        separator: character between the values of a CSV.
        start: position of the stream.
        line: number of the line that begins there.
        parse: whether rows are checked and have values; a CSV is always parsed.

    Raises:
        WorkError: a quote of a CSV never closes, so that the end of each row is unknown.
    """
    lines = _lines(stream, start, line)
    if file.format == "csv":
        yield from _csv_rows(lines, separator, file.path)
        return
    is_text = file.format == "text"
    for row in lines:
        if not (is_text or row.problem or row.data.strip()):
            continue
        if not parse:
            yield row
        elif is_text:
            yield _checked(row)
        else:
            checked = _checked(row)
            if file.format == "tsv" and not checked.problem:
                checked = checked._replace(values=checked.text.split("\t"))
            elif not checked.problem:
                checked = _with_fields(checked)
            yield checked


def _lines(stream: IO[bytes], start: int, number: int) -> Iterator[RawRow]:
    """Yields the lines of a stream; a line that is too long is a bad row."""
    while data := stream.readline(MAX_ROW_BYTES):
        end, problem, last = start + len(data), "", data
        while len(last) == MAX_ROW_BYTES and not last.endswith(b"\n"):
            last = stream.readline(MAX_ROW_BYTES)
            end += len(last)
            problem = f"longer than {MAX_ROW_BYTES:,} bytes" if last else problem
        data = data.removesuffix(b"\n").removesuffix(b"\r")
        yield RawRow(number, 1, start, end, data, problem=problem)
        start, number = end, number + 1


def _checked(row: RawRow) -> RawRow:
    """Checks that a row is text."""
    if row.problem:
        return row
    _, problem = decode(row.data, max_characters=len(row.data))
    return row._replace(problem=problem) if problem else row


def _with_fields(row: RawRow) -> RawRow:
    """Parses a row of JSON Lines."""
    try:
        found = json.loads(row.text, object_pairs_hook=Fields.of)
    except (ValueError, RecursionError) as error:
        return row._replace(problem=f"not valid JSON ({error})")
    if not isinstance(found, Fields):
        return row._replace(problem="not a JSON object")
    if found.repeated:
        return row._replace(problem=f"the key {found.repeated!r} is in the object twice")
    return row._replace(fields=found)


def _csv_rows(lines: Iterator[RawRow], separator: str, path: str) -> Iterator[RawRow]:
    """Yields the rows of a CSV; a line that is too long ends its row."""
    read: list[RawRow] = []

    def open_quote() -> WorkError:
        return WorkError(
            f"{path}, line {read[0].line}: not valid CSV (a quote opens in this row and never "
            'closes). Close it; write a quote inside a text twice ("").'
        )

    def texts() -> Iterator[str]:
        for line in lines:
            read.append(line)
            if line.problem:  # Too long: its quotes are unknown, so the row ends here.
                return
            if line.end - read[0].start > MAX_ROW_BYTES and len(read) > 1:
                raise open_quote()
            # Bytes that are not UTF-8 keep the quotes around them.
            yield line.data.decode("utf-8", "surrogateescape") + "\n"

    rows = csv.reader(texts(), delimiter=separator, strict=True)
    while True:
        if read and read[-1].problem:
            rows = csv.reader(texts(), delimiter=separator, strict=True)
        read.clear()
        problem, values = "", []
        # The limit belongs to the process, so it is restored.
        limit = csv.field_size_limit(2**31 - 1)
        try:
            values = next(rows)
        except StopIteration:
            if not read:
                return
        except csv.Error as error:
            if str(error) == NEVER_CLOSES and not read[-1].problem:
                raise open_quote() from None
            problem = f"not valid CSV ({error})"
        finally:
            csv.field_size_limit(limit)
        first, last = read[0], read[-1]
        bad = next((line.problem for line in map(_checked, read) if line.problem), "")
        data = b"\n".join(line.data for line in read)[:MAX_ROW_BYTES]
        if values or problem or bad:  # An empty line is no row.
            yield RawRow(
                *(first.line, len(read), first.start, last.end, data, values),
                problem=bad or problem,
            )


def too_long(text: str) -> str:
    """Returns the rule that a text of more than `MAX_CHARACTERS` breaks, or an empty string."""
    if len(text) <= MAX_CHARACTERS:
        return ""
    return f"longer than {MAX_CHARACTERS:,} characters"
