"""The confusion matrix of a classifier, as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp_apps.files import write_whole
from nlp_apps.pictures import glyphs

MOST_NUMBERS = 25
"""With more labels than this the cells are too small for numbers."""

LONGEST = 24
"""Characters of a label; a longer one is cut."""

LETTER = 0.08
"""About the width of a letter of a label, in inches."""


def draw(counts: Sequence[Sequence[int]], labels: Sequence[str], path: Path) -> None:
    """Draws how many texts of each label were given which label.

    The colour is the share of the row, so that a rare label's errors are as visible as a common
    one's.

    Args:
        counts: row i, column j: texts of label i that were given label j.
        labels: names.
        path: where to write a PNG, whole.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shares = [[count / max(sum(row), 1) for count in row] for row in counts]
    names = [glyphs.drawable(label, LONGEST) for label in labels]
    longest = max(map(len, names), default=0)
    size = min(2.2 + 0.75 * len(labels), 16.0)
    room = LETTER * longest
    figure = Figure(figsize=(size + 1.0 + room, size + room), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    # A label is no formula, whatever its dollar signs say.
    style: dict[str, Any] = {"parse_math": False, "family": glyphs.FONT}
    leaning: dict[str, Any] = {}
    if len(names) > 3 or longest > 10:
        leaning = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(range(len(names)), names, **style, **leaning)
    axes.set_yticks(range(len(names)), names, **style)
    axes.set(xlabel="given", ylabel="true")
    if len(labels) <= MOST_NUMBERS:
        for row, numbers in enumerate(counts):
            for column, number in enumerate(numbers):
                colour = "white" if shares[row][column] > 0.55 else "black"
                axes.text(column, row, f"{number:,}", ha="center", va="center", color=colour)
    figure.colorbar(image, ax=axes, label="share of the row", shrink=0.8)
    with write_whole(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
