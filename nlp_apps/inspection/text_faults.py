"""Faults of single texts: other values than text, damaged characters, remains of other formats."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from nlp_apps.inspection.finding import Finding, Severity, share
from nlp_apps.inspection.table import NOUNS, Table, find_texts

MIN_WARNING = 0.01
"""Share of the texts of a column below which a fault is a note."""


class TextCheck(NamedTuple):
    """A check of single texts.

    Attributes:
        kind: name of the finding.
        test: returns a true value for a text with the fault.
        severity: severity of the finding; below `MIN_WARNING` it is a note.
        min_share: share of the texts of a column below which there is no finding.
        verb: verb of the fault, for one text and for several.
        problem: the fault, after the verb.
        fix: the remedy.
    """

    kind: str
    test: Callable[[str], Any]
    severity: Severity
    min_share: float
    verb: tuple[str, str]
    problem: str
    fix: str


_NUMBER = re.compile(r"[+-]?\d[\d.,:/\s-]*")
_LETTER = re.compile(r"[^\W\d_]")
_HTML = re.compile(
    r"</?(?:a|b|br|code|div|em|h[1-6]|i|img|li|p|span|strong|table|td|tr|u|ul)\b[^<>]*>"
    r"|&(?:amp|apos|gt|lt|nbsp|quot|#\d+|#x[0-9a-f]+);",
    re.IGNORECASE,
)
# UTF-8 that was read as cp1252 or Latin-1: a letter of two or three bytes.
_MOJIBAKE = re.compile(
    r"[ÂÃ][\u0080-\u00bf\u0152-\u0192\u2013-\u2122]|â(?:€|\u0080)|Ð[\u0080-\u00bf]"
)
MISSING = re.compile(r"(?:nan|null|none|n/?a|#n/a|nil|undefined|\[deleted\]|\[removed\])", re.I)
"""Words for a missing value."""
_ESCAPE = re.compile(r"\\[nrt](?![a-z])")


def _is_number(text: str) -> bool:
    return not _LETTER.search(text) and _NUMBER.fullmatch(text) is not None


def _has_outer_quotes(text: str) -> bool:
    """Returns whether a text is a quoted field of a CSV: quotes at its ends, others twice."""
    if len(text) < 3 or text[0] != '"' or text[-1] != '"':
        return False
    return '"' not in text[1:-1].replace('""', "")


CHECKS = (
    TextCheck(
        "numbers",
        _is_number,
        "warning",
        0.2,
        ("is", "are"),
        "numbers: ids in place of text?",
        "Choose other columns (models/README.md, section [data]), or correct the file.",
    ),
    TextCheck(
        "quoted_fields",
        _has_outer_quotes,
        "warning",
        0.2,
        ("is", "are"),
        "in double quotes, as fields of a CSV are",
        "Name the file .csv if commas separate its columns; otherwise remove the quotes.",
    ),
    TextCheck(
        "replacement_characters",
        lambda text: "\ufffd" in text,
        "warning",
        0.0,
        ("contains", "contain"),
        "U+FFFD, the sign of a character that was lost",
        "Convert the original file to UTF-8 again, from its true encoding.",
    ),
    TextCheck(
        "wrong_encoding",
        _MOJIBAKE.search,
        "warning",
        0.0,
        ("looks like", "look like"),
        "UTF-8 that was read as cp1252 (Ã© in place of é)",
        "Convert the original file to UTF-8 again, from its true encoding.",
    ),
    TextCheck(
        "html",
        _HTML.search,
        "warning",
        0.0,
        ("contains", "contain"),
        "HTML tags or entities",
        "",
    ),
    TextCheck(
        "missing_values",
        MISSING.fullmatch,
        "warning",
        0.0,
        ("is", "are"),
        "a word for a missing value, such as nan or null",
        "Remove these rows.",
    ),
    TextCheck(
        "escapes",
        _ESCAPE.search,
        "warning",
        0.01,
        ("contains", "contain"),
        r"\n or \t as two characters",
        "Replace these escapes by spaces.",
    ),
    TextCheck(
        "no_letters",
        lambda text: not _LETTER.search(text) and not _is_number(text),
        "note",
        0.0,
        ("has", "have"),
        "no letters",
        "Remove them, unless they mean something.",
    ),
)
"""The checks of single texts, in the order of their findings."""

_CLEAN_HTML = {
    True: "Set data.clean_html = true for line breaks and entities; remove other tags.",
    False: "Remove tags and decode entities in the file.",
}


def find_text_faults(tables: Sequence[Table], *, cleans_html: bool = False) -> Iterator[Finding]:
    """Runs every check of `CHECKS` on the columns with text.

    Args:
        tables: the splits.
        cleans_html: whether the task has the key `data.clean_html`.
    """
    for check in CHECKS:
        if check.kind == "no_letters" and "line" in tables[0].columns:
            continue
        for name, hits in find_texts(tables, check.test).items():
            if hits.num_found < check.min_share * hits.total:
                continue
            verb = check.verb[hits.num_found != 1]
            yield Finding(
                check.kind,
                check.severity if hits.num_found >= MIN_WARNING * hits.total else "note",
                hits.num_found,
                f"{share(hits.num_found, hits.total, NOUNS[name])} {verb} {check.problem}"
                f"{'' if check.problem.endswith('?') else '.'}",
                check.fix or _CLEAN_HTML[cleans_html],
                hits.instances,
            )
