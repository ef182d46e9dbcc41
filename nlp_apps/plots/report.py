"""What a picture shows, before anyone decides whether it becomes a PNG or a page.

All numbers are scaled by whoever makes the sheet; the drawing knows no model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

FULL = 0.7
"""Above this shade of a heatmap, numbers are written in the opposite of the ink."""


@dataclass(frozen=True)
class Heatmap:
    """A table of shades.

    Attributes:
        heading: one line.
        rows: names, from the top.
        columns: names, from the left.
        values: a row of numbers for each of `rows`.
        row_name: what the rows are.
        column_name: what the columns are.
        low: value without colour.
        high: value in full colour.
    """

    heading: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float]]
    row_name: str = ""
    column_name: str = ""
    low: float = 0.0
    high: float = 1.0

    def shade(self, value: float) -> float:
        """How much colour a value gets, from 0 to 1."""
        return min(max((value - self.low) / max(self.high - self.low, 1e-9), 0.0), 1.0)


@dataclass(frozen=True)
class Mark:
    """A word of a tinted text.

    Attributes:
        text: the word; a line end ends the line.
        space: whether a blank stands before it.
        tint: from 0 to 1.
        bar: from -1 (down) to 1 (up).
        tip: its numbers in words.
        dim: show it pale, as something that was not looked at.
    """

    text: str
    space: bool = True
    tint: float = 0.0
    bar: float = 0.0
    tip: str = ""
    dim: bool = False


@dataclass(frozen=True)
class Tinted:
    """A running text whose words have a tint and a bar.

    Attributes:
        heading: one line.
        marks: the words.
        tint_means: what the tint says, with its scale.
        up_means: what a bar above a word says, with its scale; empty: the same as the tint.
        down_means: what a bar below a word says; empty where there are none.
    """

    heading: str
    marks: Sequence[Mark]
    tint_means: str
    up_means: str = ""
    down_means: str = ""


@dataclass(frozen=True)
class Bar:
    """A named bar: its length is a share from 0 to 1, `label` says it in words."""

    name: str
    share: float
    label: str


@dataclass(frozen=True)
class Bars:
    """Bars one below the other; the first is the answer."""

    heading: str
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Table:
    """Numbers in words, on pages only; the first row names the columns."""

    heading: str
    rows: Sequence[Sequence[str]]


Part = Heatmap | Tinted | Bars | Table


@dataclass(frozen=True)
class Sheet:
    """A whole picture.

    Attributes:
        title: one line.
        lines: what stands below it, a paragraph each.
        parts: from the top.
        notes: what stands at the foot, a paragraph each.
    """

    title: str
    lines: Sequence[str] = ()
    parts: Sequence[Part] = field(default=())
    notes: Sequence[str] = ()


SUFFIXES = (".png", ".html")
"""Kinds of files that a sheet can become."""


def write(sheet: Sheet, path: Path) -> None:
    """Draws a sheet.

    Args:
        sheet: what to show.
        path: where to write, whole; its suffix, one of `SUFFIXES`, says what it becomes.

    Raises:
        ValueError: it has another suffix.
        WorkError: it cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix == ".html":
        from nlp_apps.plots import html_report

        html_report.write(sheet, path)
    elif suffix == ".png":
        from nlp_apps.plots import png_report

        png_report.draw(sheet, path)
    else:
        raise ValueError(f"a picture ends in {' or '.join(SUFFIXES)}; got {path}")
