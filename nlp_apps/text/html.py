"""HTML remains in text from web pages."""

import html
import re

BREAK = r"</?br(?:\s[^<>]*)?/?>"
"""A line break tag, in upper or lower case; a regular expression for Python and RE2."""

_BREAK = re.compile(BREAK, re.IGNORECASE)
_SPACES = re.compile(" {2,}")


def clean(text: str) -> str:
    """Replaces line break tags by spaces and decodes entities; joins several spaces to one.

    Tags may be written in entities (`&lt;br /&gt;`), as in text that was escaped twice. No-break
    spaces become spaces. Other tags stay: in old text, most text between < and > is no tag.

    Example: `clean("Good.<br /><br />Not &quot;great&quot;.")` returns `Good. Not "great".`
    """
    decoded = _BREAK.sub(" ", html.unescape(text)).replace("\u00a0", " ")
    return _SPACES.sub(" ", decoded).strip(" ")
