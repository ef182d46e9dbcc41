"""Quotes around the values of a TSV, as spreadsheets and CSV writers put them.

TSV has no quotes, and a text may begin with one. So a column loses its quotes only if all of it is
written as in CSV: every value with a quote is in quotes, with each inner one twice, and either all
values are in quotes, or exactly those that a CSV writer puts there: values with a quote or, in some
programs, with a comma.
"""

import itertools
import logging
import re
from collections.abc import Iterator, Sequence

from nlp_apps.text.readers.columns import Row
from nlp_apps.text.readers.text_file import TextFile

logger = logging.getLogger(__name__)

_QUOTED = re.compile(r'"((?:[^"]|"")*)"', re.DOTALL)

MAX_WAITING = 500_000
"""Rows that are held back, at most. A column with quotes in all of them is quoted."""

_MIN_ROWS = 2
"""A single value in quotes may be a quotation."""


def without_quotes(values: Sequence[str]) -> list[str]:
    """Returns values without quotes if each of them is in quotes."""
    found = [_QUOTED.fullmatch(value) for value in values]
    return [_text(match) for match in found if match] if all(found) else list(values)


def unquoted(rows: Iterator[Row], file: TextFile, numbers: Sequence[int]) -> Iterator[Row]:
    """Yields rows; a column that is quoted as in CSV loses its quotes.

    Rows are held back from the first quote on, until it is clear that quotes are text.

    Args:
        rows: the rows.
        file: the file, for the log.
        numbers: the number of each column, for the log.
    """
    columns = [_Column() for _ in numbers]
    waiting: list[Row] = []
    for row in rows:
        if not row.problem:
            for column, value in zip(columns, row.values, strict=True):
                column.add(value)
        waiting.append(row)
        if all(column.is_plain for column in columns):
            yield from waiting
            waiting = []
        elif len(waiting) == MAX_WAITING:
            break
    is_quoted = [column.is_quoted for column in columns]
    for number in [n for n, quoted in zip(numbers, is_quoted, strict=True) if quoted]:
        logger.info("%s: column %d is in quotes as in CSV; they are dropped.", file.path, number)
    for row in itertools.chain(waiting, rows):
        values = tuple(
            _text(match) if quoted and (match := _QUOTED.fullmatch(value)) else value
            for value, quoted in zip(row.values, is_quoted, strict=False)
        )
        yield row._replace(values=values)


def _text(match: re.Match[str]) -> str:
    return match[1].replace('""', '"')


class _Column:
    """The evidence that a column is quoted.

    Attributes:
        is_plain: whether the values so far can be yielded: none has a quote, or quotes are text.
    """

    def __init__(self) -> None:
        self._rows = self._quoted = 0
        self._bare_commas = self._quoted_commas = self._is_open = True
        self._bare_commas = self._quoted_commas = False
        self._has_needless = False  # quotes that no CSV writer needs

    @property
    def is_plain(self) -> bool:
        return not self._is_open or not self._quoted

    @property
    def is_quoted(self) -> bool:
        return self._is_open and self._quoted > 0 and self._rows >= _MIN_ROWS

    def add(self, value: str) -> None:
        """Counts a value."""
        if not self._is_open:
            return
        self._rows += 1
        if '"' not in value:
            self._bare_commas |= "," in value
        elif match := _QUOTED.fullmatch(value):
            self._quoted += 1
            self._quoted_commas |= "," in match[1] and '"' not in match[1]
            self._has_needless |= "," not in match[1] and '"' not in match[1]
        else:
            self._is_open = False
        if self._quoted < self._rows:
            mixed = self._bare_commas and self._quoted_commas
            self._is_open &= not (mixed or self._has_needless)
