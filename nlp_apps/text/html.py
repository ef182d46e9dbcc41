"""Cleans text that was cut out of web pages."""

import html
import re

BREAK = r"</?br(?:\s[^<>]*)?/?>"
"""A line break, in upper or lower case; a regular expression for Python and for RE2."""

_BREAK = re.compile(BREAK, re.IGNORECASE)
_BLANKS = re.compile(" {2,}")


def clean(text: str) -> str:
    """Line breaks become blanks, entities what they stand for; several blanks become one.

    Breaks may be spelt in entities (`&lt;br /&gt;`), as in text that was escaped twice. No-break
    spaces are blanks. Other tags stay: most of what stands between < and > in old text is no tag.

    Example: `clean("Good.<br /><br />Not &quot;great&quot;.")` gives `Good. Not "great".`
    """
    plain = _BREAK.sub(" ", html.unescape(text)).replace("\u00a0", " ")
    return _BLANKS.sub(" ", plain).strip(" ")
