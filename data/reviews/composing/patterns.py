"""Patterns of whole reviews; the modules beside this one define them.

`{this ...}` speaks for the label and `{that ...}` against it, so that one pattern makes positive
and negative reviews of the same words in another order. Patterns of mixed reviews have `{x}` and
`{y}`, one good and one bad. `desk.py` has the text for the names in braces.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """Patterns of one device.

    Attributes:
        name: as the README counts it.
        weight: frequency among the kinds of its label.
        patterns: the texts with names in braces.
        verdict: verdict for patterns that have none: `verdict`, `verdict weighed`.
    """

    name: str
    weight: int
    patterns: tuple[str, ...]
    verdict: str = ""
