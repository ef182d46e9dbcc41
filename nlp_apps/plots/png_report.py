"""Draws a sheet as a PNG: its parts one below the other, in inches from the top left corner."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.plots import fonts
from nlp_apps.plots.report import Bars, Heatmap, Part, Sheet, Tinted

logger = logging.getLogger(__name__)

DPI = 130
WIDTH = 9.0
"""Inches between the margins that running text may have."""
NARROWEST = 6.5
MARGIN = 0.35
LINE = 0.21
"""Inches from a line of text to the next."""

INK, PALE = "#1b1f24", "#8a929c"
BLUE, RED, AMBER = "#2166ac", "#c0392b", "#f2a900"


class Pen:
    """Draws on a canvas whose unit is the inch, y downwards.

    Args:
        width, height: of the canvas.
    """

    def __init__(self, width: float, height: float):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self.axes.set(xlim=(0.0, width), ylim=(height, 0.0))
        self.axes.axis("off")

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 9.5,
        colour: str = INK,
        bold: bool = False,
        **how: Any,
    ) -> None:
        """Writes a drawable text; y is its base line unless `va` says otherwise."""
        self.axes.text(
            x,
            y,
            text,
            fontsize=size,
            color=colour,
            family=fonts.FONT,
            weight="bold" if bold else "normal",
            parse_math=False,
            **{"va": "baseline", **how},
        )

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, alpha: float = 1.0
    ) -> None:
        """Fills a rectangle."""
        from matplotlib.patches import Rectangle

        self.axes.add_patch(
            Rectangle((x, y), width, height, color=colour, alpha=alpha, linewidth=0)
        )

    def boxes(
        self,
        corners: Sequence[tuple[float, float]],
        size: tuple[float, float],
        colour: str,
        alphas: Sequence[float],
    ) -> None:
        """Fills rectangles of one size and colour, many at once."""
        from matplotlib.collections import PolyCollection
        from matplotlib.colors import to_rgb

        width, height = size
        outlines = [
            [(x, y), (x + width, y), (x + width, y + height), (x, y + height)] for x, y in corners
        ]
        colours = [(*to_rgb(colour), alpha) for alpha in alphas]
        collection = PolyCollection(outlines, facecolors=colours, linewidths=0)
        self.axes.add_collection(collection, autolim=False)


@dataclass(frozen=True)
class Plan:
    """A part that knows its size.

    Attributes:
        width, height: in inches.
        paint: draws it with a pen at x and y, its top left corner.
        notes: what must be said at the foot of the sheet.
    """

    width: float
    height: float
    paint: Callable[[Pen, float, float], None]
    notes: tuple[str, ...] = ()


def draw(sheet: Sheet, path: Path) -> None:
    """Draws a sheet, and logs a warning where the font lacks characters of it.

    Args:
        sheet: what to show.
        path: where to write a PNG, whole.
    """
    plans = [plan for part in sheet.parts if (plan := _plan(part)) is not None]
    width = max([NARROWEST, *(plan.width for plan in plans)])
    notes = [*sheet.notes, *dict.fromkeys(note for plan in plans for note in plan.notes)]
    if not all(fonts.is_whole(text) for text in _texts(sheet)):
        notes.append(f"{fonts.NOT_WHOLE} A page (--to FILE.html) is right.")
    plans = [
        paragraphs([sheet.title], width, size=13.0, bold=True),
        paragraphs(sheet.lines, width),
        *plans,
        paragraphs(notes, width, size=8.0, colour=PALE),
    ]
    plans = [plan for plan in plans if plan.height]
    gap = 0.2
    height = sum(plan.height for plan in plans) + gap * (len(plans) - 1) + 2 * MARGIN
    pen = Pen(width + 2 * MARGIN, height)
    top = MARGIN
    for plan in plans:
        plan.paint(pen, MARGIN, top)
        top += plan.height + gap
    with atomic_write(path) as temporary:
        pen.figure.savefig(temporary, dpi=DPI, format="png")
    if not all(fonts.is_drawable(text) for text in _texts(sheet)):
        logger.warning(
            "%s: the font lacks characters of the text: they are drawn as %s. For a page that has "
            "them: --to FILE.html.",
            path,
            fonts.STAND_IN,
        )


def paragraphs(
    texts: Sequence[str],
    width: float,
    *,
    size: float = 9.5,
    colour: str = INK,
    bold: bool = False,
) -> Plan:
    """Plans paragraphs of running text, whatever characters it has."""
    room = width * (0.9 if bold else 1.0)  # `wrap` measures the plain font
    lines = [line for text in texts for line in fonts.wrap(text, size, room)]
    step = LINE * size / 9.5

    def paint(pen: Pen, x: float, y: float) -> None:
        for number, line in enumerate(lines, start=1):
            pen.text(x, y + number * step - 0.05, line, size=size, colour=colour, bold=bold)

    return Plan(width, step * len(lines), paint)


def _plan(part: Part) -> Plan | None:
    """Plans a part; None for one that only pages have."""
    from nlp_apps.plots import bars, heatmap, highlighted_text

    if isinstance(part, Heatmap):
        return heatmap.plan(part)
    if isinstance(part, Tinted):
        return highlighted_text.plan(part)
    if isinstance(part, Bars):
        return bars.plan(part)
    return None


def _texts(sheet: Sheet) -> Iterator[str]:
    """All texts that come from the user."""
    yield from sheet.lines
    for part in sheet.parts:
        if isinstance(part, Heatmap):
            yield from (*part.rows, *part.columns)
        elif isinstance(part, Tinted):
            yield from (mark.text for mark in part.marks)
        elif isinstance(part, Bars):
            yield from (bar.name for bar in part.bars)
