"""What the patterns of whole reviews are; they stand in the modules beside this one.

`{this ...}` speaks for the label and `{that ...}` against it, so that one pattern makes positive
and negative reviews of the same words in another order. Patterns of mixed reviews have `{x}` and
`{y}`, one good and one bad. What the names in braces stand for is in `desk.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """Patterns of one device.

    Attributes:
        name: as the README counts it.
        weight: how often it is used, beside the other kinds of its label.
        patterns: the texts with names in braces.
        verdict: what may be added where a pattern has none: `verdict`, `verdict weighed`.
    """

    name: str
    weight: int
    patterns: tuple[str, ...]
    verdict: str = ""
