"""Draws the confusion matrix of a classifier."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.plots import fonts

logger = logging.getLogger(__name__)

MAX_NUMBERED = 25
"""Labels up to which the cells are large enough for numbers."""

MAX_LENGTH = 24
"""Characters of a label."""

NUMBERED = "The number before a label is its position in the list that evaluate prints."

_SIZE, _NOTE_SIZE = 10.0, 8.0
"""Points."""
_MAX_FLAT = 0.8
"""Inches of the widest label up to which at most three labels are written horizontally."""
_NOTE_LINE, _MARGIN = 0.15, 0.1
"""Inches of a line of the notes, and of the margin beside them."""


def short_names(labels: Sequence[str], *, numbered: bool = False) -> list[str]:
    """Returns distinct names of at most `MAX_LENGTH` characters.

    Args:
        labels: names of the labels, in the order of rows and columns.
        numbered: whether to put its number, from 1, before each name. Names that are equal once
            truncated always get numbers.
    """
    names = [fonts.truncate(label, MAX_LENGTH) for label in labels]
    if not numbered and len(set(names)) == len(names):
        return names
    return [f"{number} {name}" for number, name in enumerate(names, start=1)]


def draw(counts: Sequence[Sequence[int]], labels: Sequence[str], path: Path) -> None:
    """Draws a confusion matrix as PNG.

    The colour is the share of the row, so that errors of rare labels are as visible as those of
    frequent ones. Labels that the font cannot show, or that are equal once truncated, get numbers.

    Args:
        counts: row i, column j: number of texts of label i that were predicted as label j.
        labels: names of the labels, in the order of rows and columns.
        path: the file, written completely or not at all.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shares = [[count / max(sum(row), 1) for count in row] for row in counts]
    drawn = [fonts.drawable(label, MAX_LENGTH) for label in labels]
    is_whole = all(fonts.is_whole(fonts.truncate(label, MAX_LENGTH)) for label in labels)
    names = short_names(drawn, numbered=not is_whole)
    notes = [fonts.NOT_WHOLE] * (not is_whole) + [NUMBERED] * (names != drawn)
    size = min(2.2 + 0.75 * len(labels), 16.0)
    name_width = max((fonts.width(name, _SIZE) for name in names), default=0.0)
    width = size + 1.0 + name_width
    lines = fonts.wrap(" ".join(notes), _NOTE_SIZE, width - 2 * _MARGIN) if notes else []
    height = size + name_width + _NOTE_LINE * len(lines)
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    if lines:
        figure.supxlabel(
            "\n".join(lines), x=_MARGIN / width, ha="left", size=_NOTE_SIZE, family=fonts.FONT
        )
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    style: dict[str, Any] = {"parse_math": False, "family": fonts.FONT, "size": _SIZE}
    shown = [fonts.in_line(name) for name in names]  # the number on the left
    tilt: dict[str, Any] = {}
    if len(names) > 3 or name_width > _MAX_FLAT:
        tilt = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(range(len(names)), shown, **style, **tilt)
    axes.set_yticks(range(len(names)), shown, **style)
    axes.set(xlabel="predicted", ylabel="true")
    if len(labels) <= MAX_NUMBERED:
        for row, numbers in enumerate(counts):
            for column, number in enumerate(numbers):
                color = "white" if shares[row][column] > 0.55 else "black"
                axes.text(column, row, f"{number:,}", ha="center", va="center", color=color)
    figure.colorbar(image, ax=axes, label="share of the row", shrink=0.8)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
    num_lacking = sum(not fonts.is_drawable(fonts.truncate(label, MAX_LENGTH)) for label in labels)
    if num_lacking:
        logger.warning(
            "%s: the font lacks characters of %d of %d labels; they are drawn as %s. The number "
            "before a label is its position in the list of scores.",
            path,
            num_lacking,
            len(labels),
            fonts.STAND_IN,
        )
