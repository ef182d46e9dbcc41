"""The text of a split as columns of equal length, for the checks."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from nlp_apps.inspection.finding import MAX_INSTANCES, Instance, location, shorten
from nlp_apps.text.corpus import Corpus, Location
from nlp_apps.text.storage.spread import every, stride_of

MAX_SAMPLE = 200_000
"""Rows of a split that the checks of single texts read; of a larger split, every n-th row."""

MAX_ROWS = 300_000
"""Stored rows of a split that are inspected; of a larger split, every n-th row."""

NOUNS = {"text": "texts", "source": "source texts", "target": "target texts", "line": "lines"}
"""Noun for the texts of a column, for messages."""


@dataclass(frozen=True)
class Table:
    """The rows of one split.

    Attributes:
        split: name of the split.
        columns: texts by column: `source` and `target`, `text` and `label`, or `line`.
        names: the files, as the recipe names them.
        locations: the place of each row; empty: unknown.
        stride: 1, or n if the table is a sample of every n-th row.
        num_rows: rows of the split, of which the table may be a sample; 0: those of the table.
    """

    split: str
    columns: Mapping[str, Sequence[str]]
    names: Sequence[str]
    locations: Sequence[Location]
    stride: int = 1
    num_rows: int = 0

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    @property
    def total(self) -> int:
        """Number of rows of the split."""
        return self.num_rows or len(self)

    @property
    def input(self) -> Sequence[str]:
        """The column that the model reads: the first."""
        return next(iter(self.columns.values()))

    @property
    def text_columns(self) -> dict[str, Sequence[str]]:
        """The columns with text: all but `label`."""
        return {name: texts for name, texts in self.columns.items() if name != "label"}

    def sample(self, max_rows: int = MAX_SAMPLE) -> "Table":
        """Returns every n-th row, at most `max_rows` rows; itself if it is small enough."""
        stride = -(-len(self) // max_rows) or 1
        if stride == 1:
            return self
        columns = {name: texts[::stride] for name, texts in self.columns.items()}
        locations = self.locations[::stride]
        return replace(self, columns=columns, locations=locations, stride=self.stride * stride)

    def place(self, row: int) -> tuple[str, int]:
        """Returns file and line of a row; line 0: unknown."""
        if row < len(self.locations):
            file, line = self.locations[row]
            return self.names[file], line
        return " + ".join(self.names), 0

    def location(self, row: int) -> str:
        """Returns file and line of a row, for a remark: `train.tsv, line 17`."""
        return location(*self.place(row))

    def instance(
        self, row: int, column: str | None = None, remark: str = "", position: int = 0
    ) -> Instance:
        """Returns a row for a finding.

        Args:
            row: index of the row.
            column: the column whose text is shown; by default the first.
            remark: see `Instance`.
            position: index of a character of the text that is shown.
        """
        text = self.columns[column][row] if column else self.input[row]
        return Instance(*self.place(row), shorten(text, position=position), remark)

    def without(self, rows: Collection[int]) -> "Table":
        """Returns the table without some rows."""
        kept = [row for row in range(len(self)) if row not in rows] if rows else range(len(self))
        if len(kept) == len(self):
            return self
        columns = {name: [texts[row] for row in kept] for name, texts in self.columns.items()}
        locations = [self.locations[row] for row in kept] if self.locations else ()
        return replace(self, columns=columns, locations=locations)


class Hits(NamedTuple):
    """Rows that a check found.

    Attributes:
        num_found: number of texts with the fault.
        total: number of texts checked.
        instances: the first ones.
    """

    num_found: int
    total: int
    instances: tuple[Instance, ...]


def find_texts(tables: Sequence[Table], test: Callable[[str], Any]) -> dict[str, Hits]:
    """Tests every text of the tables.

    Args:
        tables: the splits.
        test: returns a true value for a text with the fault; a match of a regular expression shows
            the part of the text around it.

    Returns:
        The hits by column; a column without any is missing.
    """
    found: dict[str, Hits] = {}
    for name in tables[0].text_columns if tables else ():
        hits = [
            (table, row, hit)
            for table in tables
            for row, text in enumerate(table.columns[name])
            if (hit := test(text))
        ]
        if hits:
            first = tuple(
                table.instance(row, name, position=hit.start() if isinstance(hit, re.Match) else 0)
                for table, row, hit in hits[:MAX_INSTANCES]
            )
            found[name] = Hits(len(hits), sum(map(len, tables)), first)
    return found


def make_tables(task: str, corpora: Mapping[str, Corpus[Any]]) -> list[Table]:
    """Returns the splits of a task as tables; of documents, their lines with text."""
    return [
        _lines(split, corpus) if task == "generation" else _rows(task, split, corpus)
        for split, corpus in corpora.items()
    ]


def _rows(task: str, split: str, corpus: Corpus[Any]) -> Table:
    """Returns the examples of a split; of more than `MAX_ROWS` stored ones, every n-th."""
    stride = stride_of(corpus.examples, MAX_ROWS)
    examples, locations = every(corpus.examples, stride), every(corpus.locations, stride)
    fields = ("source", "label") if task == "sentiment" else ("source", "target")
    names = ("text", "label") if task == "sentiment" else fields
    columns = {
        name: [getattr(example, field) for example in examples]
        for name, field in zip(names, fields, strict=True)
    }
    num_rows = 0 if stride == 1 else len(corpus.examples)
    return Table(split, columns, corpus.names, locations, stride, num_rows)


def _lines(split: str, corpus: Corpus[str]) -> Table:
    """Returns the lines of documents. Each document begins at its location."""
    lines: list[str] = []
    locations: list[Location] = []
    for index, document in enumerate(corpus.examples):
        file, start = corpus.locations[index] if corpus.locations else (0, 0)
        for number, line in _numbered(document):
            lines.append(line)
            locations.append(Location(file, start + number if start else 0))
    return Table(split, {"line": lines}, corpus.names, locations)


def _numbered(document: str) -> Iterator[tuple[int, str]]:
    """Yields number, counted from 0, and text of the lines with text."""
    for number, line in enumerate(document.split("\n")):
        if line.strip():
            yield number, line
