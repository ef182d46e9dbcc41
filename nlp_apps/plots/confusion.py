"""The confusion matrix of a classifier, as a picture."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.plots import fonts

logger = logging.getLogger(__name__)

MOST_NUMBERS = 25
"""With more labels than this the cells are too small for numbers."""

LONGEST = 24
"""Characters of a label; a longer one is cut."""

NUMBERED = "Each label begins with its number: its place in the list that evaluate prints."

_SIZE, _NOTE_SIZE = 10.0, 8.0
"""Points."""
_FLAT = 0.8
"""Inches of a label that fits below its column, of which there are at most three."""
_NOTE_LINE, _MARGIN = 0.15, 0.1
"""Inches from a line of the notes to the next, and beside them."""


def short_names(labels: Sequence[str], *, numbered: bool = False) -> list[str]:
    """Names of at most `LONGEST` characters, no two alike, for the head and rows of the table.

    Args:
        labels: names.
        numbered: put its number, from 1, before each name, even if no two cut names are alike.
    """
    names = [fonts.cut(label, LONGEST) for label in labels]
    if not numbered and len(set(names)) == len(names):
        return names
    return [f"{number} {name}" for number, name in enumerate(names, start=1)]


def draw(counts: Sequence[Sequence[int]], labels: Sequence[str], path: Path) -> None:
    """Draws how many texts of each label were given which label.

    The colour is the share of the row, so that a rare label's errors are as visible as a common
    one's. Labels that the font cannot show whole, or that look alike when they are cut, get
    numbers, and the picture says so.

    Args:
        counts: row i, column j: texts of label i that were given label j.
        labels: names.
        path: where to write a PNG, whole.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shares = [[count / max(sum(row), 1) for count in row] for row in counts]
    drawn = [fonts.drawable(label, LONGEST) for label in labels]
    whole = all(fonts.is_whole(fonts.cut(label, LONGEST)) for label in labels)
    names = short_names(drawn, numbered=not whole)
    notes = [fonts.NOT_WHOLE] * (not whole) + [NUMBERED] * (names != drawn)
    size = min(2.2 + 0.75 * len(labels), 16.0)
    room = max((fonts.width(name, _SIZE) for name in names), default=0.0)
    width = size + 1.0 + room
    lines = fonts.wrap(" ".join(notes), _NOTE_SIZE, width - 2 * _MARGIN) if notes else []
    height = size + room + _NOTE_LINE * len(lines)
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    if lines:
        figure.supxlabel(
            "\n".join(lines), x=_MARGIN / width, ha="left", size=_NOTE_SIZE, family=fonts.FONT
        )
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    # A label is no formula, whatever its dollar signs say.
    style: dict[str, Any] = {"parse_math": False, "family": fonts.FONT, "size": _SIZE}
    shown = [fonts.in_line(name) for name in names]  # the number on the left
    leaning: dict[str, Any] = {}
    if len(names) > 3 or room > _FLAT:
        leaning = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(range(len(names)), shown, **style, **leaning)
    axes.set_yticks(range(len(names)), shown, **style)
    axes.set(xlabel="given", ylabel="true")
    if len(labels) <= MOST_NUMBERS:
        for row, numbers in enumerate(counts):
            for column, number in enumerate(numbers):
                colour = "white" if shares[row][column] > 0.55 else "black"
                axes.text(column, row, f"{number:,}", ha="center", va="center", color=colour)
    figure.colorbar(image, ax=axes, label="share of the row", shrink=0.8)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
    lacking = sum(not fonts.is_drawable(fonts.cut(label, LONGEST)) for label in labels)
    if lacking:
        logger.warning(
            "%s: the font lacks characters of %d of %d labels: they are drawn as %s. Tell the "
            "labels by their numbers, which are their places in the list of scores.",
            path,
            lacking,
            len(labels),
            fonts.STAND_IN,
        )
