"""A text as a model reads it that was trained on single lines."""

import re

from nlp_apps.html import clean

LINE_BREAK = "\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]"
"""Everything that Python, a terminal or an editor takes for the end of a line; a regular expression
for Python and for RE2."""

_LINE_BREAK = re.compile(LINE_BREAK)
_MARK = "\u2581"
"""What a tokenizer writes for a blank, and reads as one."""


def one_line(text: str) -> str:
    """A text with blanks for its line breaks."""
    return _LINE_BREAK.sub(" ", text)


def plain(text: str, *, clean_html: bool = False) -> str:
    """A text on one line, and without markup where the training text had none (`html.clean`)."""
    return one_line(clean(text)).strip() if clean_html else one_line(text)


def is_blank(text: str) -> bool:
    """Whether there is nothing to read in a text."""
    return not text.replace(_MARK, " ").strip()
