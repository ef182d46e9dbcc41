"""A report with every part, for tests."""

import struct
from pathlib import Path

from nlp_apps.plots.report import (
    Bar,
    BarChart,
    Heatmap,
    HighlightedText,
    HighlightedWord,
    Report,
    Table,
)


def heatmap(rows: int = 3, columns: int = 4) -> Heatmap:
    names = [f"word{index}" for index in range(max(rows, columns))]
    values = [[(row + column) / 10 for column in range(columns)] for row in range(rows)]
    return Heatmap("Attention", names[:rows], names[:columns], values, "rows", "columns")


def report(word: str = "word") -> Report:
    """Returns a report with every part, and a word wherever the text of a user can be."""
    marks = [
        HighlightedWord(word, highlight=1.0, bar=1.0, tooltip=word),
        HighlightedWord(",", space=False, bar=-0.5),
        HighlightedWord("\n", space=False),
        HighlightedWord(word, dim=True),
    ]
    return Report(
        word,
        (word,),
        (
            Heatmap(word, [word], [word], [[0.7]], word, word),
            BarChart(word, [Bar(word, 0.75, word), Bar("other", 0.25, "25 %")]),
            BarChart(word, [Bar(word, 1.0, word), Bar("opposed", -0.5, "-0.50")], signed=True),
            HighlightedText(word, marks, word, word, word),
            Table(word, [[word, "number"], [word, "1"]]),
        ),
        (word,),
    )


def png_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels, from the file's head."""
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", head[16:24])
