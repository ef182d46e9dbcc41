"""Protected spans: parts of a text that its translation contains unchanged.

The patterns have neither lookaround nor classes of Unicode, so that Python, RE2 (the graph of a
SavedModel) and JavaScript find the same spans. Only a pattern of `<keep>` contains `<`.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from nlp_apps.text.normalize import one_line

Kind = Literal["keep", "url", "email", "placeholder", "unit"]
"""Kind of a protected span."""

MAX_SPANS = 64
"""Protected spans of a text, each of which adds at least one step to the search; later ones are
translated."""

KEEP_START, KEEP_END = "<keep>", "</keep>"

_ADDRESS = "!#-;=?-~À-ԯ"
_ADDRESS_END = "#-&*+/-9=@-Z^-z~À-ԯ"
_NUMBER = "[0-9]{1,20}(?:[.,][0-9]{1,20}){0,8}"  # limited, so that the time is linear
_UNITS = "km/h|kWh|kHz|MHz|GHz|km|cm|mm|kg|mg|ml|GB|MB|kB|TB|kW|MW|m|g|l|s|h|t|W|V|A|Hz|°C|°F"
PATTERNS = {
    "keep": rf"{KEEP_START}(?s:.*?){KEEP_END}",
    "url": rf"\b(?:https?://|ftp://|www\.)[{_ADDRESS}]*[{_ADDRESS_END}]",
    "email": r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}",
    "placeholder": r"\$?\{\{[^{}<>]{1,64}\}\}|\$?\{[^{}<>]{0,64}\}|%\([A-Za-z0-9_.]{1,64}\)[a-z]"
    r"|%(?:[0-9]{1,2}\$)?(?:[0-9]{0,2}(?:\.[0-9]{1,2})?[sdifux]\b|@)",
    "unit": rf"\b{_NUMBER}[ \x{{a0}}\x{{202f}}]?(?:(?:{_UNITS})\b|[%€$£])",
}
"""Kind of a span -> its pattern, in the syntax of RE2."""

DEFAULT_KINDS: tuple[Kind, ...] = ("keep", "url", "email", "placeholder")
"""Kinds that are protected by default. Numbers are not: a decimal comma or a unit may change."""


class Marked(NamedTuple):
    """A text whose protected spans are marked.

    Attributes:
        text: the text with `MARK` in place of each span.
        spans: the spans, in order, without their `<keep>` tags and on one line.
        num_left: spans after the first `MAX_SPANS`, which stay in the text.
    """

    text: str
    spans: list[str]
    num_left: int = 0


MARK = "\ufdd0"
"""Represents a protected span. Unicode reserves this code point for the use inside a program. For
the sentence splitter it may start a sentence."""

INTERNAL = re.compile("[\ufdd0\uffff\U000f0000-\U000fffff]")
"""Code points that have a meaning inside; in a text they become U+FFFD."""


def pattern_of(kinds: Sequence[str], *, with_keep: bool = True) -> str:
    """Returns the pattern of kinds of spans in the syntax of RE2; "" for no kind."""
    wanted = [name for name in PATTERNS if name in kinds and (with_keep or name != "keep")]
    return "|".join(PATTERNS[name] for name in wanted)


class SpanFinder:
    """Finds the protected spans of texts.

    Args:
        kinds: keys of `PATTERNS`.

    Attributes:
        has_keep: whether `keep` is one of them.
    """

    def __init__(self, kinds: Sequence[str]):
        pattern = pattern_of(kinds, with_keep=False)
        pattern = re.sub(r"\\x\{(\w+)\}", lambda found: chr(int(found[1], 16)), pattern)
        self._pattern = re.compile(pattern, re.ASCII) if pattern else None
        self.has_keep = "keep" in kinds

    def mark(self, text: str) -> Marked | None:
        """Marks the protected spans of a text; None if it has none. The time is linear."""
        spans = [(start, end) for start, end in self._find(text) if end > start]
        if not spans:
            return None
        parts, found, position = [], [], 0
        for start, end in spans[:MAX_SPANS]:
            parts.append(INTERNAL.sub("\ufffd", text[position:start]))
            span = text[start:end]
            if self.has_keep and span.startswith(KEEP_START):
                span = span[len(KEEP_START) : -len(KEEP_END)]
            if span:
                parts.append(MARK)
                found.append(one_line(span))
            position = end
        parts.append(INTERNAL.sub("\ufffd", text[position:]))
        return Marked("".join(parts), found, max(len(spans) - MAX_SPANS, 0))

    def _find(self, text: str) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        position = 0
        while self.has_keep:
            start = text.find(KEEP_START, position)
            end = text.find(KEEP_END, start) if start >= 0 else -1
            if end < 0:
                break
            spans += self._match(text, position, start)
            position = end + len(KEEP_END)
            spans.append((start, position))
        return spans + self._match(text, position, len(text))

    def _match(self, text: str, start: int, end: int) -> list[tuple[int, int]]:
        if self._pattern is None:
            return []
        return [found.span() for found in self._pattern.finditer(text, start, end)]
