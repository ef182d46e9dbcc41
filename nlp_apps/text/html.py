"""Cleans text that was cut out of web pages."""

import html
import re

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_BLANKS = re.compile(" {2,}")


def clean(text: str) -> str:
    """Line breaks become blanks, entities what they stand for; several blanks become one.

    Other tags stay: most of what stands between < and > in old text is no tag.

    Example: `clean("Good.<br /><br />Not &quot;great&quot;.")` gives `Good. Not "great".`
    """
    return _BLANKS.sub(" ", html.unescape(_BREAK.sub(" ", text))).strip(" ")
