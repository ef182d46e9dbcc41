"""Finds the tags of a text, and hides them, so that each keeps its characters.

Comments, CDATA sections, processing instructions, declarations, and `script` and `style` elements
with their content count as one empty element.

The time is linear in the length of the text.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from nlp_apps.text.protected_spans import KEEP_END, KEEP_START

CODE = "\ufdd2"
"""Code point of a hidden tag. Unicode reserves it for the use inside a program."""

TAG_MARK = f"<{CODE}"
"""Represents a hidden tag. No protected span contains `<`; a `>` could be composed with a mark
after it."""

# Attributes have bounds, so that the time is linear.
_VALUE = r"=\s{0,9}\"[^\"]{0,4000}\"|=\s{0,9}'[^']{0,4000}'"
_ATTRIBUTES = rf"(?:[\s/](?>{_VALUE}|[^<>=]+|=){{0,200}}+>|(?:[\s/][^<>]{{0,4000}})?>)"
_TAG = re.compile(rf"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9:._-]{{0,60}}){_ATTRIBUTES}")
_START = re.compile(r"<(?:!--|!\[CDATA\[|\?|![A-Za-z]|/?[A-Za-z])")
_DECLARATION = re.compile(r"[^<>]*>")
_OPAQUE = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
_RAW = ("script", "style")

VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"),
    *("source", "track", "wbr"),
}
"""Elements of HTML without a closing tag. If a text closes one, it is like the others."""


class Tag(NamedTuple):
    """A tag.

    Attributes:
        written: its characters.
        name: its name in lower case; "" for a comment and similar ones.
        is_closing: `</b>`.
        is_empty: `<br>`, `<x/>` or a comment: it has no closing tag.
    """

    written: str
    name: str
    is_closing: bool = False
    is_empty: bool = False


def hide_tags(text: str, *, has_keep: bool = True) -> tuple[str, list[Tag]]:
    """Replaces every tag of a text by `TAG_MARK`.

    Args:
        text: the text.
        has_keep: whether `<keep>...</keep>` is a protected span, whose tags are text.

    Returns:
        The text, and its tags in order.
    """
    text = text.replace(CODE, "\ufffd")
    parts, tags, position = [], [], 0
    for start, tag in _find(text, has_keep):
        parts += [text[position:start], TAG_MARK]
        tags.append(tag)
        position = start + len(tag.written)
    # RSS has <link>...</link>, XLIFF <source>...</source>. HTML has no </br>.
    closed = {tag.name for tag in tags if tag.is_closing} - {"br"}
    tags = [
        tag._replace(is_empty=tag.written.endswith("/>")) if tag.name in closed else tag
        for tag in tags
    ]
    return "".join([*parts, text[position:]]), tags


def _find(text: str, has_keep: bool) -> Iterator[tuple[int, Tag]]:
    """Yields the place of each tag, and the tag."""
    position, missing = 0, set[str]()
    lower = ""

    def closing(mark: str, start: int, where: str = text) -> int:
        """Returns the end of the next `mark`, or -1; one that is missing stays so."""
        found = -1 if mark in missing else where.find(mark, start)
        if found < 0:
            missing.add(mark)
        return found + len(mark) if found >= 0 else -1

    while start := _START.search(text, position):
        begin = start.start()
        position = start.end()
        opening = start.group()
        if opening in _OPAQUE:
            end = closing(_OPAQUE[opening], position)
            if end > 0:
                yield begin, Tag(text[begin:end], "", is_empty=True)
                position = end
            continue
        if opening.startswith("<!"):
            if found := _DECLARATION.match(text, position):
                position = found.end()
                yield begin, Tag(text[begin:position], "", is_empty=True)
            continue
        if has_keep and text.startswith(KEEP_START, begin):
            end = closing(KEEP_END, begin)
            position = max(position, end)
            continue
        found = _TAG.match(text, begin)
        name = found["name"].lower() if found else ""
        if found is None or name == "keep":
            continue
        position = found.end()
        if name in _RAW and not found["end"] and not found[0].endswith("/>"):
            lower = lower or _ascii_lower(text)
            end = closing(f"</{name}>", position, lower)
            if end > 0:
                yield begin, Tag(text[begin:end], "", is_empty=True)
                position = end
                continue
        is_empty = not found["end"] and (name in VOID or found[0].endswith("/>"))
        yield begin, Tag(found[0], name, bool(found["end"]), is_empty)


_CAPITALS = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def _ascii_lower(text: str) -> str:
    """Returns a text of the same length with A to Z in lower case."""
    return text.translate(_CAPITALS)
