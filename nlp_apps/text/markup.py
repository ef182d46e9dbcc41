"""Inline markup: tags are removed before a translation, and inserted into it by attention.

A tag is put around the words of the translation that attend most to the words it was around.

The result is well nested for every text: a tag that is never closed ends with its parent or
with the text, and a closing tag without an opening one is dropped.

Letters in shapes: W words of the translation.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from nlp_apps.text.markup_tags import TAG_MARK, Tag
from nlp_apps.text.normalize import SPACE_MARK, one_line, to_ascii

MAX_TAGS = 64
"""Tags of a text; a text with more is translated with its tags, as text."""

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_WORD = re.compile(
    r"[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff]|"
    r"[^\W\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff]+"
    r"(?:['’.-][^\W\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff]+)*|[^\w\s]"
)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
SHARE = 0.5
"""A word belongs to an element if its attention to it is above this share of the largest one."""


@dataclass
class Element:
    """An element, or the text itself.

    Attributes:
        start, end: characters of the text that it is around; equal for an empty element.
        opening, closing: its tags.
        name: its name in lower case; "" for the text and for a comment.
        children: the elements inside, in order.
    """

    start: int
    end: int
    opening: str = ""
    closing: str = ""
    name: str = ""
    children: list["Element"] = field(default_factory=list)


@dataclass(frozen=True)
class AlignedWord:
    """A word of a translation.

    Attributes:
        start, end: its characters in the translation.
        mass: returns its attention to `text[start:end]` of the source, from 0 to 1.
        position: the character of the source that it attends to most.
        is_kept: it is a protected span, whose characters stay unchanged.
    """

    start: int
    end: int
    mass: Callable[[int, int], float]
    position: int
    is_kept: bool = False


def parse(
    text: str, tags: Sequence[Tag], spans: Sequence[str] = ()
) -> tuple[str, Element, list[str]] | None:
    """Removes the tags of a text.

    Args:
        text: a normalized text with single spaces; tags are `TAG_MARK`, protected spans `MARK`.
        tags: the tags, in order.
        spans: the protected spans, in order.

    Returns:
        The text without tags and with characters for entities, the root of its elements, and the
        spans; None if the text has no markup, or too much.
    """
    if len(tags) > MAX_TAGS or not (tags or _ENTITY.search(text)):
        return None
    length = 0
    parts: list[str] = []
    root = Element(0, 0)
    stack = [root]

    def add(part: str) -> None:
        nonlocal length
        part = _unescape(part)
        if (not length or parts and parts[-1].endswith(" ")) and part.startswith(" "):
            part = part[1:]
        if part:
            parts.append(part)
            length += len(part)

    first, *others = text.split(TAG_MARK)
    add(first)
    for tag, part in zip(tags, others, strict=True):
        if tag.is_closing:
            if tag.name in [one.name for one in stack[1:]]:
                while stack[-1].name != tag.name:
                    _close(stack, length)
                _close(stack, length, tag.written)
        elif tag.is_empty:
            if tag.name == "br":
                add(" ")
            stack[-1].children.append(Element(length, length, tag.written))
        else:
            name = tag.written[1 : 1 + len(tag.name)]
            child = Element(length, length, tag.written, f"</{name}>", tag.name)
            stack[-1].children.append(child)
            stack.append(child)
        add(part)
    while len(stack) > 1:
        _close(stack, length)
    root.end = length
    return "".join(parts), root, list(spans)


def _unescape(text: str) -> str:
    """Replaces entities by their characters, on one line with single spaces."""
    text = to_ascii(unicodedata.normalize("NFC", one_line(html.unescape(text))))
    return re.sub(" +", " ", text.replace(SPACE_MARK, " "))


def _close(stack: list[Element], length: int, closing: str | None = None) -> None:
    element = stack.pop()
    element.end = length
    if closing:
        element.closing = closing


def split_words(text: str, atoms: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """Returns start and end of each word and mark of a text; no word is part of an atom."""
    words, position = [], 0
    for start, end in [*sorted(atoms), (len(text), len(text))]:
        words += [found.span() for found in _WORD.finditer(text, position, start)]
        if end > start:
            words.append((start, end))
        position = end
    return words


def place(root: Element, translation: str, words: Sequence[AlignedWord]) -> str:
    """Inserts the tags of a text around words of its translation.

    Args:
        root: result of `parse`.
        translation: the translation of the text without tags.
        words: its W words, in order.

    Returns:
        The translation with tags and entities.
    """
    characters = [_ENTITIES.get(one, one) for one in translation]
    for word in words:
        if word.is_kept:
            characters[word.start : word.end] = translation[word.start : word.end]
    return _render(root, 0, len(translation), 0, len(words), characters, words)


def _render(
    element: Element,
    start: int,
    end: int,
    low: int,
    high: int,
    characters: Sequence[str],
    words: Sequence[AlignedWord],
) -> str:
    """Renders `characters[start:end]`, the words from `low` to `high`, with tags inside."""
    is_free = np.ones(high - low, bool)
    placed: list[tuple[int, int, int, int, int, Element]] = []
    for order, child in enumerate(element.children):
        first, last = _segment(child, low, words[low:high], is_free)
        is_free[first - low : last - low] = False
        if first < last:
            places = words[first].start, words[last - 1].end
        else:
            place = words[first].start if first < high else end
            # Behind the space: before the next word, or directly after the last one.
            places = place, place
        placed.append((*places, order, first, last, child))
    written: list[str] = []
    position = start
    for first_character, last_character, _, first, last, child in sorted(
        placed, key=lambda one: one[:3]
    ):
        if first_character < position:  # an empty element inside a neighbour comes after it
            first_character = last_character = position
        written += characters[position:first_character]
        inside = _render(child, first_character, last_character, first, last, characters, words)
        written += [child.opening, inside, child.closing]
        position = last_character
    return "".join([*written, *characters[position:end]])


def _segment(
    child: Element, low: int, words: Sequence[AlignedWord], is_free: np.ndarray
) -> tuple[int, int]:
    """Returns the first word of an element, and the one after its last; equal if it is empty."""
    if child.start == child.end or not is_free.any():
        is_after = np.array([word.position >= child.start for word in words], int)
        # Words before a place that belong after it, less those that belong before it.
        crossed = np.cumsum([0, *(2 * is_after - 1)])
        place = low + int(np.argmin(crossed))
        return place, place
    mass = np.array([word.mass(child.start, child.end) for word in words])
    gains = np.where(is_free, mass - SHARE * mass[is_free].max(), -np.inf)
    best, found, total, start = -np.inf, (0, 0), 0.0, 0
    for index, gain in enumerate(gains):  # the segment with the largest sum (Kadane)
        if total <= 0 or not np.isfinite(total):
            total, start = 0.0, index
        total += gain
        if total > best:
            best, found = total, (start, index + 1)
    return low + found[0], low + found[1]
