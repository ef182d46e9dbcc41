"""CSV: values separated by commas, semicolons, TABs or bars, with double quotes (RFC 4180).

A quoted value may hold newlines. Columns by name need a header line; columns by number need none.
Every row has as many values as the first.
"""

import csv
import itertools
import logging
import re
from collections.abc import Iterator, Sequence

from nlp_apps.errors import WorkError
from nlp_apps.text.readers.columns import Columns, Row
from nlp_apps.text.readers.headers import SAMPLE_ROWS
from nlp_apps.text.readers.repeated_header import RepeatedHeader
from nlp_apps.text.readers.text_file import (
    SAVE_WITH_NEWLINES,
    Line,
    TextFile,
    problem_of,
    without_empty_end,
)

logger = logging.getLogger(__name__)

NEVER_CLOSES = "unexpected end of data"
"""Message of Python's reader for a quote that is open at the end."""

_CARRIAGE_RETURN = "new-line character seen in unquoted field"

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "TABs", "|": "bars"}
_SAMPLE_LINES = 50


def read_csv(file: TextFile, columns: Columns) -> Iterator[Row]:
    """Reads the rows of a CSV file.

    Raises:
        WorkError: a quote never closes.
    """
    lines = without_empty_end(file)
    sample = list(itertools.islice(lines, _SAMPLE_LINES))
    separator = find_separator([line.text for line in sample if not line.problem])
    if re.fullmatch("(?i)sep=.", sample[0].text):  # written by and for Excel
        separator = sample.pop(0).text[-1]
    if separator != ",":
        name = _SEPARATORS.get(separator, repr(separator))
        logger.info("%s: values are separated by %s.", file.path, name)
    rows = _rows(file, itertools.chain(sample, lines), separator)
    first_rows = list(itertools.islice(rows, SAMPLE_ROWS))
    if not first_rows:
        raise WorkError(f"{file.path}: no rows. Name a file with text.")
    _, first, problem = first_rows[0]
    good = [values for _, values, problem in first_rows[1:] if not problem]
    positions = columns.find([first, *good], problem, file)
    num_values, source_of_number = 0, "the first row has"
    if columns.has_header:
        num_values, source_of_number = len(first), "the header names"
        del first_rows[0]
    repeated = RepeatedHeader(file)
    for number, values, problem in itertools.chain(first_rows, rows):
        if columns.has_header and values == first and len(first) > 1:
            repeated.add(number)
            continue
        if not problem and len(values) <= max(positions):
            problem = f"{len(values)} of the columns, column {max(positions) + 1} is missing"
        elif not problem:
            num_values = num_values or len(values)
            if len(values) != num_values:
                problem = (
                    f"{len(values)} value{'s' * (len(values) != 1)}, {source_of_number} "
                    f"{num_values}"
                )
                if len(values) > num_values:
                    name = _SEPARATORS.get(separator, repr(separator))
                    problem += f"; put quotes around a text with {name}"
        found = () if problem else tuple(values[position] for position in positions)
        yield Row(file.location(number), found, problem, number)
    repeated.log()


def find_separator(lines: Sequence[str]) -> str:
    """Finds the character between the values of a CSV file.

    Args:
        lines: the first lines, without newlines.

    Returns:
        The first of comma, semicolon, TAB and bar that splits every row into the same number of
        values, at least two; otherwise a comma.
    """
    for separator in _SEPARATORS:
        try:
            rows = [row for row in csv.reader((f"{line}\n" for line in lines), delimiter=separator)]
        except csv.Error:
            continue
        rows = [row for row in rows if row]
        if len(lines) == _SAMPLE_LINES:
            del rows[-1:]  # The last row, if there is one, may end after the sample.
        if {len(row) for row in rows} - {1} and len({len(row) for row in rows}) == 1:
            return separator
    return ","


def _rows(
    file: TextFile, found: Iterator[Line], separator: str
) -> Iterator[tuple[int, list[str], str]]:
    """Yields the line number, the values, and the problem or an empty string of each row.

    A bad line is a row of its own, or makes the row bad that it is part of.

    Raises:
        WorkError: a quote never closes, so that the end of each row is unknown.
    """
    lines_of_row: list[Line] = []

    def lines() -> Iterator[str]:
        for line in found:
            lines_of_row.append(line)
            yield line.text + "\n"

    rows = csv.reader(lines(), delimiter=separator, strict=True)
    while True:
        lines_of_row.clear()
        problem = ""
        values: list[str] | None = []
        # The limit belongs to the process, so it is restored. There is none while a row is read: a
        # value that exceeds a limit is split, and its rest would be read as the next row.
        limit = csv.field_size_limit(2**31 - 1)
        try:
            values = next(rows, None)
        except csv.Error as error:
            if str(error) == NEVER_CLOSES:
                raise _open_quote(file, lines_of_row, separator) from None
            problem = f"not valid CSV ({error})"
            if str(error).startswith(_CARRIAGE_RETURN):
                problem = f"a carriage return (CR) outside of quotes; {SAVE_WITH_NEWLINES}"
        finally:
            csv.field_size_limit(limit)
        if values is None:
            return
        line = next((line for line in lines_of_row if line.problem), lines_of_row[0])
        if line.problem:
            problem = line.problem
        elif not problem and not values:
            problem = "an empty line"
        for value in values:
            problem = problem or problem_of(value, file.max_line_characters)
        yield line.number, values, problem


def _open_quote(file: TextFile, lines: Sequence[Line], separator: str) -> WorkError:
    """Returns the error for the last row of a file, in which a quote never closes."""
    text = "".join(line.text + "\n" for line in lines)
    position, end = 0, re.escape(separator)
    # A value and the character after it.
    quoted = re.compile(rf'"[^"]*+(?:""[^"]*+)*+"(?:{end}|\n)')
    unquoted = re.compile(rf'(?!")[^{end}\n]*+(?:{end}|\n)')
    while found := quoted.match(text, position) or unquoted.match(text, position):
        position = found.end()
    opens = lines[text.count("\n", 0, position)].number
    for line in lines:
        if line.problem and line.number > opens:  # the quote may close in this line
            return WorkError(
                f"{file.location(line.number)}: {line.problem}; without this line, the quote "
                f"opened in line {opens} never closes. Fix the line."
            )
    return WorkError(
        f"{file.location(opens)}: not valid CSV (a quote opens and never closes). Close it; write "
        'a quote inside a text twice ("").'
    )
