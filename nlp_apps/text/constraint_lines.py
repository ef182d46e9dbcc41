"""The constraints of a sentence as text: input `constraints` of the signature `align_constrained`.

A line is a constraint: start and end, three digits (1 or 0: `is_reserved`, `is_capital`,
`is_attached`), characters of the target, target and output, as
`start TAB end TAB digits TAB length TAB target output`.
"""

from collections.abc import Sequence

from nlp_apps.text.constrained_text import Constraint
from nlp_apps.text.normalize import one_line

LINE = r"[0-9]{1,6}\t[0-9]{1,6}\t[01]{3}\t[0-9]{1,4}\t\C+"
"""A line, in the syntax of RE2; others are dropped."""


def to_lines(constraints: Sequence[Constraint]) -> str:
    """Returns the lines of constraints; "" for none."""
    return "\n".join(map(_line, constraints))


def _line(one: Constraint) -> str:
    digits = "".join(str(int(value)) for value in (one.is_reserved, one.is_capital))
    digits += str(int(one.is_attached))
    target = one_line(one.target)
    return f"{one.start}\t{one.end}\t{digits}\t{len(target)}\t{target}{one_line(one.output)}"
