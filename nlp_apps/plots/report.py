"""Contents of a report: plain data that `png_report` draws and `html_report` writes."""

from collections.abc import Sequence
from dataclasses import dataclass

WHITE_ABOVE = 0.7
"""Cells of a heatmap with a shade above this have white numbers."""


@dataclass(frozen=True)
class Heatmap:
    """A matrix of numbers as shades.

    Attributes:
        heading: One line.
        rows: Names of the rows, from the top.
        columns: Names of the columns, from the left.
        values: A list of numbers for each row.
        row_title: Title of the rows.
        column_title: Title of the columns.
        low: Value of the lightest shade.
        high: Value of the darkest shade.
    """

    heading: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float]]
    row_title: str = ""
    column_title: str = ""
    low: float = 0.0
    high: float = 1.0

    def shade(self, value: float) -> float:
        """Returns the shade of a value, from 0 (lightest) to 1 (darkest)."""
        return min(max((value - self.low) / max(self.high - self.low, 1e-9), 0.0), 1.0)


@dataclass(frozen=True)
class HighlightedWord:
    """A word of a highlighted text.

    Attributes:
        text: The word; a newline ends the line.
        space: Whether a space precedes it.
        highlight: Background, from 0 to 1.
        bar: Bar above (up to 1) or below (down to -1) the word.
        tooltip: Its numbers as text, for HTML.
        dim: Whether it is pale, because the model did not read it.
    """

    text: str
    space: bool = True
    highlight: float = 0.0
    bar: float = 0.0
    tooltip: str = ""
    dim: bool = False


@dataclass(frozen=True)
class HighlightedText:
    """A text whose words have a background and a bar.

    Attributes:
        heading: One line.
        words: The words.
        highlight_label: Legend of the background, with its scale.
        up_label: Legend of a bar above a word, with its scale. Empty: that of the background.
        down_label: Legend of a bar below a word. Empty: there are no such bars.
    """

    heading: str
    words: Sequence[HighlightedWord]
    highlight_label: str
    up_label: str = ""
    down_label: str = ""


@dataclass(frozen=True)
class Bar:
    """A named bar with a length from 0 to 1, in a signed chart from -1 to 1, and it as text."""

    name: str
    length: float
    label: str


@dataclass(frozen=True)
class BarChart:
    """Horizontal bars.

    Attributes:
        heading: One line.
        bars: The bars, from the top; unless `signed`, the first is the prediction.
        signed: Whether bars start in the middle: positive ones go right, negative ones left.
    """

    heading: str
    bars: Sequence[Bar]
    signed: bool = False


@dataclass(frozen=True)
class Table:
    """A table, in HTML only; its first row is the header."""

    heading: str
    rows: Sequence[Sequence[str]]


Part = Heatmap | HighlightedText | BarChart | Table


@dataclass(frozen=True)
class Report:
    """A whole report.

    Attributes:
        title: One line.
        paragraphs: Text below the title.
        parts: Parts, from the top.
        notes: Paragraphs at the bottom.
    """

    title: str
    paragraphs: Sequence[str] = ()
    parts: Sequence[Part] = ()
    notes: Sequence[str] = ()
