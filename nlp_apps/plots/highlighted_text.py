"""A running text whose words have a tint and a bar, in a PNG."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from typing import NamedTuple

from nlp_apps.plots import fonts
from nlp_apps.plots.png_report import AMBER, BLUE, INK, LINE, PALE, RED, WIDTH, Pen, Plan
from nlp_apps.plots.report import Mark, Tinted

MOST = 1000
"""Words that a PNG shows; a page shows all."""
LONGEST = 40
"""Characters of a word."""
MOST_DIM = 20
"""Words not looked at that are shown in a row; of more only the number is."""
GLUED = 24
"""Characters of words without blanks between that are kept on one line."""

_SIZE = 11.0
_BAR = 0.30
"""Inches of a full bar."""
_WORD = 0.25
_BLANK = 0.07
_PADDING = 0.03


class _Placed(NamedTuple):
    """A mark with its place: x and its width in inches, and its line."""

    mark: Mark
    text: str
    x: float
    width: float
    line: int


def plan(tinted: Tinted) -> Plan:
    """Plans a tinted text: lines of words, bars above them and, where it has such, below."""
    marks = folded(tinted.marks)
    placed = place(marks[:MOST])
    num_lines = max((one.line for one in placed), default=0) + 1
    below = _BAR if tinted.down_means else 0.0
    step = _BAR + _WORD + below + 0.1
    meanings = ((AMBER, tinted.tint_means), (BLUE, tinted.up_means), (RED, tinted.down_means))
    legends = [(colour, means) for colour, means in meanings if means]
    up_colour = BLUE if tinted.up_means else AMBER
    head = LINE * (1 + len(legends)) + 0.1

    def paint(pen: Pen, x: float, y: float) -> None:
        pen.text(x, y + LINE - 0.05, fonts.drawable(tinted.heading), bold=True)
        for number, (colour, means) in enumerate(legends, start=1):
            pen.box(x, y + number * LINE + 0.05, 0.13, 0.13, colour, 0.75)
            pen.text(x + 0.2, y + (number + 1) * LINE - 0.05, fonts.drawable(means), size=8.5)
        for mark, text, left, width, line in placed:
            top = y + head + line * step + _BAR  # of the word; its bar ends here
            left += x
            pen.box(left, top, width, _WORD, AMBER, 0.85 * mark.tint)
            if mark.bar > 0:
                pen.box(left, top - _BAR * mark.bar, width, _BAR * mark.bar, up_colour, 0.75)
            elif mark.bar < 0:
                pen.box(left, top + _WORD, width, -_BAR * mark.bar, RED, 0.75)
            colour = PALE if mark.dim else INK
            pen.text(left + _PADDING, top + 0.18, text, size=_SIZE, colour=colour)

    note = f"The first {MOST:,} words are shown; a page (--to FILE.html) shows all."
    hidden = len(marks) > MOST
    return Plan(WIDTH, head + num_lines * step, paint, (note,) if hidden else ())


def folded(marks: Sequence[Mark]) -> list[Mark]:
    """The marks with one dim mark, which tells their number, for each long run of dim ones."""
    found: list[Mark] = []
    for dim, run in groupby(marks, key=lambda mark: mark.dim):
        words = list(run)
        if dim and len(words) > MOST_DIM:
            words = [Mark(f"\u2026 {len(words):,} words not read \u2026", dim=True)]
        found += words
    return found


def groups(marks: Sequence[Mark]) -> Iterator[list[Mark]]:
    """Words that stay on one line: what has no blank between it, up to `GLUED` characters."""
    group: list[Mark] = []
    length = 0
    for mark in marks:
        longer = length + len(mark.text)
        if group and (mark.space or group[-1].text == "\n" or longer > GLUED):
            yield group
            group, length = [], 0
        group.append(mark)
        length += len(mark.text)
    if group:
        yield group


def place(marks: Sequence[Mark]) -> list[_Placed]:
    """Places words on lines, in the direction of their script.

    Where the first letter goes from right to left, the lines do; words of the other direction that
    stand side by side keep their own order.
    """
    placed = list(_from_left(marks))
    read = (fonts.direction(mark.text) for mark in marks if not mark.dim)
    base = next(filter(None, read), "L")
    room = max((one.x + one.width for one in placed), default=0.0)
    lines = [list(line) for _, line in groupby(placed, key=lambda one: one.line)]
    return [one for line in lines for one in _in_order(line, base, room)]


def _from_left(marks: Sequence[Mark]) -> Iterator[_Placed]:
    """Places words on lines, one on the right of another."""
    x, line = 0.0, 0
    for group in groups(marks):
        texts = [
            "\u21b5" if mark.text == "\n" else fonts.drawable(mark.text, LONGEST) for mark in group
        ]
        widths = [fonts.width(text, _SIZE) + 2 * _PADDING for text in texts]
        if group[0].space and x > 0.0:
            x += _BLANK
        if x > 0.0 and x + sum(widths) > WIDTH:
            x, line = 0.0, line + 1
        for mark, text, width in zip(group, texts, widths, strict=True):
            yield _Placed(mark, text, x, width, line)
            x += width
        if group[-1].text == "\n":
            x, line = 0.0, line + 1


def _in_order(line: list[_Placed], base: str, room: float) -> Iterator[_Placed]:
    """The words of a line that goes as `base` says, in as much room as the longest line has."""
    if base == "R":
        line = _mirrored(line, 0.0, room)
    ways = iter(_ways([fonts.direction(one.text) for one in line], base))
    for way, words in groupby(line, key=lambda _: next(ways)):
        run = list(words)
        start, end = min(one.x for one in run), max(one.x + one.width for one in run)
        yield from run if way == base else _mirrored(run, start, end)


def _ways(directions: Sequence[str], base: str) -> list[str]:
    """The direction of every word; one without letters goes with its neighbours if they agree."""
    before, after = (
        list(accumulate(words, lambda last, one: one or last, initial=base))[1:]
        for words in (directions, directions[::-1])
    )
    return [
        one if one == other else base for one, other in zip(before, reversed(after), strict=True)
    ]


def _mirrored(placed: Sequence[_Placed], start: float, end: float) -> list[_Placed]:
    """Words between two places in the opposite order."""
    return [one._replace(x=start + end - one.x - one.width) for one in placed]
