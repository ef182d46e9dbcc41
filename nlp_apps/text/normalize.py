"""Normalization of text, the same in training, in prediction and in every exported model.

| text | normalization |
|---|---|
| a text that a model reads: source of a translation, text of a label | `normalize_input` |
| a line that a model writes: target of a translation | `normalize` |
| a document of a language model, or a prompt | `normalize_document` |

All of them compose characters (NFC, Unicode Standard Annex 15) and strip the byte order mark and
direction marks at both ends. Full width forms become ASCII in inputs only, because Chinese and
Japanese output needs them. `lowercase` belongs to the tokenizer: see `tokenizer.lowercase`.

A translator reads a sentence in capitals as one in lower case; see `sentence_case`.

Full width forms, lowercase and sentence case map each code point to one code point, after NFC, so
that a graph needs only a table: a `.tflite` does them itself, and its host NFC, line breaks and
ends.
"""

import re
import unicodedata
from functools import cache

from nlp_apps.text.html import clean

SPACE_MARK = "\u2581"
"""The character by which a tokenizer marks a space. In a text it is read as a space."""

LINE_BREAK = "[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]"
"""Any character that Python, a terminal or an editor reads as a newline; a regular expression for
Python and RE2."""

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair: a byte that is not UTF-8 in Python, or an escape in JSON."""

WHITE_SPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""The characters of `str.isspace`."""

INVISIBLE = "\ufeff\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""The byte order mark and the direction marks, which are invisible."""

FULL_WIDTH = range(0xFF01, 0xFF5F)
"""Full width forms of the ASCII characters."""

FULL_WIDTH_OFFSET = 0xFF01 - ord("!")
"""Difference between a full width form and its ASCII character."""

WIDE_SPACE = 0x3000
"""The ideographic space, which becomes a space in inputs."""

MAX_CASED = 0x1FFFF
"""No code point above this one has a lowercase."""

MIN_CAPITALS = 4
"""Capitals of a text that `sentence_case` changes; "TV" and "USA" have fewer."""

WITHOUT_CASE = (0x590, 0x1DFF), (0x2E80, 0xFDFF)
"""First and last code points of the scripts without letter case. "NASA" stays in Chinese text."""

_LINE_BREAKS = re.compile(f"{LINE_BREAK}+")
_TO_ASCII = {
    **{codepoint: codepoint - FULL_WIDTH_OFFSET for codepoint in FULL_WIDTH},
    WIDE_SPACE: ord(" "),
}


def one_line(text: str) -> str:
    """Replaces each run of newlines by a space."""
    return _LINE_BREAKS.sub(" ", text)


def normalize(text: str, *, clean_html: bool = False) -> str:
    """Composes a text (NFC) on one line; strips white space and invisible marks.

    Args:
        text: the text.
        clean_html: first cleans HTML; see `html.clean`.
    """
    if clean_html:
        text = clean(text)
    if text.isascii() and text.isprintable():  # the same, faster
        return text.strip(" ")
    return _nfc(one_line(text)).strip(WHITE_SPACE + INVISIBLE)


def normalize_input(text: str, *, clean_html: bool = False) -> str:
    """Returns `normalize`, with ASCII for full width forms and a space for U+3000."""
    return to_ascii(normalize(text, clean_html=clean_html))


def to_ascii(text: str) -> str:
    """Replaces full width forms by ASCII and U+3000 by a space; the number of characters stays."""
    return text if text.isascii() else text.translate(_TO_ASCII)


def normalize_document(text: str) -> str:
    """Composes a text of several lines (NFC) and strips invisible marks; keeps white space."""
    return _nfc(text).strip(INVISIBLE)


def lowercase(text: str) -> str:
    """Returns a text with the code points of `lowercase_table`."""
    return text.lower() if text.isascii() else text.translate(lowercase_table())


@cache
def lowercase_table() -> dict[int, int]:
    """Returns each code point that has a lowercase, and this lowercase.

    It is one code point, Unicode's Simple_Lowercase_Mapping, and independent of language and
    neighbours: "I" becomes "i" and "Σ" becomes "σ". "İ" becomes "i".
    """
    found = {}
    for codepoint in range(MAX_CASED + 1):
        lower = ord(chr(codepoint).lower()[0])
        if lower != codepoint:
            found[codepoint] = lower
    return found


@cache
def lower_case_letters() -> frozenset[int]:
    """Returns the code points that are the lowercase of another one."""
    return frozenset(lowercase_table().values())


def sentence_case(text: str) -> str:
    """Returns a text in capitals in lower case, apart from its first letter.

    "WHERE IS IT?" becomes "Where is it?". A text is in capitals if it has at least `MIN_CAPITALS`
    letters that have a lowercase, none that is one, and no letter of a script `WITHOUT_CASE`. Any
    other text stays unchanged.
    """
    if text.isascii() and not text.isupper():
        return text
    if not lower_case_letters().isdisjoint(map(ord, text)):  # ends at the first one
        return text
    table, codepoints = lowercase_table(), list(map(ord, text))
    capitals = [index for index, codepoint in enumerate(codepoints) if codepoint in table]
    if len(capitals) < MIN_CAPITALS:
        return text
    if any(first <= one <= last for one in codepoints for first, last in WITHOUT_CASE):
        return text
    after_first = capitals[0] + 1
    return text[:after_first] + lowercase(text[after_first:])


def is_empty(text: str) -> bool:
    """Returns whether a text has only white space, invisible marks and space marks."""
    return not text.replace(SPACE_MARK, " ").strip(WHITE_SPACE + INVISIBLE)


def _nfc(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)
