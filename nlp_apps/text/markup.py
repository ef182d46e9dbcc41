"""Inline markup: tags are removed before a translation, and inserted into it by attention.

A tag is put around the words of the translation that attend most to the words it was around.

The result is well nested for every text: a tag that is never closed ends with its parent or
with the text, and a closing tag without an opening one is dropped.

Letters in shapes: W words of the translation.
"""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from nlp_apps.text.protected_spans import MARK

MAX_TAGS = 64
"""Tags of a text; a text with more is translated with its tags, as text."""

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]{0,30})((?:[\s/][^<>]*)?)>")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
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
        children: the elements inside, in order.
    """

    start: int
    end: int
    opening: str = ""
    closing: str = ""
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


def parse(text: str, spans: Sequence[str] = ()) -> tuple[str, Element, list[str]] | None:
    """Removes the tags of a text.

    Args:
        text: a normalized text with single spaces; protected spans are `MARK`.
        spans: the protected spans, in order.

    Returns:
        The text without tags and with characters for entities, the root of its elements, and the
        spans outside tags; None if the text has no markup, or too much.
    """
    tags = [tag for tag in _TAG.finditer(text) if tag[2].lower() != "keep"]
    if len(tags) > MAX_TAGS or not (tags or _ENTITY.search(text)):
        return None
    left, length = list(spans), 0
    kept: list[str] = []
    parts: list[str] = []
    root = Element(0, 0)
    stack = [root]

    def add(part: str) -> None:
        nonlocal length
        kept.extend(left[: part.count(MARK)])
        del left[: part.count(MARK)]
        part = html.unescape(part)
        if (not length or parts and parts[-1].endswith(" ")) and part.startswith(" "):
            part = part[1:]
        if part:
            parts.append(part)
            length += len(part)

    position = 0
    for tag in tags:
        add(text[position : tag.start()])
        position = tag.end()
        written = re.sub(MARK, lambda _: left.pop(0), tag[0])
        name = tag[2].lower()
        if tag[1]:
            names = [_name(one) for one in stack[1:]]
            if name in names:
                while _name(stack[-1]) != name:
                    _close(stack, length)
                _close(stack, length, written)
        elif name in _VOID or tag[3].endswith("/"):
            if name == "br":
                add(" ")
            stack[-1].children.append(Element(length, length, written))
        else:
            child = Element(length, length, written, f"</{tag[2]}>")
            stack[-1].children.append(child)
            stack.append(child)
    add(text[position:])
    while len(stack) > 1:
        _close(stack, length)
    root.end = length
    return "".join(parts), root, kept


def _name(element: Element) -> str:
    found = _TAG.match(element.opening)
    return found[2].lower() if found else ""


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
