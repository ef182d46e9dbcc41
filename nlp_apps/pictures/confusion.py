"""The confusion matrix of a classifier, as a picture."""

from collections.abc import Sequence
from pathlib import Path

from nlp_apps.files import write_whole

MOST_NUMBERS = 25
"""With more labels than this the cells are too small for numbers."""


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
    size = min(2.2 + 0.75 * len(labels), 16.0)
    figure = Figure(figsize=(size + 1.0, size), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    axes.set_xticks(range(len(labels)), labels, rotation=45 if len(labels) > 3 else 0)
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel="given", ylabel="true")
    if len(labels) <= MOST_NUMBERS:
        for row, numbers in enumerate(counts):
            for column, number in enumerate(numbers):
                colour = "white" if shares[row][column] > 0.55 else "black"
                axes.text(column, row, f"{number:,}", ha="center", va="center", color=colour)
    figure.colorbar(image, ax=axes, label="share of the row", shrink=0.8)
    with write_whole(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
