"""Sizes of splits that are held out of train: `split:2000`, `split:5%`, `split:5% max 5000`."""

import re
from typing import NamedTuple

SIZE = re.compile(
    r"split:(?:(?P<count>[1-9][0-9]*)"
    r"|(?P<percent>[0-9]+(?:\.[0-9]+)?)%(?: max (?P<most>[1-9][0-9]*))?)"
)
"""Form of a hold-out: `split:N`, `split:P%` or `split:P% max N`."""


class Share(NamedTuple):
    """A share of a text.

    Attributes:
        percent: the percentage.
        most: the largest number; None: no limit.
    """

    percent: float
    most: int | None

    def limited(self, number: int) -> int:
        """Returns a number between 1 and `most`."""
        return max(1, number if self.most is None else min(number, self.most))


def is_hold_out(source: object) -> bool:
    """Returns whether a source of a recipe is held out of train: `split:2000` or `split:5%`."""
    return isinstance(source, str) and source.startswith("split:")


def parse_size(size: str) -> int | Share:
    """Parses `split:N` to an `int`; `split:P%` and `split:P% max N` to a `Share`."""
    parsed = SIZE.fullmatch(size)
    if parsed is None:
        raise ValueError(f"size must be split:NUMBER or split:PERCENT%, received {size!r}")
    if parsed["count"]:
        return int(parsed["count"])
    return Share(float(parsed["percent"]), int(parsed["most"]) if parsed["most"] else None)
