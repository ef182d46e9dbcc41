"""Characters and widths of the font of the pictures."""

import unicodedata
from functools import cache, lru_cache
from typing import Any

FONT = "DejaVu Sans"
"""Included in matplotlib, so that a picture is the same on every machine."""

STAND_IN = "\u25a1"
"""Replaces a character that the font lacks."""

NOT_WHOLE = (
    f"{STAND_IN} replaces a character that the font of this picture lacks, and letters of "
    "right-to-left scripts may be unconnected."
)
"""Note of a picture that shows a text incompletely."""

_JOINERS_AND_MARKS = frozenset("\u200c\u200d\u200e\u200f")
"""Parts of words without width."""
_RIGHT_TO_LEFT = ("R", "AL")
"""Bidirectional classes of letters of right-to-left scripts."""


@cache
def _font(bold: bool) -> tuple[Any, frozenset[int]]:
    """Returns the font and its characters."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    weight = "bold" if bold else "normal"
    font = get_font(findfont(FontProperties(family=FONT, weight=weight)))
    return font, frozenset(font.get_charmap())


def truncate(text: str, max_length: int) -> str:
    """Truncates a text to `max_length` characters, the last of which is then an ellipsis."""
    return text if len(text) <= max_length else text[: max_length - 1] + "\u2026"


@lru_cache(maxsize=4096)
def drawable(text: str, max_length: int = 0) -> str:
    """Replaces the characters that the font lacks.

    Args:
        text: any text.
        max_length: maximum number of characters, as in `truncate`; 0: no maximum.

    Returns:
        The text with a space for each newline and tab, and `STAND_IN` for each character that the
        font lacks.
    """
    known = _font(False)[1] & _font(True)[1]
    shown = "".join(
        " " if one.isspace() else one if ord(one) in known and _is_shown(one) else STAND_IN
        for one in unicodedata.normalize("NFC", text)
    )
    return truncate(shown, max_length) if max_length else shown


def _is_shown(character: str) -> bool:
    return character.isprintable() or character in _JOINERS_AND_MARKS


def is_drawable(text: str) -> bool:
    """Returns whether the font has every character of the text."""
    plain = unicodedata.normalize("NFC", text)
    return drawable(text) == "".join(" " if one.isspace() else one for one in plain)


def is_whole(text: str) -> bool:
    """Returns whether a picture shows the text correctly: all characters, left to right."""
    return is_drawable(text) and not any(map(_is_right_to_left, text))


def direction(text: str) -> str:
    """Returns the direction of the first letter: "L", "R", or "" for a text without letters."""
    for character in text:
        if _is_right_to_left(character):
            return "R"
        if unicodedata.bidirectional(character) == "L":
            return "L"
    return ""


def in_line(name: str) -> str:
    """Encloses a right-to-left name in left-to-right marks.

    Without the marks, a colon or number after the name is drawn on its left.
    """
    return f"\u200e{name}\u200e" if any(map(_is_right_to_left, name)) else name


def _is_right_to_left(character: str) -> bool:
    return unicodedata.bidirectional(character) in _RIGHT_TO_LEFT


@lru_cache(maxsize=4096)
def width(text: str, size: float, *, bold: bool = False) -> float:
    """Returns the width of a drawable text in inches, at a size in points."""
    font = _font(bold)[0]
    font.set_size(100, 72)  # large, so that the width of a letter is not rounded to a pixel
    font.set_text(text, 0.0)
    return font.get_width_height()[0] / 64 / 100 * size / 72


def wrap(text: str, size: float, max_width: float) -> list[str]:
    """Breaks a text at spaces into drawable lines of at most `max_width` inches."""
    lines: list[str] = []
    for word in drawable(text).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size) <= max_width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
