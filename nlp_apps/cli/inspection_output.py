"""Formatting of an inspection for people, at most 100 columns wide."""

import textwrap
from collections.abc import Iterator

from nlp_apps.cli.formatting import printable, to_columns
from nlp_apps.inspection.expectations import Expectation, Reference
from nlp_apps.inspection.finding import SEVERITIES, Finding, Instance, location, plural
from nlp_apps.inspection.head import (
    describe_labels,
    describe_languages,
    describe_scripts,
    format_range,
    format_score,
)
from nlp_apps.inspection.inspection import ROWS, Inspection
from nlp_apps.inspection.shared_sequences import LENGTH

WIDTH = 96
"""Columns of a line."""

UNITS = {"sentiment": ("texts", 3), "translation": ("pairs", 1), "generation": ("characters", 2)}
"""Unit of the size of a corpus, and decimals of its score, by task."""

BASELINES = {"sentiment": "TF-IDF", "translation": "copy", "generation": "n-grams"}
"""The cheapest alternative of a task."""


def format_inspection(inspection: Inspection, source: str) -> str:
    """Formats statistics, findings and expectations.

    Args:
        inspection: the inspection.
        source: the data file or recipe, as on the command line.
    """
    lines = [*_overview(inspection, source)]
    for severity in SEVERITIES:
        found = [finding for finding in inspection.findings if finding.severity == severity]
        if found:
            lines += ["", f"{plural(len(found), severity)}:"]
            for number, finding in enumerate(found, start=1):
                lines += _finding(number, finding, len(inspection.files) == 1)
    if not inspection.findings:
        lines += ["", "No faults found."]
    if inspection.expectation:
        lines += ["", *_expectation(inspection.task, inspection.expectation)]
    elif any(finding.severity == "error" for finding in inspection.findings):
        lines += ["", "Training refuses this text: fix the errors first."]
    return "\n".join(map(printable, lines))


def _overview(inspection: Inspection, source: str) -> Iterator[str]:
    """Yields files, rows, labels, scripts and lengths."""
    yield f"{source}: {sum(inspection.rows.values()):,} {ROWS[inspection.task]}"
    yield ""
    rows = ", ".join(f"{split} {count:,}" for split, count in inspection.rows.items())
    yield from _item("splits", rows)
    if inspection.languages:
        parts = [
            f"{split}: {describe_languages(counts)}"
            for split, counts in inspection.languages.items()
        ]
        yield from _item("targets", "; ".join(parts))
    if inspection.labels:
        yield from _item(
            "labels", f"{len(inspection.labels):,}: {describe_labels(inspection.labels)}"
        )
    scripts = {name: describe_scripts(shares) for name, shares in inspection.scripts.items()}
    if len(set(scripts.values())) == 1:
        yield from _item("script", next(iter(scripts.values())))
    else:
        yield from _item("scripts", "; ".join(f"{name}: {one}" for name, one in scripts.items()))
    yield ""
    header = ["", "median", "95%", "longest", "words: median", "95%", "longest"]
    table = [header]
    for name, lengths in inspection.lengths.items():
        numbers = [f"{number:,}" for number in (*lengths.characters, *lengths.words)]
        table.append([f"characters of a {name}", *numbers])
    yield from (f"  {line}" for line in to_columns(table).splitlines())
    if inspection.stride > 1:
        yield ""
        yield from _item(
            "sample",
            f"every {inspection.stride}th row; counts below are of this sample, except those of "
            "labels and repeated texts",
        )


def _item(name: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"  {name:<8}",
        subsequent_indent=" " * 10,
        break_on_hyphens=False,
    )


def _finding(number: int, finding: Finding, one_file: bool) -> list[str]:
    """Returns message, lines and fix of a finding."""
    start = f"  {number}. "
    indent = " " * len(start)
    lines = _wrap(finding.message, start, indent)
    for instance in finding.instances:
        lines += _wrap(_instance(instance, one_file), f"{indent}- ", f"{indent}  ")
    return lines + _wrap(f"Fix: {finding.fix}", indent, f"{indent}     ")


def _instance(instance: Instance, one_file: bool) -> str:
    """Formats a row: `line 17: "The soup was cold." (also in test.tsv, line 3)`."""
    place = location(instance.file, instance.line)
    if one_file and instance.line:
        place = place.removeprefix(f"{instance.file}, ")
    if not instance.text:
        return f"{place}: {instance.remark}"
    remark = f" ({instance.remark})" if instance.remark else ""
    if one_file:
        remark = remark.replace(f"{instance.file}, ", "")
    return f"{place}: {instance.text}{remark}"


def _wrap(text: str, first: str, others: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False
    )


def _expectation(task: str, expected: Expectation) -> Iterator[str]:
    """Yields time and score to expect."""
    machine = (
        f"{plural(expected.machine.cores, 'core')}, {expected.machine.flops / 1e9:,.0f} GFLOP/s"
    )
    yield "Expect, with the settings of the recipe:"
    yield ""
    yield from _item(
        "time",
        f"{format_range(*expected.seconds)}, if nothing else runs here ({machine})",
    )
    if expected.score is None:
        yield from _item("score", f"no corpus of this size was measured ({expected.metric})")
    else:
        yield from _item("score", f"{format_score(expected)}, as measured on:")
        table = [_reference(task, one) for one in expected.references]
        yield from (f"            {line}" for line in to_columns(table).splitlines())
        if expected.has_patterns:
            yield from _item(
                "",
                f"{expected.shared_sequences:.0%} of the sequences of {LENGTH} words are in "
                "several texts, as in text from patterns. The corpora above are natural text: "
                "expect a higher score.",
            )
    if expected.remark:
        yield from _item("size", expected.remark)


def _reference(task: str, reference: Reference) -> list[str]:
    unit, decimals = UNITS[task]
    return [
        f"{reference.corpus} ({reference.setting})",
        f"{reference.size:,} {unit}",
        f"{reference.score:.{decimals}f}",
        f"{BASELINES[task]} {reference.baseline:.{decimals}f}" if reference.baseline else "",
    ]
