"""Warnings of the readers as findings: bad lines and header lines."""

import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from nlp_apps.inspection.finding import MAX_INSTANCES, Finding, Instance, plural
from nlp_apps.text.readers import bad_lines, labelled, repeated_header

LOGGERS = (bad_lines.logger, labelled.logger, repeated_header.logger)
"""Loggers whose warnings are about lines of the text."""

_LOCATION = re.compile(r"(?P<file>.*), (?:line|example) (?P<line>\d+)")


class _Collector(logging.Filter):
    """Keeps the warnings of `LOGGERS` and drops them from the log."""

    def __init__(self) -> None:
        super().__init__()
        self.bad_lines: list[Instance] = []
        self.others: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        arguments = record.args if isinstance(record.args, tuple) else ()
        if record.name != bad_lines.logger.name:
            self.others.append(record.getMessage())
        elif len(arguments) == 2:  # location and problem; the other message is their number
            self.bad_lines.append(_instance(*map(str, arguments)))
        return False

    def findings(self, num_bad: int, names: Sequence[str], *, stops: bool) -> list[Finding]:
        """Returns the findings.

        Args:
            num_bad: number of bad lines.
            names: the files, as the recipe names them; messages have their whole paths.
            stops: whether training stops at a bad line.
        """
        found = []
        if num_bad:
            skip = ', or set data.on_bad_line = "skip" to skip them' if stops else ""
            found.append(
                Finding(
                    "bad_lines",
                    "error" if stops else "warning",
                    num_bad,
                    f"{plural(num_bad, 'line')} cannot be read; training "
                    f"{'stops at the first' if stops else 'skips them'}.",
                    f"Correct {'the line' if num_bad == 1 else 'the lines'}{skip}.",
                    tuple(
                        instance._replace(file=_short(instance.file, names))
                        for instance in islice(dict.fromkeys(self.bad_lines), MAX_INSTANCES)
                    ),
                )
            )
        for message in dict.fromkeys(self.others):
            location, _, problem = message.partition(": ")
            place = _instance(_short(location, names), "")
            sentence, _, fix = problem.partition(". ")
            found.append(
                Finding(
                    "header_line",
                    "warning",
                    1,
                    f"{place.file}, line {place.line}: {sentence.removesuffix('.')}.",
                    fix or "Remove the line.",
                )
            )
        return found


def _short(path: str, names: Sequence[str]) -> str:
    """Returns a path, or the beginning of a location, as the recipe names the file."""
    for name in names:
        before, found, after = path.rpartition(name)
        if found and (not before or before.endswith(os.sep)) and after[:1] in ("", ","):
            return name + after
    return path


def _instance(location: str, problem: str) -> Instance:
    """Returns a bad line; it has no text, only a problem."""
    match = _LOCATION.fullmatch(location)
    file, line = (match["file"], int(match["line"])) if match else (location, 0)
    return Instance(file, line, "", problem)


@contextmanager
def collected_warnings() -> Iterator[_Collector]:
    """Collects the warnings of the readers in place of logging them."""
    collector = _Collector()
    for logger in LOGGERS:
        logger.addFilter(collector)
    try:
        yield collector
    finally:
        for logger in LOGGERS:
            logger.removeFilter(collector)
