"""What every `explain` gives: a picture to draw and a few lines to print."""

from collections.abc import Sequence
from dataclasses import dataclass

from nlp_apps.plots.report import Sheet


@dataclass(frozen=True)
class Explained:
    """An explanation of one answer.

    Attributes:
        sheet: the picture.
        answer: what the model said, on one line.
        rows: the words that count most, for the terminal; the first row names the columns.
    """

    sheet: Sheet
    answer: str
    rows: Sequence[Sequence[str]]
