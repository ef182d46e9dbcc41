"""Markdown tables."""

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Returns the lines of a table.

    Args:
        header: names of the columns.
        rows: as many cells in each row.

    Raises:
        ValueError: a row has another number of cells.
    """
    lines = [list(header), ["---"] * len(header), *(list(map(str, row)) for row in rows)]
    if any(len(line) != len(header) for line in lines):
        raise ValueError(f"a row has not {len(header)} cells")
    return [f"| {' | '.join(line)} |" for line in lines]


def command(module: str, flags: str = "") -> list[str]:
    """Returns a code block with the command of a benchmark."""
    return ["```", f".venv/bin/python -m benchmarks.{module}{' ' + flags if flags else ''}", "```"]
