"""Findings: a fault of the text, the lines that have it, and its fix."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from nlp_apps.text.normalize import one_line

Severity = Literal["error", "warning", "note"]
"""`error`: training refuses the text. `warning`: scores or the model suffer. `note`: to know."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

MAX_INSTANCES = 5
"""Lines that a finding names; it counts the others."""

MAX_CHARACTERS = 60
"""Characters of a text that an instance shows."""


class Instance(NamedTuple):
    """A row that a finding is about.

    Attributes:
        file: the file, as the recipe names it.
        line: line number, counted from 1; 0: unknown.
        text: the text, shortened, on one line.
        remark: the reason in this row, such as `also in train.tsv, line 3`; may be empty.
    """

    file: str
    line: int
    text: str
    remark: str = ""


@dataclass(frozen=True)
class Finding:
    """A kind of fault, with its count.

    Attributes:
        kind: name of the check, such as `leak`.
        severity: see `Severity`.
        count: number of rows, texts or labels that have the fault.
        message: the fault in one sentence, with the count.
        fix: the remedy in one sentence.
        instances: the first rows that have the fault.
    """

    kind: str
    severity: Severity
    count: int
    message: str
    fix: str
    instances: tuple[Instance, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns the finding for JSON."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "count": self.count,
            "message": self.message,
            "fix": self.fix,
            "examples": [instance._asdict() for instance in self.instances],
        }


def location(file: str, line: int) -> str:
    """Returns a place for people: `train.tsv, line 17`; of TFDS and folders, `example 17`."""
    if not line:
        return file
    is_file = "." in os.path.basename(file) and not file.startswith("tfds:")
    return f"{file}, {'line' if is_file else 'example'} {line}"


def shorten(text: str, max_characters: int = MAX_CHARACTERS, position: int = 0) -> str:
    """Returns a part of a text on one line; three dots mark the text before and after it.

    Args:
        text: the text.
        max_characters: length of the part.
        position: index of a character that the part contains.
    """
    start = max(0, min(position - max_characters // 3, len(text) - max_characters))
    if start < 3:
        start = 0
    end = start + max_characters
    before, after = "..." * (start > 0), "..." * (end < len(text))
    part = text[start + len(before) : end - len(after)]
    return before + one_line(part).replace("\t", " ") + after


def share(count: int, total: int, nouns: str) -> str:
    """Returns a count with its percentage: `12 of 1,000 texts (1.2%)`."""
    percent = 100 * count / max(total, 1)
    digits = 0 if percent >= 10 or count in (0, total) else 1
    shown = f"{percent:.{digits}f}"
    return f"{count:,} of {total:,} {nouns} ({'less than 0.1' if shown == '0.0' else shown}%)"


def plural(count: int, noun: str) -> str:
    """Returns a count and a noun: `1 text`, `1,000 texts`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def arrange(findings: Sequence[Finding]) -> list[Finding]:
    """Sorts findings: errors, warnings, notes; in each the order of the checks.

    The rows of a finding are sorted by file and line.
    """
    sorted_rows = [replace(one, instances=tuple(sorted(one.instances))) for one in findings]
    return sorted(sorted_rows, key=lambda finding: SEVERITIES.index(finding.severity))
