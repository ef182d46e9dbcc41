"""Draws a text whose words have a background and bars."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from nlp_apps.plots import fonts
from nlp_apps.plots.block import (
    AMBER,
    BLUE,
    INK,
    LINE,
    MAX_WIDTH,
    PALE,
    RED,
    Block,
    write,
    write_heading,
)
from nlp_apps.plots.report import HighlightedText, HighlightedWord
from nlp_apps.plots.text_flow import PADDING, SIZE, place

MAX_WORDS = 1000
"""Words of a PNG; HTML has all."""
MAX_DIM = 20
"""Consecutive words that were not read up to which they are shown; of more, the number is."""

_BAR = 0.30
"""Inches of a full bar."""
_WORD = 0.25
_BAR_ALPHA, _HIGHLIGHT_ALPHA = 0.75, 0.85


def layout(part: HighlightedText) -> Block:
    """Lays out a highlighted text; from the top: heading, legend, lines of words with bars."""
    words = fold_dim(part.words)
    placed = place(words[:MAX_WORDS], MAX_WIDTH)
    num_lines = max((one.line for one in placed), default=0) + 1
    step = _BAR + _WORD + (_BAR if part.down_label else 0.0) + 0.1
    labels = ((AMBER, part.highlight_label), (BLUE, part.up_label), (RED, part.down_label))
    legend = [(color, label) for color, label in labels if label]
    top = LINE * (1 + len(legend)) + 0.1
    width, height = MAX_WIDTH, num_lines * step

    def draw(axes: Any) -> None:
        axes.set(xlim=(0.0, width), ylim=(height, 0.0))
        axes.axis("off")
        write_heading(axes, 0.0, -top, part.heading)
        for number, (color, label) in enumerate(legend, start=1):
            y = (number + 1) * LINE - 0.05 - top
            write(axes, -0.02, y, "\u25a0", size=13.5, color=color, alpha=_BAR_ALPHA)
            write(axes, 0.2, y, fonts.drawable(label), size=8.5)
        if not placed:
            return
        lefts, widths = [one.x for one in placed], [one.width for one in placed]
        tops = [one.line * step + _BAR for one in placed]  # of the word, below its bar
        _fill(
            axes,
            lefts,
            tops,
            widths,
            [_WORD] * len(placed),
            AMBER,
            [_HIGHLIGHT_ALPHA * one.word.highlight for one in placed],
        )
        ups = [-_BAR * max(one.word.bar, 0.0) for one in placed]
        downs = [_BAR * max(-one.word.bar, 0.0) for one in placed]
        _fill(axes, lefts, tops, widths, ups, BLUE if part.up_label else AMBER)
        _fill(axes, lefts, [top + _WORD for top in tops], widths, downs, RED)
        for one, top_of_word in zip(placed, tops, strict=True):
            color = PALE if one.word.dim else INK
            write(axes, one.x + PADDING, top_of_word + 0.18, one.text, size=SIZE, color=color)

    note = f"The first {MAX_WORDS:,} words are shown; HTML (--output FILE.html) shows all."
    return Block(
        width,
        top + height,
        draw,
        top=top,
        axes_height=height,
        notes=(note,) if len(words) > MAX_WORDS else (),
    )


def _fill(
    axes: Any,
    lefts: Sequence[float],
    tops: Sequence[float],
    widths: Sequence[float],
    heights: Sequence[float],
    color: str,
    alphas: Sequence[float] | None = None,
) -> None:
    """Fills rectangles of one colour; a negative height goes up from the top."""
    from matplotlib.colors import to_rgba

    colors = [to_rgba(color, alpha) for alpha in alphas or [_BAR_ALPHA] * len(lefts)]
    axes.bar(lefts, heights, widths, tops, align="edge", color=colors)


def fold_dim(words: Sequence[HighlightedWord]) -> list[HighlightedWord]:
    """Replaces each long run of dim words by one dim word with their number."""
    folded: list[HighlightedWord] = []
    for is_dim, run in groupby(words, key=lambda word: word.dim):
        same = list(run)
        if is_dim and len(same) > MAX_DIM:
            same = [HighlightedWord(f"\u2026 {len(same):,} words not read \u2026", dim=True)]
        folded += same
    return folded
