"""Places the words of a highlighted text on lines, in the direction of their script."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from typing import NamedTuple

from nlp_apps.plots import fonts
from nlp_apps.plots.report import HighlightedWord

MAX_WORD_LENGTH = 40
"""Characters."""
MAX_GROUP_LENGTH = 24
"""Characters of words without spaces between them that stay on one line."""

SIZE = 11.0
"""Points."""
PADDING = 0.03
_SPACE = 0.07
"""Inches."""


class PlacedWord(NamedTuple):
    """A word with its place: the line, x and width in inches."""

    word: HighlightedWord
    text: str
    x: float
    width: float
    line: int


def groups(words: Sequence[HighlightedWord]) -> Iterator[list[HighlightedWord]]:
    """Yields words that stay on one line: no spaces between, up to `MAX_GROUP_LENGTH`."""
    group: list[HighlightedWord] = []
    length = 0
    for word in words:
        new_length = length + len(word.text)
        if group and (word.space or group[-1].text == "\n" or new_length > MAX_GROUP_LENGTH):
            yield group
            group, length = [], 0
        group.append(word)
        length += len(word.text)
    if group:
        yield group


def place(words: Sequence[HighlightedWord], max_width: float) -> list[PlacedWord]:
    """Places words on lines of at most `max_width` inches.

    If the first letter belongs to a right-to-left script, the lines run from right to left. Words
    of the other direction keep their own order among themselves.
    """
    placed = list(_place_from_left(words, max_width))
    directions = (fonts.direction(word.text) for word in words if not word.dim)
    base = next(filter(None, directions), "L")
    width = max((one.x + one.width for one in placed), default=0.0)
    lines = [list(line) for _, line in groupby(placed, key=lambda one: one.line)]
    return [one for line in lines for one in _reorder(line, base, width)]


def _place_from_left(words: Sequence[HighlightedWord], max_width: float) -> Iterator[PlacedWord]:
    """Places words on lines from left to right."""
    x, line = 0.0, 0
    for group in groups(words):
        texts = [
            "\u21b5" if word.text == "\n" else fonts.drawable(word.text, MAX_WORD_LENGTH)
            for word in group
        ]
        widths = [fonts.width(text, SIZE) + 2 * PADDING for text in texts]
        if group[0].space and x > 0.0:
            x += _SPACE
        if x > 0.0 and x + sum(widths) > max_width:
            x, line = 0.0, line + 1
        for word, text, width in zip(group, texts, widths, strict=True):
            yield PlacedWord(word, text, x, width, line)
            x += width
        if group[-1].text == "\n":
            x, line = 0.0, line + 1


def _reorder(line: list[PlacedWord], base: str, width: float) -> Iterator[PlacedWord]:
    """Yields the words of a line in direction `base`, aligned in `width` inches."""
    if base == "R":
        line = _mirror(line, 0.0, width)
    directions = iter(_resolve([fonts.direction(one.text) for one in line], base))
    for direction, words in groupby(line, key=lambda _: next(directions)):
        run = list(words)
        start, end = min(one.x for one in run), max(one.x + one.width for one in run)
        yield from run if direction == base else _mirror(run, start, end)


def _resolve(directions: Sequence[str], base: str) -> list[str]:
    """Resolves words without letters: the direction of both neighbours if equal, or `base`."""
    before, after = (
        list(accumulate(words, lambda last, one: one or last, initial=base))[1:]
        for words in (directions, directions[::-1])
    )
    return [
        one if one == other else base for one, other in zip(before, reversed(after), strict=True)
    ]


def _mirror(placed: Sequence[PlacedWord], start: float, end: float) -> list[PlacedWord]:
    """Mirrors words between two places."""
    return [one._replace(x=start + end - one.x - one.width) for one in placed]
