"""Head of `train`: rows, labels, scripts and warnings, in a few lines."""

from collections.abc import Mapping

from nlp_apps.inspection.expectations import Expectation
from nlp_apps.inspection.finding import Finding, location, plural, shorten
from nlp_apps.inspection.inspection import ROWS, Inspection

MAX_LABELS = 6
"""Labels that a line lists; it counts the others."""

MAX_WARNINGS = 5
"""Warnings of the head; it counts the others."""


def describe_rows(inspection: Inspection) -> str:
    """Returns the rows of each split: `train 1,600, validation 200, test 200 texts`."""
    rows = [f"{split} {count:,}" for split, count in inspection.rows.items()]
    return f"{', '.join(rows)} {ROWS[inspection.task]}"


def describe_languages(counts: Mapping[str, int]) -> str:
    """Returns the number of pairs of each target language: `fr 1,000, de 500`."""
    return ", ".join(f"{code} {count:,}" for code, count in counts.items())


def describe_labels(labels: Mapping[str, int]) -> str:
    """Returns the labels with counts, the most frequent first."""
    listed = [f"{shorten(label, 30)} {count:,}" for label, count in labels.items()]
    more = f" and {len(listed) - MAX_LABELS:,} more" if len(listed) > MAX_LABELS else ""
    return ", ".join(listed[:MAX_LABELS]) + more


def describe_scripts(scripts: Mapping[str, float]) -> str:
    """Returns the scripts with more than a thousandth of the letters."""
    listed = [
        f"{script} {100 * share:.0f}%" if share < 0.995 else script
        for script, share in scripts.items()
        if share >= 0.005 and script
    ]
    return ", ".join(listed[:4]) or "no letters"


def describe_expectation(expected: Expectation) -> str:
    """Returns the range of the score and of the time in one line."""
    seconds = format_range(*expected.seconds)
    if expected.score is None:
        return f"{seconds} of training"
    corpora = ", ".join(dict.fromkeys(one.corpus for one in expected.references))
    return f"{format_score(expected)} ({corpora}), {seconds} of training"


def format_score(expected: Expectation) -> str:
    """Returns the metric with its range: `accuracy 0.84 to 0.93`."""
    if expected.score is None:
        return ""
    decimals = 1 if max(expected.score) >= 10 else 2
    values = dict.fromkeys(f"{score:.{decimals}f}" for score in expected.score)
    return f"{expected.metric} {' to '.join(values)}"


def format_range(low: float, high: float) -> str:
    """Formats a range of seconds: `20 to 80 seconds`, `80 seconds to 2 minutes`."""
    first, last = format_seconds(low), format_seconds(high)
    if first == last:
        return last
    number, _, unit = first.partition(" ")
    return f"{number if last.endswith(unit) else first} to {last}"


def format_seconds(seconds: float) -> str:
    """Formats seconds in the largest fitting unit."""
    if seconds < 90:
        return f"{max(5, 5 * round(seconds / 5))} seconds"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"


def head_lines(inspection: Inspection, command: str) -> tuple[list[str], list[str]]:
    """Returns the head of a training.

    Args:
        inspection: the inspection of the text.
        command: the command that prints the whole inspection.

    Returns:
        The lines of information, and the warnings.
    """
    lines = [f"text: {describe_rows(inspection)}"]
    if "train" in inspection.languages:
        lines.append(f"target languages: {describe_languages(inspection.languages['train'])}")
    if inspection.labels:
        count = plural(len(inspection.labels), "label")
        lines.append(f"{count}: {describe_labels(inspection.labels)}")
    scripts = {name: describe_scripts(found) for name, found in inspection.scripts.items()}
    if set(scripts.values()) != {"Latin"}:
        lines.append("scripts: " + "; ".join(f"{name} {found}" for name, found in scripts.items()))
    if inspection.expectation:
        lines.append(f"expected: {describe_expectation(inspection.expectation)}")
    found = [finding for finding in inspection.findings if finding.severity == "warning"]
    warnings = [_warning(finding) for finding in found[:MAX_WARNINGS]]
    if len(found) > MAX_WARNINGS:
        warnings.append(f"{len(found) - MAX_WARNINGS} more warnings.")
    if warnings:
        warnings[-1] += f" Details: {command}"
    return lines, warnings


def _warning(finding: Finding) -> str:
    """Returns message, first line and fix of a finding."""
    first = finding.instances[0] if finding.instances else None
    place = f" First: {location(first.file, first.line)}." if first and first.line else ""
    return f"{finding.message}{place} {finding.fix}"
