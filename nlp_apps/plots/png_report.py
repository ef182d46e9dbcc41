"""Draws a report as PNG: its blocks from top to bottom."""

import logging
from collections.abc import Iterator
from pathlib import Path

from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.plots import bar_chart, fonts, heatmap, highlighted_text
from nlp_apps.plots.block import PALE, SMALL_SIZE, Block, paragraphs
from nlp_apps.plots.report import BarChart, Heatmap, HighlightedText, Part, Report

logger = logging.getLogger(__name__)

DPI = 130
MIN_WIDTH = 6.5
_MARGIN, _GAP = 0.35, 0.2
"""Inches."""


def draw(report: Report, path: Path) -> None:
    """Draws a report as PNG; logs a warning if the font lacks characters of it.

    Args:
        report: the report.
        path: the file, written completely or not at all.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    blocks = layout(report)
    width = max(block.width for block in blocks) + 2 * _MARGIN
    height = sum(block.height + _GAP for block in blocks) - _GAP + 2 * _MARGIN
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    top = _MARGIN
    for block in blocks:
        axes_width = block.width if block.axes_width is None else block.axes_width
        axes_height = block.height if block.axes_height is None else block.axes_height
        bottom = height - top - block.top - axes_height
        box = (_MARGIN + block.left) / width, bottom / height
        block.draw(figure.add_axes((*box, axes_width / width, axes_height / height)))
        top += block.height + _GAP
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=DPI, format="png")
    if not all(map(fonts.is_drawable, _texts(report))):
        logger.warning(
            "%s: the font lacks characters of the text; they are drawn as %s. Write HTML instead: "
            "--output FILE.html.",
            path,
            fonts.STAND_IN,
        )


def layout(report: Report) -> list[Block]:
    """Lays out the blocks of a report, from the top."""
    parts = [block for part in report.parts if (block := _layout(part)) is not None]
    width = max([MIN_WIDTH, *(block.width for block in parts)])
    notes = [*report.notes, *dict.fromkeys(note for block in parts for note in block.notes)]
    if not all(map(fonts.is_whole, _texts(report))):
        notes.append(f"{fonts.NOT_WHOLE} HTML (--output FILE.html) shows them correctly.")
    blocks = [
        paragraphs([report.title], width, size=13.0, weight="bold"),
        paragraphs(report.paragraphs, width),
        *parts,
        paragraphs(notes, width, size=SMALL_SIZE, color=PALE),
    ]
    return [block for block in blocks if block.height]


def _layout(part: Part) -> Block | None:
    """Lays out a part; None for a table, which only HTML has."""
    if isinstance(part, Heatmap):
        return heatmap.layout(part)
    if isinstance(part, HighlightedText):
        return highlighted_text.layout(part)
    if isinstance(part, BarChart):
        return bar_chart.layout(part)
    return None


def _texts(report: Report) -> Iterator[str]:
    """Yields all texts of the user."""
    yield from report.paragraphs
    for part in report.parts:
        if isinstance(part, Heatmap):
            yield from (*part.rows, *part.columns)
        elif isinstance(part, HighlightedText):
            yield from (word.text for word in part.words)
        elif isinstance(part, BarChart):
            yield from (bar.name for bar in part.bars)
