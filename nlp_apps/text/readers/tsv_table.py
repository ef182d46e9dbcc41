"""TSV: columns separated by TABs, without quotes.

Columns by number need no header line: the last requested column is the rest of its line, TABs
included. Columns by name need one: the last column of the header line is the rest of its line.
"""

from collections.abc import Iterator, Sequence

from nlp_apps.text.readers.columns import Columns, Row
from nlp_apps.text.readers.text_file import TextFile, without_empty_end


def read_tsv(file: TextFile, columns: Columns) -> Iterator[Row]:
    """Reads the rows of a TSV file."""
    lines = without_empty_end(file)
    if columns.by_number:
        positions = columns.positions()
        max_splits = max(positions)
    else:
        header = next(lines)
        names = header.text.split("\t")
        positions = columns.positions_in(names, header.problem, file)
        max_splits = len(names) - 1
    form = _form(columns, positions)
    for line in lines:
        values = line.text.split("\t", max_splits)
        problem = line.problem
        if not problem and not line.text.strip():
            problem = f"an empty line; a line is {form}"
        elif not problem and len(values) <= max(positions):
            problem = f"{len(values)} of the columns; a line is {form}"
        found = () if problem else tuple(values[position] for position in positions)
        yield Row(file.location(line.number), found, problem, line.number)


def _form(columns: Columns, positions: Sequence[int]) -> str:
    """Returns the form of a line, for messages: `LABEL<TAB>TEXT`."""
    words = ["..."] * (max(positions) + 1)
    for position, key in zip(positions, columns.keys, strict=True):
        words[position] = key.removeprefix("data.").removesuffix("_column").upper()
    return "<TAB>".join(words)
