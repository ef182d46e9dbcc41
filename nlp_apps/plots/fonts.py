"""What the font of the pictures can show, and how wide it is."""

import unicodedata
from functools import cache, lru_cache
from typing import Any

FONT = "DejaVu Sans"
"""Comes with matplotlib, so that a picture is the same everywhere."""

STAND_IN = "\u25a1"
"""Drawn for a character that the font lacks."""

NOT_WHOLE = (
    f"{STAND_IN} stands for a character that this picture's font lacks, and right-to-left scripts "
    "may be drawn letter by letter."
)
"""The note of a picture of which a text is not whole."""

_JOINERS_AND_MARKS = frozenset("\u200c\u200d\u200e\u200f")
"""Parts of words that have no width of their own."""
_FROM_RIGHT = ("R", "AL")
"""Kinds of letters that are written from right to left, as `unicodedata` names them."""


@cache
def _font(bold: bool) -> tuple[Any, frozenset[int]]:
    """The font, and the characters that it has."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    weight = "bold" if bold else "normal"
    font = get_font(findfont(FontProperties(family=FONT, weight=weight)))
    return font, frozenset(font.get_charmap())


def cut(text: str, longest: int) -> str:
    """The text, with an ellipsis as its last character where it has more than `longest`."""
    return text if len(text) <= longest else text[: longest - 1] + "\u2026"


@lru_cache(maxsize=4096)
def drawable(text: str, longest: int = 0) -> str:
    """The text as the font can show it.

    Args:
        text: any text.
        longest: characters after which it is cut, and ends in an ellipsis; 0: never.

    Returns:
        The text with blanks for line ends and tabs, and `STAND_IN` for what the font lacks.
    """
    has = _font(False)[1] & _font(True)[1]
    shown = "".join(
        " " if one.isspace() else one if ord(one) in has and _is_shown(one) else STAND_IN
        for one in unicodedata.normalize("NFC", text)
    )
    return cut(shown, longest) if longest else shown


def _is_shown(one: str) -> bool:
    return one.isprintable() or one in _JOINERS_AND_MARKS


def is_drawable(text: str) -> bool:
    """Whether the font has every character of the text."""
    plain = unicodedata.normalize("NFC", text)
    return drawable(text) == "".join(" " if one.isspace() else one for one in plain)


def is_whole(text: str) -> bool:
    """Whether the picture shows the text as it is: every character, and from left to right."""
    return is_drawable(text) and not any(map(_is_from_right, text))


def direction(text: str) -> str:
    """Where the first letter starts: "L" at the left, "R" at the right; "" where there is none."""
    for one in text:
        if _is_from_right(one):
            return "R"
        if unicodedata.bidirectional(one) == "L":
            return "L"
    return ""


def in_line(name: str) -> str:
    """A name for a line that goes from left to right, between marks where its script does not.

    Without them what follows `name`, a colon or a number, would stand on its left.
    """
    return f"\u200e{name}\u200e" if any(map(_is_from_right, name)) else name


def _is_from_right(one: str) -> bool:
    return unicodedata.bidirectional(one) in _FROM_RIGHT


@lru_cache(maxsize=4096)
def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a drawable text is.

    Args:
        text: as `drawable` gives it.
        size: of the font, in points.
        bold: in bold type.

    Returns:
        Inches.
    """
    font = _font(bold)[0]
    font.set_size(100, 72)  # so large that the width of a letter is not rounded to a pixel
    font.set_text(text, 0.0)
    return font.get_width_height()[0] / 64 / 100 * size / 72


def wrap(text: str, size: float, room: float) -> list[str]:
    """Breaks a text at its blanks into lines of at most `room` inches, drawable ones."""
    lines: list[str] = []
    for word in drawable(text).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
