"""TSV: columns separated by TABs.

Columns by number need no header line: the last requested column is the rest of its line, TABs
included. Columns by name need one: the last column of the header line is the rest of its line.
Quotes are text, unless a whole column is quoted as in CSV (`quoted_columns`).
"""

import itertools
import re
from collections.abc import Iterator, Sequence

from nlp_apps.text.readers.columns import Columns, Row
from nlp_apps.text.readers.headers import SAMPLE_ROWS
from nlp_apps.text.readers.quoted_columns import unquoted, without_quotes
from nlp_apps.text.readers.repeated_header import RepeatedHeader
from nlp_apps.text.readers.text_file import Line, TextFile, without_empty_end


def read_tsv(file: TextFile, columns: Columns) -> Iterator[Row]:
    """Reads the rows of a TSV file."""
    lines = without_empty_end(file)
    sample = list(itertools.islice(lines, SAMPLE_ROWS))
    good = [line.text.split("\t") for line in sample if not line.problem and line.text.strip()]
    rows = [without_quotes(row) for row in good]
    if sample[0].problem or not sample[0].text.strip():
        rows = [[], *rows]
    problem = sample[0].problem
    positions = columns.find(rows, problem, file)
    max_splits = -1
    if columns.rest_of_line:
        max_splits = len(rows[0]) - 1 if columns.has_header else max(positions)
    header = sample.pop(0).text if columns.has_header else None
    found = _rows(file, itertools.chain(sample, lines), columns, positions, max_splits, header)
    yield from unquoted(found, file, [position + 1 for position in positions])


def _rows(
    file: TextFile,
    lines: Iterator[Line],
    columns: Columns,
    positions: Sequence[int],
    max_splits: int,
    header: str | None,
) -> Iterator[Row]:
    """Splits the lines below the header line."""
    form = _form(columns, positions)
    repeated = RepeatedHeader(file)
    for line in lines:
        if header is not None and line.text == header and "\t" in header:
            repeated.add(line.number)
            continue
        values = line.text.split("\t", max_splits)
        problem = line.problem
        if not problem and not line.text.strip():
            problem = f"an empty line; a line is {form}"
        elif not problem and len(values) <= max(positions):
            problem = f"{'no TAB' if len(values) == 1 else 'too few TABs'}; a line is {form}"
            if line.number == 1 and re.search("[,;|]", line.text):
                problem += "; rename a file with commas or semicolons between the columns to .csv"
            elif line.number == 1 and "data.target_column" in columns.keys:
                problem += '; two aligned files are data.train = ["FILE.en", "FILE.fr"]'
        found = () if problem else tuple(values[position] for position in positions)
        yield Row(file.location(line.number), found, problem, line.number)
    repeated.log()


def _form(columns: Columns, positions: Sequence[int]) -> str:
    """Returns the form of a line, for messages: `LABEL<TAB>TEXT`."""
    words = ["..."] * (max(positions) + 1)
    for position, key in zip(positions, columns.keys, strict=True):
        words[position] = key.removeprefix("data.").removesuffix("_column").upper()
    return "<TAB>".join(words)
