"""Two examples joined to one line of two sentences."""

import re

MAX_CHARACTERS = 100
"""Longest text of a side that is joined: about as long as sentences get on a line of two."""

_WIDE_MARK = re.compile(r"[。！？][」』”’）]*$")
_FINAL_MARK = re.compile(r"[.!?…。！？।؟۔][\"'”’»)\]」』）\s]*$")


def can_be_joined(source: str, target: str) -> bool:
    """Checks whether both sides are short and end in a final mark, so that both ends are seen."""
    return all(
        len(text) <= MAX_CHARACTERS and _FINAL_MARK.search(text) for text in (source, target)
    )


def join(first: str, second: str) -> str:
    """Returns both sentences, with a space between; without one after `。`, `！` and `？`."""
    return f"{first}{second}" if _WIDE_MARK.search(first) else f"{first} {second}"
