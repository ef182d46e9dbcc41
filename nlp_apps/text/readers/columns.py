"""Columns of a table: the ones that a recipe requests, found in a header line or by number."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.readers.text_file import TextFile

Column = str | int
"""Name of a column, or its number counted from 1."""


class Requested(NamedTuple):
    """A column that a recipe requests.

    Attributes:
        key: the recipe's key, for messages.
        column: name or number; empty for the default.
        number: default in a format without names.
        name: default in a format with names.
    """

    key: str
    column: Column
    number: int
    name: str


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        location: file and line, for messages.
        values: the requested values, in the order of the request; empty if there is a problem.
        problem: the rule that the row breaks; empty for a good row.
        line: number of its first line, counted from 1; of TFDS, the number of the example.
    """

    location: str
    values: tuple[str, ...]
    problem: str = ""
    line: int = 0


class Columns:
    """The requested columns of one table, with defaults filled in.

    Args:
        source: the table as the recipe names it, for messages.
        requested: the columns.
        default: the default is a column's `"number"` or its `"name"`.
    """

    def __init__(
        self, source: str, requested: Sequence[Requested], *, default: Literal["number", "name"]
    ) -> None:
        self.source = source
        self.keys = [column.key for column in requested]
        self.is_default = [column.column == "" for column in requested]
        self.columns: list[Column] = [
            getattr(column, default) if column.column == "" else column.column
            for column in requested
        ]

    def __iter__(self) -> Iterator[tuple[str, Column]]:
        """Yields key and column."""
        return zip(self.keys, self.columns, strict=True)

    @property
    def by_number(self) -> bool:
        """True if every column has a number: the table needs no header line."""
        return all(isinstance(column, int) for column in self.columns)

    def positions(self) -> list[int]:
        """Returns the position of each column, counted from 0; for columns by number only.

        Raises:
            UsageError: two keys name one column.
        """
        positions = [int(column) - 1 for column in self.columns]
        self.require_distinct(positions)
        return positions

    def positions_in(self, header: Sequence[str], problem: str, file: TextFile) -> list[int]:
        """Finds the columns in a header line.

        Args:
            header: the names in the first line.
            problem: the rule that the line breaks, or an empty string.
            file: the file, for messages.

        Returns:
            The position of each column, counted from 0.

        Raises:
            WorkError: the line is bad, or a column is missing.
            UsageError: two keys name one column.
        """
        if problem:
            raise WorkError(f"{file.location(1)}: {problem}. The first line must name the columns.")
        positions = []
        for key, column in self:
            if isinstance(column, int):
                if column > len(header):
                    raise WorkError(
                        f"{file.path}: {key} = {column}, but the first line has {len(header)} "
                        "columns."
                    )
                positions.append(column - 1)
                continue
            if column not in header:
                raise WorkError(
                    f"{file.path}: no column {column!r} ({key}). Its first line names: "
                    f"{', '.join(map(repr, header))}."[:400]
                )
            positions.append(header.index(column))
        self.require_distinct(positions)
        return positions

    def require_distinct(self, columns: Sequence[Column], noun: str = "column") -> None:
        """Checks that no two keys name the same column.

        Args:
            columns: the columns found; numbers are positions, counted from 0.
            noun: the format's word for a column.

        Raises:
            UsageError: two keys name the same one.
        """
        for index, column in enumerate(columns):
            first = columns.index(column)
            if first == index:
                continue
            unset = [self.keys[one] for one in (index, first) if self.is_default[one]]
            name = column + 1 if isinstance(column, int) else repr(column)
            raise UsageError(
                f"{self.keys[index]} and {self.keys[first]} are both {noun} {name} of "
                f"{self.source}; set {unset[0] if unset else f'one of them to another {noun}'}."
            )
