"""Columns of files that hold more than text: TSV, CSV, JSON Lines, and features of TFDS data sets.

- `.csv`: commas and double quotes (RFC 4180); a value may hold line ends. Columns named by a header
  line, or by number where there is none. Every row has as many values as the first.
- `.jsonl` or `.ndjson`: a JSON object a line.
- `tfds:NAME/CONFIG:SPLIT`: the features of a data set; a class is given by its name.
- anything else is a TSV without quotes. Columns by number, and the last one that is asked for takes
  the rest of its line, TABs and all; or named by a header line, whose last column does so.
Any file may be `.gz`. Capitals in these endings make no difference, nor do blank lines at the end.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.normalize import LONE_SURROGATE
from nlp_apps.text.readers.lines import (
    SAVE_WITH_LINE_FEEDS,
    BadLinePolicy,
    Line,
    TextFile,
    decode,
    problem_of,
    without_blank_end,
)
from nlp_apps.text.readers.pairs import TFDS_PREFIX

# How Python's reader puts it:
_NEVER_CLOSES = "unexpected end of data"
_CARRIAGE_RETURN = "new-line character seen in unquoted field"

_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"(?:,|\n)')  # a value of a CSV row, and what ends it
_BARE = re.compile(r'(?!")[^,\n]*+(?:,|\n)')

_KINDS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".tsv": "tsv"}

Column = str | int
"""A column's name, or its number counted from 1."""


class Row(NamedTuple):
    """One row: where it stands, and the values of the columns that were asked for."""

    where: str
    values: tuple[str, ...]


def kind_of(name: str) -> str:
    """What a source is by its name: "tfds", "csv", "jsonl", "tsv" or "text"."""
    if name.startswith(TFDS_PREFIX):
        return "tfds"
    return _KINDS.get(_suffix(name), "text")


def _suffix(name: str) -> str:
    """How a file's name ends, in small letters and without .gz."""
    return Path(name.lower().removesuffix(".gz")).suffix


class TableReader:
    """Some columns of one source, read once from the first row to the last.

    Args:
        name: the source as the recipe names it.
        columns: what to read. An empty name takes the usual column of the kind of source.
        keys: for each column the recipe's key, for messages.
        usual: for each column its number in a TSV and its name elsewhere.
        find: gives the path of a file that the recipe names.
        bad_lines: decides what a bad line does.
        max_line_characters: a longer line, or a longer value, is bad.
        tfds_dir: where TFDS data sets are or will be prepared.

    Attributes:
        checksum: as in `Corpus`; complete once every row has been read.
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[Column],
        *,
        keys: Sequence[str],
        usual: Sequence[tuple[int, str]],
        find: Callable[[str], Path],
        bad_lines: BadLinePolicy,
        max_line_characters: int,
        tfds_dir: Path | None,
    ) -> None:
        self.name, self.keys = name, tuple(keys)
        self.kind = kind_of(name)
        is_tsv = self.kind in ("tsv", "text")
        self.columns = tuple(
            column if column != "" else (number if is_tsv else title)
            for column, (number, title) in zip(columns, usual, strict=True)
        )
        self._is_usual = [column == "" for column in columns]
        self.find, self.bad_lines, self.tfds_dir = find, bad_lines, tfds_dir
        self.max_line_characters = max_line_characters
        self._checksum: Callable[[], str] = str

    @property
    def by_number(self) -> bool:
        """Whether columns are told by number, so that the first row is one like the others."""
        return all(isinstance(column, int) for column in self.columns)

    @property
    def checksum(self) -> str:
        """The checksum, see above."""
        return self._checksum()

    def __iter__(self) -> Iterator[Row]:
        """Reads the rows.

        Raises:
            WorkError: a column is not there, or the source cannot be read.
            UsageError: two keys name the same column, or it is a `.json` file.
        """
        if self.kind == "tfds":
            return self._tfds()
        file = TextFile(self.find(self.name), max_line_characters=self.max_line_characters)
        if _suffix(self.name) == ".json":
            raise UsageError(
                f"{self.name}: a .json file is not read. Where every line is one object, name it "
                ".jsonl; else write it so, or as .csv."
            )
        self._checksum = lambda: file.checksum
        if self.kind == "csv":
            return self._csv(file)
        return self._jsonl(file) if self.kind == "jsonl" else self._tsv(file)

    # TSV -----------------------------------------------------------------------------------------

    def _tsv(self, file: TextFile) -> Iterator[Row]:
        lines = without_blank_end(file)
        places: Sequence[int]
        if any(isinstance(column, str) for column in self.columns):
            header = next(lines)
            titles = header.text.split("\t")
            places = self._places(titles, header.problem, file)
            splits = len(titles) - 1
        else:
            places = [int(column) - 1 for column in self.columns]
            splits = max(places)
        self._require_apart(places)
        shape = "<TAB>".join(self._shape(places))
        for line in lines:
            values = line.text.split("\t", splits)
            problem = line.problem
            if not problem and not line.text.strip():
                problem = f"a blank line; a line is {shape}"
            elif not problem and len(values) <= max(places):
                problem = f"{len(values)} of the columns; a line is {shape}"
            yield from self._row(
                file.where(line.number), problem, () if problem else [values[p] for p in places]
            )

    def _shape(self, places: Sequence[int]) -> list[str]:
        """What stands in each column of a line, for a message."""
        words = ["..."] * (max(places) + 1)
        for place, key in zip(places, self.keys, strict=True):
            words[place] = key.removeprefix("data.").removesuffix("_column").upper()
        return words

    def _places(self, titles: Sequence[str], problem: str, file: TextFile) -> list[int]:
        """The places of the columns in a header line, counted from 0."""
        if problem:
            raise WorkError(f"{file.where(1)}: {problem}. The first line has to name the columns.")
        found = []
        for key, column in zip(self.keys, self.columns, strict=True):
            if isinstance(column, int):
                if column > len(titles):
                    raise WorkError(
                        f"{file.path}: {key} = {column}, but there are {len(titles)} columns."
                    )
                found.append(column - 1)
                continue
            if column not in titles:
                raise WorkError(
                    f"{file.path}: no column {column!r} ({key}). Its first line names: "
                    f"{', '.join(map(repr, titles))}."[:400]
                )
            found.append(titles.index(column))
        return found

    # CSV -----------------------------------------------------------------------------------------

    def _csv(self, file: TextFile) -> Iterator[Row]:
        rows = _csv_rows(file, self.max_line_characters)
        places: Sequence[int] = [int(c) - 1 for c in self.columns if isinstance(c, int)]
        wanted, told_by = 0, "the first row has"
        if len(places) < len(self.columns):
            _, titles, problem = next(rows)
            places = self._places(titles, problem, file)
            wanted, told_by = len(titles), "the header names"
        self._require_apart(places)
        for number, values, problem in rows:
            if not problem and len(values) <= max(places):
                problem = f"{len(values)} of the columns, column {max(places) + 1} is missing"
            elif not problem:
                wanted = wanted or len(values)
                problem = _count_problem(len(values), wanted, told_by)
            yield from self._row(
                file.where(number), problem, () if problem else [values[p] for p in places]
            )

    # JSON Lines ----------------------------------------------------------------------------------

    def _jsonl(self, file: TextFile) -> Iterator[Row]:
        for key, column in zip(self.keys, self.columns, strict=True):
            if isinstance(column, int):
                raise UsageError(
                    f"{self.name}: a {_suffix(self.name)} file has fields with names; "
                    f"{key} = {column} is a number."
                )
        self._require_apart(self.columns, "field")
        shape = "{" + ", ".join(f'"{column}": ...' for column in self.columns) + "}"
        for line in without_blank_end(file):
            where, problem = file.where(line.number), line.problem
            found: Any = None
            if not problem and not line.text.strip():
                problem = f"a blank line; a line is {shape}"
            if not problem:
                try:
                    found = json.loads(line.text)
                except (ValueError, RecursionError) as error:
                    problem = f"not valid JSON ({error})"
            if not problem and not isinstance(found, dict):
                problem = f"not a JSON object; a line is {shape}"
            for key, column in zip(self.keys, self.columns, strict=True):
                if not problem and column not in found:
                    has = ", ".join(map(repr, found)) or "no field"
                    problem = f"no field {column!r} ({key}); it has {has}"[:300]
                elif not problem and not isinstance(found[column], str | int | float):
                    problem = f"the field {column!r} is neither text nor a number"
                elif not problem:
                    problem = self._escaped(_as_text(found[column]))
            yield from self._row(
                where, problem, () if problem else [_as_text(found[c]) for c in self.columns]
            )

    def _escaped(self, text: str) -> str:
        """The problem, if there is one, of text that no line holds but an escape can spell."""
        if half := LONE_SURROGATE.search(text):
            return f"half a character (\\u{ord(half[0]):04x}), which no text has"
        return problem_of(text, self.max_line_characters)

    # TFDS ----------------------------------------------------------------------------------------

    def _tfds(self) -> Iterator[Row]:
        # TensorFlow Datasets takes a second to import: only who uses it waits.
        from nlp_apps.text.readers.tfds_source import TfdsSplit

        split = TfdsSplit(self.name, tfds_dir=self.tfds_dir)
        self._checksum = lambda: split.identity
        names = [self._feature(split, index, column) for index, column in enumerate(self.columns)]
        self._require_apart(names, "feature")
        classes = {name: split.class_names(name) for name in names}
        for number, example in enumerate(split, start=1):
            values: list[str] = []
            problem = ""
            for name in names:
                text, trouble = _feature_text(
                    example[name], classes[name], self.max_line_characters
                )
                if text is None:
                    raise WorkError(f"{self.name}: the feature {name!r} {trouble}. Name another.")
                values.append(text)
                problem = problem or trouble
            yield from self._row(split.where(number), problem, values)

    def _feature(self, split: Any, index: int, column: Column) -> str:
        """The feature for a column; the usual one is what the data set itself proposes."""
        known, key = split.keys, self.keys[index]
        if self._is_usual[index]:
            is_text = index == len(self.columns) - 1  # the text is asked for last
            proposed = split.supervised_keys
            if proposed:
                column = proposed[0] if is_text else proposed[-1]
            elif is_text and len(split.text_keys) == 1:
                column = split.text_keys[0]
        if column not in known:
            raise WorkError(
                f"{self.name}: no feature {column!r} ({key}). It has: {', '.join(known)}."
            )
        return str(column)

    # All -----------------------------------------------------------------------------------------

    def _require_apart(self, places: Sequence[Column], what: str = "column") -> None:
        """Checks that each key has a column of its own; numbers of columns are counted from 0."""
        for index, place in enumerate(places):
            first = places.index(place)
            if first == index:
                continue
            unset = [self.keys[one] for one in (index, first) if self._is_usual[one]]
            name = place + 1 if isinstance(place, int) else repr(place)
            raise UsageError(
                f"{self.keys[index]} and {self.keys[first]} are both {what} {name} of {self.name}; "
                f"set {unset[0] if unset else f'one of them to another {what}'}."
            )

    def _row(self, where: str, problem: str, values: Sequence[str]) -> Iterator[Row]:
        if problem:
            self.bad_lines.report(where, problem)
        else:
            yield Row(where, tuple(values))


def _as_text(value: Any) -> str:
    """A JSON value as text; a whole number in floating point loses its .0."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _feature_text(
    value: Any, classes: Sequence[str] | None, max_characters: int
) -> tuple[str | None, str]:
    """A feature's value as text, None where it has none, and the problem if there is one."""
    if isinstance(value, bytes):
        return decode(value, max_characters=max_characters)
    if not isinstance(value, np.generic):
        return None, "is neither text nor a number"
    if classes is not None:
        index = int(value)
        if not 0 <= index < len(classes):
            return "", f"no label ({index})"
        return classes[index], ""
    return _as_text(value.item()), ""


def _count_problem(found: int, wanted: int, told_by: str) -> str:
    """The problem, if there is one, of a CSV row with so many values."""
    if found == wanted:
        return ""
    advice = "; put quotes around a text with commas" if found > wanted else ""
    return f"{found} value{'s' * (found != 1)}, {told_by} {wanted}{advice}"


def _csv_rows(file: TextFile, max_characters: int) -> Iterator[tuple[int, list[str], str]]:
    """The rows of a CSV file: the line to name, the values, and the problem if there is one.

    A bad line is a row of its own, or spoils the row that it stands in.

    Raises:
        WorkError: a quote never closes, so that there is no telling where the other rows are.
    """
    taken: list[Line] = []  # of the row under way

    def lines() -> Iterator[str]:
        for line in without_blank_end(file):
            taken.append(line)
            yield line.text + "\n"

    rows = csv.reader(lines(), strict=True)
    while True:
        taken.clear()
        problem = ""
        values: list[str] | None = []
        # The limit belongs to the whole process, so it is given back; a row after a value that was
        # cut off at a limit would begin in the middle of that value.
        limit = csv.field_size_limit(2**31 - 1)
        try:
            values = next(rows, None)
        except csv.Error as error:
            if str(error) == _NEVER_CLOSES:
                raise _open_quote(file, taken) from None
            problem = f"not valid CSV ({error})"
            if str(error).startswith(_CARRIAGE_RETURN):
                problem = f"a carriage return (CR) outside of quotes; {SAVE_WITH_LINE_FEEDS}"
        finally:
            csv.field_size_limit(limit)
        if values is None:
            return
        line = next((line for line in taken if line.problem), taken[0])
        if line.problem:
            problem = line.problem
        elif not problem and not values:
            problem = "a blank line"
        for value in values:
            problem = problem or problem_of(value, max_characters)
        yield line.number, values, problem


def _open_quote(file: TextFile, lines: Sequence[Line]) -> WorkError:
    """What to say of a row of a CSV file, the last one, in which a quote never closes."""
    text = "".join(line.text + "\n" for line in lines)
    place = 0
    while found := _QUOTED.match(text, place) or _BARE.match(text, place):
        place = found.end()
    opens = lines[text.count("\n", 0, place)].number
    for line in lines:
        if line.problem and line.number > opens:  # the quote may well have closed there
            return WorkError(
                f"{file.where(line.number)}: {line.problem}; and without this line the quote that "
                f"opens in line {opens} never closes. Mend the line."
            )
    return WorkError(
        f"{file.where(opens)}: not valid CSV (a quote opens that never closes, and takes the rest "
        "of the file). Close it; a quote that is part of a text is doubled."
    )
