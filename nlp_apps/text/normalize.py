"""A text as a model reads it that was trained on single lines: the same everywhere."""

import re

from nlp_apps.text.html import clean

SPACE_MARK = "\u2581"
"""What a tokenizer writes for a blank, and reads as one."""

LINE_BREAK = "[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]"
"""Everything that Python, a terminal or an editor takes for the end of a line; a regular expression
for Python and for RE2."""

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""What Python has in a text for a byte that is not UTF-8, and JSON for half a surrogate pair."""

_LINE_BREAKS = re.compile(f"{LINE_BREAK}+")


def one_line(text: str) -> str:
    """A text with a blank for each run of line breaks."""
    return _LINE_BREAKS.sub(" ", text)


def normalize(text: str, *, clean_html: bool = False) -> str:
    """A text on one line, without blanks around it and, if asked for, markup (`html.clean`)."""
    return one_line(clean(text) if clean_html else text).strip()


def is_empty(text: str) -> bool:
    """Whether there is nothing to read in a text."""
    return not text.replace(SPACE_MARK, " ").strip()
