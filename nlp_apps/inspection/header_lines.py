"""Header lines that the readers did not recognise: first lines of files, read as text."""

from collections.abc import Sequence

from nlp_apps.inspection.finding import Finding
from nlp_apps.inspection.label_checks import HEADER_LABELS
from nlp_apps.inspection.table import Table
from nlp_apps.text.readers.headers import SOURCE_NAMES, TARGET_NAMES
from nlp_apps.text.readers.languages import language_of

HEADER_NAMES = SOURCE_NAMES | TARGET_NAMES | HEADER_LABELS | {"title", "body", "query", "question"}
"""Names in header lines, beside languages."""


def split_headers(tables: Sequence[Table]) -> tuple[list[Table], list[Finding]]:
    """Separates header lines from the text.

    Args:
        tables: the splits.

    Returns:
        The tables without header lines, so that no other check reports them; a finding for each.
    """
    rest, findings = [], []
    for table in tables:
        rows = [row for row in range(len(table)) if _is_header(table, row)]
        findings += [_finding(table, row) for row in rows]
        rest.append(table.without(rows))
    return rest, findings


def _is_header(table: Table, row: int) -> bool:
    """Returns whether a row is the first line of a file and has only names of columns."""
    if "line" in table.columns or table.place(row)[1] != 1:
        return False
    names = [column[row].strip().strip('"').casefold() for column in table.columns.values()]
    return all(name in HEADER_NAMES or language_of(name) for name in names)


def _finding(table: Table, row: int) -> Finding:
    values = {name: column[row].strip().strip('"') for name, column in table.columns.items()}
    order = sorted(values, key=lambda name: name != "label")  # the label is the first column
    keys = " and ".join(f'data.{name}_column = "{values[name]}"' for name in order)
    listed = ", ".join(repr(values[name]) for name in order)
    return Finding(
        "header_line",
        "warning",
        1,
        f"The first line is read as text, but looks like a header line: {listed}.",
        f"Remove it, or set {keys}.",
        (table.instance(row),),
    )
