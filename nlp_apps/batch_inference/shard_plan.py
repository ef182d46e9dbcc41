"""The plan of a run: shards of rows, each of one file, the same in every process."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from nlp_apps.batch_inference.input_files import InputFile, identity, open_input
from nlp_apps.batch_inference.raw_rows import raw_rows
from nlp_apps.batch_inference.row_layout import Layout, parquet_file, read_layout
from nlp_apps.errors import UsageError
from nlp_apps.io import stages

SHARD_BYTES = 16 << 20
"""Bytes of text after which a shard ends before it has all its rows: its rows are in memory."""

ROW_UNIT = "rows"
"""Unit of the progress of the plan."""


@dataclass(frozen=True)
class Shard:
    """Consecutive rows of one file.

    Attributes:
        index: number of the shard, counted from 0.
        file: the file.
        identity: values that change if the file is written; see `input_files.identity`.
        layout: the layout of the file.
        start: position of the first row: bytes, or rows of Parquet.
        line: number of its line, or its row of Parquet, counted from 1.
        first_row: number of rows in all shards before this one.
        num_rows: number of rows.
    """

    index: int
    file: InputFile
    identity: tuple[Any, ...]
    layout: Layout
    start: int
    line: int
    first_row: int
    num_rows: int

    @property
    def place(self) -> str:
        """The file and the first line, for messages."""
        return f"{self.file.path}, {self.num_rows:,} rows from line {self.line:,}"


@dataclass(frozen=True)
class Plan:
    """The shards of a run.

    Attributes:
        files: path, identity and number of rows of each file.
        shards: the shards.
    """

    files: list[dict[str, Any]]
    shards: list[Shard]

    @property
    def num_rows(self) -> int:
        """Number of rows of all files."""
        return sum(shard.num_rows for shard in self.shards)


def plan_shards(files: Sequence[InputFile], column: str, shard_rows: int) -> Plan:
    """Reads every file once, and divides its rows into shards.

    Args:
        files: the files.
        column: as in `read_layout`.
        shard_rows: maximum number of rows of a shard.

    Raises:
        UsageError: a column is missing, or no file has a row.
        WorkError: a file cannot be read.
    """
    shards: list[Shard] = []
    described = []
    first_row = 0
    for file in files:
        before = identity(file.path)
        layout = read_layout(file, column)
        before_file = first_row
        if layout is not None:
            for start, line, num_rows in _parts(file, layout, shard_rows):
                place = (tuple(before), layout, start, line, first_row, num_rows)
                shards.append(Shard(len(shards), file, *place))
                first_row += num_rows
        described.append(
            {"path": file.path, "identity": before, "num_rows": first_row - before_file}
        )
    if not shards:
        raise UsageError("the input has no rows. Pass files with text.")
    return Plan(described, shards)


def _parts(file: InputFile, layout: Layout, shard_rows: int) -> Iterator[tuple[int, int, int]]:
    """Yields position, line and number of rows of each shard of a file."""
    with open_input(file.path) as stream:
        if file.format == "parquet":
            total = parquet_file(stream, file.path).metadata.num_rows
            for start in range(0, total, shard_rows):
                yield start, start + 1, min(shard_rows, total - start)
            return
        yield from _parts_of_text(stream, file, layout, shard_rows)


def _parts_of_text(
    stream: IO[bytes], file: InputFile, layout: Layout, shard_rows: int
) -> Iterator[tuple[int, int, int]]:
    stream.seek(layout.offset)
    rows = raw_rows(stream, file, layout.separator, layout.offset, layout.line, parse=False)
    start = line = count = 0
    for row in rows:
        if count and (count == shard_rows or row.end - start > SHARD_BYTES):
            stages.advance(ROW_UNIT, count)
            yield start, line, count
            count = 0
        if not count:
            start, line = row.start, row.line
        count += 1
    if count:
        stages.advance(ROW_UNIT, count)
        yield start, line, count
