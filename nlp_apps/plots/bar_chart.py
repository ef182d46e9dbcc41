"""Draws a bar chart: name, bar and label in a row."""

from typing import Any

from nlp_apps.plots import fonts
from nlp_apps.plots.block import (
    BLUE,
    HEADING,
    INK,
    MAX_WIDTH,
    PALE,
    RED,
    TEXT_SIZE,
    Block,
    write,
    write_heading,
)
from nlp_apps.plots.report import BarChart

MAX_NAME_LENGTH = 40
"""Characters."""

_ROW = 0.25
_GAP = 0.12
_TRACK = "#e8ebef"


def layout(chart: BarChart) -> Block:
    """Lays out a bar chart; colours show the prediction, or the signs."""
    names = [fonts.drawable(bar.name, MAX_NAME_LENGTH) for bar in chart.bars]
    labels = [fonts.drawable(bar.label) for bar in chart.bars]
    left = max(fonts.width(name, TEXT_SIZE) for name in names) + _GAP
    right = max(fonts.width(label, TEXT_SIZE) for label in labels) + _GAP
    width, height = min(MAX_WIDTH - left - right, 5.0), _ROW * len(chart.bars)

    def draw(axes: Any) -> None:
        rows = range(len(chart.bars))
        lengths = [bar.length for bar in chart.bars]
        low = -1.0 if chart.signed else 0.0
        colors = [BLUE, *[PALE] * (len(lengths) - 1)]
        if chart.signed:
            colors = [BLUE if length >= 0.0 else RED for length in lengths]
        axes.barh(rows, 1.0 - low, 0.56, low, color=_TRACK)
        axes.barh(rows, lengths, 0.56, color=colors)
        axes.set(xlim=(low, 1.0), ylim=(len(lengths) - 0.5, -0.5))
        axes.axis("off")
        write_heading(axes, -left, -HEADING, chart.heading)
        for row, (name, label) in enumerate(zip(names, labels, strict=True)):
            y = (row + 0.5) * _ROW
            write(axes, -left, y, name, va="center", color=INK)
            write(axes, width + _GAP, y, label, va="center", color=INK)

    return Block(
        left + width + right,
        HEADING + height,
        draw,
        left=left,
        top=HEADING,
        axes_width=width,
        axes_height=height,
    )
