"""Draws precision, recall and F1 of each label, for texts with several labels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.plots import fonts
from nlp_apps.plots.block import BLUE

MAX_LABELS = 60
"""Labels that are drawn; of more, the most frequent ones."""

MAX_LENGTH = 24
"""Characters of a label."""

SCORES = {
    "f1": ("F1", BLUE),
    "precision": ("precision", "#8a94a3"),
    "recall": ("recall", "#c9d1dc"),
}
"""Score -> name and colour, from the top."""

_ROW = 0.42
"""Inches of a label."""


def draw(labels: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Draws three bars for each label as PNG, the most frequent label at the top.

    Args:
        labels: precision, recall, f1 and support by label.
        path: the file, written completely or not at all.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ranked = sorted(labels, key=lambda label: -labels[label]["support"])[:MAX_LABELS]
    names = [
        f"{fonts.in_line(fonts.drawable(label, MAX_LENGTH))} ({labels[label]['support']:,})"
        for label in ranked
    ]
    width = 6.5 + max((fonts.width(name, 10.0) for name in names), default=0.0)
    figure = Figure(figsize=(width, 1.2 + _ROW * len(ranked)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    height = 0.8 / len(SCORES)
    for index, (key, (name, color)) in enumerate(SCORES.items()):
        rows = [row + (index - 1) * height for row in range(len(ranked))]
        values = [labels[label][key] for label in ranked]
        axes.barh(rows, values, height, color=color, label=name)
    axes.set_yticks(range(len(names)), names, parse_math=False, family=fonts.FONT, size=10.0)
    axes.set(xlim=(0.0, 1.0), ylim=(len(names) - 0.4, -0.6), xlabel="score; texts in parentheses")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(SCORES), frameon=False)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
