"""Repeated texts: in one split, in two splits, with different labels."""

from collections.abc import Iterator, Sequence

from nlp_apps.inspection.finding import MAX_INSTANCES, Finding, Instance, plural, share
from nlp_apps.inspection.label_checks import has_too_many_labels, shown
from nlp_apps.inspection.table import Table
from nlp_apps.text.hold_out import fold

MAX_DUPLICATES = 0.05
"""Share of repeated rows above which they are a warning."""

MIN_LINE = 40
"""Characters of a line of a document that should be unique; shorter ones repeat in any text."""


def find_repeated(tables: Sequence[Table]) -> Iterator[Finding]:
    """Finds repeated rows, texts of two splits, and repeated texts with other labels."""
    folded = [_folded(table) for table in tables]
    yield from _duplicates(tables, folded)
    yield from _leaks(tables, folded)
    yield from _conflicts(tables, folded)


def _folded(table: Table) -> list[str]:
    """Returns the input texts without case and spaces; short lines of documents are empty."""
    if "line" in table.columns:
        return [fold(line) if len(line) >= MIN_LINE else "" for line in table.input]
    return [fold(text) for text in table.input]


def _duplicates(tables: Sequence[Table], folded: Sequence[Sequence[str]]) -> Iterator[Finding]:
    """Counts the rows of a split that repeat an earlier row of it."""
    exact, similar, rows = 0, 0, 0
    instances: dict[str, Instance] = {}
    for table, texts in zip(tables, folded, strict=True):
        first: dict[tuple[str, str], int] = {}
        seen: set[tuple[str, ...]] = set()
        others = table.columns.get("target") or table.columns.get("label")
        for row, text in enumerate(texts):
            if not text:
                continue
            rows += 1
            other = others[row] if others else ""
            key = (text, fold(other) if "target" in table.columns else other)
            earlier = first.setdefault(key, row)
            whole = (table.input[row], other)
            if earlier != row:
                if whole in seen:
                    exact += 1
                else:
                    similar += 1
                if len(instances) < MAX_INSTANCES and text not in instances:
                    remark = f"repeats {table.location(earlier)}"
                    instances[text] = table.instance(row, remark=remark)
            seen.add(whole)
    count = exact + similar
    if not count:
        return
    noun = "lines" if "line" in tables[0].columns else "rows"
    kinds = f": {exact:,} exactly, {similar:,} except for case or spaces" if similar else ""
    verb = "repeats" if count == 1 else "repeat"
    yield Finding(
        "duplicates",
        "warning" if count > MAX_DUPLICATES * rows else "note",
        count,
        f"{share(count, rows, noun)} {verb} an earlier one of the same split{kinds}.",
        f"Remove repeated {noun}: they count twice in training and in the scores.",
        tuple(instances.values()),
    )


def _leaks(tables: Sequence[Table], folded: Sequence[Sequence[str]]) -> Iterator[Finding]:
    """Counts the texts of a later split that an earlier split has too."""
    for index, (table, texts) in enumerate(zip(tables, folded, strict=True)):
        for other, other_texts in zip(tables[:index], folded[:index], strict=True):
            wanted = set(texts)
            first: dict[str, int] = {}
            for row, text in enumerate(other_texts):
                if text and text in wanted:
                    first.setdefault(text, row)
            rows = [row for row, text in enumerate(texts) if text in first]
            if not rows:
                continue
            noun = "lines" if "line" in table.columns else "texts"
            distinct = list({texts[row]: row for row in reversed(rows)}.values())[::-1]
            verb = "is" if len(rows) == 1 else "are"
            yield Finding(
                "leak",
                "warning",
                len(rows),
                f"{share(len(rows), len(texts), noun)} of {table.split} {verb} also in "
                f"{other.split}.",
                f"Remove them from {other.split}: scores on {noun} that the model has seen are "
                "too high.",
                tuple(
                    table.instance(row, remark=f"also {other.location(first[texts[row]])}")
                    for row in distinct[:MAX_INSTANCES]
                ),
            )


def _conflicts(tables: Sequence[Table], folded: Sequence[Sequence[str]]) -> Iterator[Finding]:
    """Finds texts that have one label in one row and another label in another row."""
    if "label" not in tables[0].columns or has_too_many_labels(tables):
        return
    first: dict[str, tuple[Table, int]] = {}
    conflicts: dict[str, Instance] = {}
    for table, texts in zip(tables, folded, strict=True):
        labels = table.columns["label"]
        for row, text in enumerate(texts):
            earlier, earlier_row = first.setdefault(text, (table, row))
            label = earlier.columns["label"][earlier_row]
            if label != labels[row] and text not in conflicts:
                place = earlier.location(earlier_row)
                remark = f"{shown(labels[row])}, but {shown(label)} in {place}"
                conflicts[text] = table.instance(row, remark=remark)
    if conflicts:
        verb = "has" if len(conflicts) == 1 else "have"
        yield Finding(
            "conflicting_labels",
            "warning",
            len(conflicts),
            f"{plural(len(conflicts), 'text')} {verb} different labels in different rows.",
            "Decide on the same label in all rows of a text: the model cannot learn both.",
            tuple(conflicts.values())[:MAX_INSTANCES],
        )
