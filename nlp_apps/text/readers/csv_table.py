"""CSV: commas and double quotes (RFC 4180); a quoted value may hold newlines.

Columns by name need a header line; columns by number need none. Every row has as many values as
the first.
"""

import csv
import re
from collections.abc import Iterator, Sequence

from nlp_apps.errors import WorkError
from nlp_apps.text.readers.columns import Columns, Row
from nlp_apps.text.readers.text_file import (
    SAVE_WITH_NEWLINES,
    Line,
    TextFile,
    problem_of,
    without_empty_end,
)

# Messages of Python's reader.
_NEVER_CLOSES = "unexpected end of data"
_CARRIAGE_RETURN = "new-line character seen in unquoted field"

# A value and the character after it.
_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"(?:,|\n)')
_UNQUOTED = re.compile(r'(?!")[^,\n]*+(?:,|\n)')


def read_csv(file: TextFile, columns: Columns) -> Iterator[Row]:
    """Reads the rows of a CSV file.

    Raises:
        WorkError: a quote never closes.
    """
    rows = _rows(file)
    if columns.by_number:
        positions = columns.positions()
        num_values, source_of_number = 0, "the first row has"
    else:
        _, header, problem = next(rows)
        positions = columns.positions_in(header, problem, file)
        num_values, source_of_number = len(header), "the header names"
    for number, values, problem in rows:
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
                    problem += "; put quotes around a text with commas"
        found = () if problem else tuple(values[position] for position in positions)
        yield Row(file.location(number), found, problem, number)


def _rows(file: TextFile) -> Iterator[tuple[int, list[str], str]]:
    """Yields the line number, the values, and the problem or an empty string of each row.

    A bad line is a row of its own, or makes the row bad that it is part of.

    Raises:
        WorkError: a quote never closes, so that the end of each row is unknown.
    """
    lines_of_row: list[Line] = []

    def lines() -> Iterator[str]:
        for line in without_empty_end(file):
            lines_of_row.append(line)
            yield line.text + "\n"

    rows = csv.reader(lines(), strict=True)
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
            if str(error) == _NEVER_CLOSES:
                raise _open_quote(file, lines_of_row) from None
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


def _open_quote(file: TextFile, lines: Sequence[Line]) -> WorkError:
    """Returns the error for the last row of a file, in which a quote never closes."""
    text = "".join(line.text + "\n" for line in lines)
    position = 0
    while found := _QUOTED.match(text, position) or _UNQUOTED.match(text, position):
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
