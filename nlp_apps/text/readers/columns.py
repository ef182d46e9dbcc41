"""Columns of a table: the ones that a recipe requests, found in a header line or by number."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.readers.headers import Recogniser, named
from nlp_apps.text.readers.text_file import TextFile

logger = logging.getLogger(__name__)

Column = str | int
"""Name of a column, or its number counted from 1."""


class Requested(NamedTuple):
    """A column that a recipe requests.

    Attributes:
        key: the recipe's key, for messages.
        column: name or number; empty for the default.
        number: default in a format without names.
        name: default in a format with names.
        is_list: whether JSON and Parquet may have a list of texts, or null, in this column; see
            `label_sets.list_value`.
    """

    key: str
    column: Column
    number: int
    name: str
    is_list: bool = False


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
        recognise: finds columns that the recipe does not set by usual names; None for none.
        rest_of_line: whether the last column of a TSV is the rest of its line, TABs included.

    Attributes:
        has_header: whether the first row of the table is a header line; set by `find`.
        is_list: whether each column may have lists, as in `Requested`.
    """

    def __init__(
        self,
        source: str,
        requested: Sequence[Requested],
        *,
        default: Literal["number", "name"],
        recognise: Recogniser | None = None,
        rest_of_line: bool = True,
    ) -> None:
        self.source = source
        self.keys = [column.key for column in requested]
        self.is_default = [column.column == "" for column in requested]
        self.is_list = [column.is_list for column in requested]
        self.columns: list[Column] = [
            getattr(column, default) if column.column == "" else column.column
            for column in requested
        ]
        self.rest_of_line = rest_of_line
        self.has_header = False
        self._recognise = recognise or named(*((column.name,) for column in requested))

    def __iter__(self) -> Iterator[tuple[str, Column]]:
        """Yields key and column."""
        return zip(self.keys, self.columns, strict=True)

    @property
    def by_number(self) -> bool:
        """True if every column has a number: the table needs no header line."""
        return all(isinstance(column, int) for column in self.columns)

    def find(self, rows: Sequence[Sequence[str]], problem: str, file: TextFile) -> list[int]:
        """Finds the columns in the first rows of a table.

        Args:
            rows: the first rows, at most `headers.SAMPLE_ROWS`, without bad ones below the first.
            problem: the rule that the first row breaks, or an empty string.
            file: the file, for messages.

        Returns:
            The position of each column, counted from 0.

        Raises:
            WorkError: the header line is bad, or a column is missing or has the name of another.
            UsageError: two keys name one column.
        """
        if not self.by_number:
            if problem:
                raise WorkError(
                    f"{file.location(1)}: {problem}. The first line must name the columns."
                )
            self.has_header = True
            return self.positions_in(rows[0], file.path)
        positions = [int(column) - 1 for column in self.columns]
        self.require_distinct(positions)
        found = self._recognise(rows) if not problem else None
        if found is None or not found.is_complete:
            return positions
        self.has_header = found.has_header
        if found.has_header or all(self.is_default):
            if all(self.is_default):
                positions = [index for index in found.positions if index is not None]
            names = [
                repr(rows[0][index])
                if found.has_header and index < len(rows[0])
                else str(index + 1)
                for index in positions
            ]
            self._log(file.path, names, f"{found.reason}; ")
        return positions

    def positions_in(self, header: Sequence[str], path: Path) -> list[int]:
        """Finds the columns among the names of all columns.

        Args:
            header: the names.
            path: the file, for messages.

        Returns:
            The position of each column, counted from 0.

        Raises:
            WorkError: a column is missing, or two have its name.
            UsageError: two keys name one column.
        """
        recognised = self._recognise([header], True).positions
        positions: list[int] = []
        is_usual = False
        for (key, column), is_default, found in zip(self, self.is_default, recognised, strict=True):
            if isinstance(column, int):
                if column > len(header):
                    raise WorkError(
                        f"{path}: {key} = {column}, but the first line has {len(header)} columns."
                    )
                positions.append(column - 1)
                continue
            same = [index for index, name in enumerate(header) if name == column]
            if not same and is_default and found is not None:
                same = [found]
                is_usual = True
            if len(same) > 1:
                numbers = " and ".join(str(index + 1) for index in same)
                raise WorkError(
                    f"{path}: columns {numbers} are both named {column!r}. Rename one in the first "
                    f"line, or set {key} to a number."
                )
            if not same:
                advice = (
                    f" Set {key} to one of these names, or to its number." if is_default else ""
                )
                if is_default and all(self.is_default):
                    numbers = " and ".join(
                        f"{key} = {index + 1}" for index, key in enumerate(self.keys)
                    )
                    advice += f" If there is no header line, set {numbers}."
                raise WorkError(
                    f"{path}: no column {column!r} ({key}). Its first line names: "
                    f"{', '.join(map(repr, header))}"[:300]
                    + f".{advice}"
                )
            positions.append(same[0])
        self.require_distinct(positions)
        if is_usual:
            self._log(path, [repr(header[position]) for position in positions])
        return positions

    def _log(self, path: Path, columns: Sequence[str], reason: str = "") -> None:
        """Logs the columns that were found."""
        settings = zip(self.keys, columns, strict=True)
        read = ", ".join(f"{key} = {column}" for key, column in settings)
        logger.info("%s: %s%s.", path, reason, read)

    def names_in(self, names: Sequence[str], path: Path) -> list[str]:
        """Returns the requested names, for a format in which every column has a name.

        Args:
            names: the existing names, for columns that the recipe does not set.
            path: the file, for the log.

        Raises:
            UsageError: two keys name one column.
        """
        found = self._recognise([names], True).positions
        result = [str(column) for column in self.columns]
        for index, position in enumerate(found):
            if self.is_default[index] and result[index] not in names and position is not None:
                result[index] = names[position]
        self.require_distinct(result, "field")
        if result != [str(column) for column in self.columns]:
            self._log(path, list(map(repr, result)))
        return result

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
