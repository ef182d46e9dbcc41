"""Normalization of a line of text, the same in training and in prediction."""

import re

from nlp_apps.text.html import clean

SPACE_MARK = "\u2581"
"""The character by which a tokenizer marks a space. In a text it is read as a space."""

LINE_BREAK = "[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]"
"""Any character that Python, a terminal or an editor reads as a newline; a regular expression for
Python and RE2."""

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair: a byte that is not UTF-8 in Python, or an escape in JSON."""

_LINE_BREAKS = re.compile(f"{LINE_BREAK}+")


def one_line(text: str) -> str:
    """Replaces each run of newlines by a space."""
    return _LINE_BREAKS.sub(" ", text)


def normalize(text: str, *, clean_html: bool = False) -> str:
    """Returns a text on one line, without surrounding white space; cleans HTML on request."""
    return one_line(clean(text) if clean_html else text).strip()


def is_empty(text: str) -> bool:
    """Returns whether a text has only white space and space marks."""
    return not text.replace(SPACE_MARK, " ").strip()
