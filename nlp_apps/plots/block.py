"""A block of a PNG report: a drawing that knows its size in inches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nlp_apps.plots import fonts

INK, PALE = "#1b1f24", "#8a929c"
BLUE, RED, AMBER = "#2166ac", "#c0392b", "#f2a900"

MAX_WIDTH = 9.0
"""Inches of running text."""
LINE = 0.21
"""Inches from a line of text to the next."""
HEADING = LINE + 0.06
"""Inches of a heading."""
TEXT_SIZE, SMALL_SIZE = 9.5, 8.0
"""Points."""


@dataclass(frozen=True)
class Block:
    """A drawing of known size; all sizes are inches.

    Attributes:
        width: Width.
        height: Height.
        draw: Draws on axes.
        left: Distance of the axes from the left edge.
        top: Distance of the axes from the top edge.
        axes_width: Width of the axes. Default: the width of the block.
        axes_height: Height of the axes. Default: the height of the block.
        notes: Sentences for the bottom of the report.
    """

    width: float
    height: float
    draw: Callable[[Any], None]
    left: float = 0.0
    top: float = 0.0
    axes_width: float | None = None
    axes_height: float | None = None
    notes: tuple[str, ...] = ()


def write(axes: Any, x: float, y: float, text: str, **style: Any) -> None:
    """Writes a drawable text, without TeX: a dollar sign is a dollar sign.

    Args:
        axes: the axes.
        x: inches to the right of the axes' top left corner.
        y: inches down from that corner to the baseline.
        text: the text, as `fonts.drawable` returns it.
        style: style of matplotlib's text.
    """
    axes.annotate(
        text,
        (0.0, 1.0),
        (72 * x, -72 * y),
        xycoords="axes fraction",
        textcoords="offset points",
        annotation_clip=False,
        **{
            "size": TEXT_SIZE,
            "color": INK,
            "family": fonts.FONT,
            "va": "baseline",
            "parse_math": False,
            **style,
        },
    )


def write_heading(axes: Any, x: float, y: float, heading: str) -> None:
    """Writes the heading of a part; x and y inches are its top left corner, as in `write`."""
    write(axes, x, y + LINE - 0.05, fonts.drawable(heading), weight="bold")


def paragraphs(
    texts: Sequence[str],
    width: float,
    *,
    size: float = TEXT_SIZE,
    color: str = INK,
    weight: str = "normal",
) -> Block:
    """Lays out paragraphs of text with any characters, `width` inches wide."""
    max_width = width * (1.0 if weight == "normal" else 0.9)  # `wrap` measures the regular font
    lines = [line for text in texts for line in fonts.wrap(text, size, max_width)]
    step = LINE * size / TEXT_SIZE

    def draw(axes: Any) -> None:
        axes.axis("off")
        for number, line in enumerate(lines, start=1):
            write(axes, 0.0, number * step - 0.05, line, size=size, color=color, weight=weight)

    return Block(width, step * len(lines), draw)
