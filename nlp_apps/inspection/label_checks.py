"""Labels: rare, similar, header-like, numeric, one for nearly all texts."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nlp_apps.inspection.finding import MAX_INSTANCES, Finding, Instance, plural, shorten
from nlp_apps.inspection.table import Table
from nlp_apps.inspection.text_faults import MISSING
from nlp_apps.text.hold_out import fold
from nlp_apps.text.label_sets import split_labels
from nlp_apps.text.readers.headers import LABEL_NAMES, TEXT_NAMES

MIN_TEXTS = 5
"""Texts that a label needs, to be learned and scored."""

MAX_SHARE = 0.9
"""Share of one label above which accuracy says little."""

MAX_FOR_TYPOS = 2_000
"""Labels among which labels with one different character are searched."""

MAX_LABELS = 20
"""A column with more labels than this, and than half of the texts, holds other values."""

HEADER_LABELS = {*LABEL_NAMES, *TEXT_NAMES, "classes", "target", "id", "index"}
"""Names of columns that header lines have."""

_INTEGER = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"([+-]?\d+)\.0+")


def find_label_faults(tables: Sequence[Table]) -> Iterator[Finding]:
    """Checks the labels of all splits; the column `label`."""
    counts, num_texts = count_labels(tables), sum(map(len, tables))
    yield from _unusable(tables, counts)
    if has_too_many_labels(tables) or not counts:
        return
    first = _first_rows(tables)
    yield from _header_like(counts, first)
    yield from _missing(counts, first)
    yield from _similar(counts, first)
    yield from _rare(counts, first)
    label, most = counts.most_common(1)[0]
    if len(counts) > 1 and most > MAX_SHARE * num_texts and counts.total() == num_texts:
        yield Finding(
            "one_label",
            "warning",
            most,
            f"{100 * most / num_texts:.1f}% of the texts have the label {shown(label)}: a model "
            "that always predicts it has that accuracy.",
            'Compare macro-F1 instead of accuracy, set training.class_weight = "balanced", or add '
            "texts of the other labels.",
        )


def count_labels(tables: Iterable[Table]) -> Counter[str]:
    """Counts the labels of all splits."""
    return Counter(
        label for table in tables for row in table.columns["label"] for label in split_labels(row)
    )


def has_too_many_labels(tables: Iterable[Table]) -> bool:
    """Returns whether the column of labels holds other values, most of them different."""
    tables = list(tables)
    return len(count_labels(tables)) > max(MAX_LABELS, sum(map(len, tables)) // 2)


def shown(label: str) -> str:
    """Returns a label in quotes, shortened; characters that are not printable are escaped.

    Several labels have commas between them.
    """
    return repr(shorten(", ".join(split_labels(label)), 40))


def _first_rows(tables: Sequence[Table]) -> dict[str, Instance]:
    """Returns the first row of each label."""
    first: dict[str, Instance] = {}
    for table in tables:
        for row, labels in enumerate(table.columns["label"]):
            for label in split_labels(labels):
                if label not in first:
                    first[label] = table.instance(row)
    return first


def _unusable(tables: Sequence[Table], counts: Counter[str]) -> Iterator[Finding]:
    """Finds columns of labels that training refuses."""
    num_texts = sum(map(len, tables))
    if not counts:
        yield Finding(
            "no_label", "error", num_texts, "No text has a label.", "Check data.label_column."
        )
    if len(counts) == 1 and counts.total() == num_texts:
        label = next(iter(counts))
        yield Finding(
            "single_label",
            "error",
            num_texts,
            f"Every text has the label {shown(label)}; a classifier needs at least two.",
            "Check data.label_column, or add texts with other labels.",
        )
    if len(counts) > max(MAX_LABELS, num_texts // 2):
        texts = [text for table in tables for text in table.input]
        longer = sum(map(len, counts.elements())) > sum(map(len, texts))
        swapped = len(set(texts)) < len(counts) and longer
        fix = "Check data.label_column and data.text_column" + (
            ": the two columns seem to be swapped." if swapped else "."
        )
        yield Finding(
            "too_many_labels",
            "error",
            len(counts),
            f"{plural(len(counts), 'label')} in {plural(num_texts, 'text')}: this column holds no "
            "labels.",
            fix,
            tuple(table.instance(0, "label") for table in tables[:1] if len(table)),
        )
        return
    known = set(count_labels(tables[:1]))
    for table in tables[1:]:
        unknown = Counter({k: n for k, n in count_labels([table]).items() if k not in known})
        if unknown:
            listed = ", ".join(shown(label) for label, _ in unknown.most_common(MAX_INSTANCES))
            rows = [
                row
                for row, labels in enumerate(table.columns["label"])
                if not unknown.keys().isdisjoint(split_labels(labels))
            ]
            yield Finding(
                "unknown_labels",
                "error",
                len(unknown),
                f"{plural(len(unknown), 'label')} of {table.split} not in {tables[0].split}: "
                f"{listed}{', ...' if len(unknown) > MAX_INSTANCES else ''}.",
                "Correct them, or add texts with them to train.",
                tuple(
                    table.instance(row, remark=shown(table.columns["label"][row]))
                    for row in rows[:MAX_INSTANCES]
                ),
            )


def _header_like(counts: Mapping[str, int], first: Mapping[str, Instance]) -> Iterator[Finding]:
    """Finds labels that are names of columns."""
    found = [
        label
        for label, count in counts.items()
        if label.casefold() in HEADER_LABELS and count < max(MIN_TEXTS, len(counts))
    ]
    if found:
        yield Finding(
            "header_label",
            "warning",
            sum(counts[label] for label in found),
            f"The label {shown(found[0])} looks like the name of a column.",
            "Remove the header line, or set data.label_column and data.text_column to its names.",
            tuple(first[label] for label in found[:MAX_INSTANCES]),
        )


def _missing(counts: Mapping[str, int], first: Mapping[str, Instance]) -> Iterator[Finding]:
    """Finds labels that are words for a missing value; `none` may be a label."""
    for label, count in counts.items():
        if label.casefold() != "none" and MISSING.fullmatch(label):
            yield Finding(
                "missing_labels",
                "warning",
                count,
                f"The label {shown(label)} ({count:,}) is a word for a missing value.",
                "Remove these rows if their label is missing: the model predicts it as any other.",
                (first[label],),
            )


def _similar(counts: Mapping[str, int], first: Mapping[str, Instance]) -> Iterator[Finding]:
    """Finds labels that are probably one label written in two ways."""
    pairs = [*_equal_when_folded(counts), *_typos(counts)]
    if not pairs:
        return
    instances = []
    for common, rare in pairs[:MAX_INSTANCES]:
        # Two Unicode forms of the same letters are displayed the same unless they are escaped.
        forms = {unicodedata.normalize("NFC", label) for label in (common, rare)}
        written = [ascii(label) if len(forms) == 1 else shown(label) for label in (rare, common)]
        remark = f"{written[0]} ({counts[rare]:,}) and {written[1]} ({counts[common]:,})"
        instances.append(first[rare]._replace(remark=remark))
    yield Finding(
        "similar_labels",
        "warning",
        len(pairs),
        f"Nearly equal labels: {instances[0].remark}"
        f"{f', and {len(pairs) - 1:,} more' if len(pairs) > 1 else ''}.",
        "If they mean the same, write them the same way.",
        tuple(instances),
    )


def _equal_when_folded(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yields labels that differ only in case, spaces, punctuation, Unicode form, or `1` and `1.0`.

    Yields:
        The more frequent label, and the other.
    """
    groups: dict[str, list[str]] = {}
    for label in counts:
        groups.setdefault(_key(label), []).append(label)
    for labels in groups.values():
        labels.sort(key=lambda label: (-counts[label], label))
        for other in labels[1:]:
            yield labels[0], other


def _key(label: str) -> str:
    folded = fold(label)
    if number := _DECIMAL.fullmatch(folded):
        return number[1]
    if _INTEGER.fullmatch(folded):
        return folded
    letters = "".join(character for character in folded if character.isalnum())
    return letters if len(letters) > 1 and not letters.isdigit() else folded


def _typos(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yields a frequent label and a rare one with one other, missing or additional letter.

    Labels of fewer than four characters, and digits, differ on purpose.
    """
    if len(counts) > MAX_FOR_TYPOS:
        return
    by_form: dict[str, list[str]] = {}
    for label in counts:
        if 4 <= len(label) <= 40 and label.isprintable():
            for form in {label, *(label[:i] + label[i + 1 :] for i in range(len(label)))}:
                by_form.setdefault(form, []).append(label)
    found: set[tuple[str, str]] = set()
    for labels in by_form.values():
        for one in labels:
            for other in labels:
                is_rare = counts[other] * 20 <= counts[one] or counts[other] == 1 < counts[one]
                if is_rare and _key(one) != _key(other) and _differ_in_letters(one, other):
                    found.add((one, other))
    yield from sorted(found)


def _differ_in_letters(one: str, other: str) -> bool:
    """Returns whether two labels have the same digits, and at most one other letter."""
    if [c for c in one if c.isdigit()] != [c for c in other if c.isdigit()]:
        return False
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) == 1
    return abs(len(one) - len(other)) == 1


def _rare(counts: Counter[str], first: Mapping[str, Instance]) -> Iterator[Finding]:
    """Finds labels with few texts."""
    rare = [label for label, count in reversed(counts.most_common()) if count < MIN_TEXTS]
    if rare:
        listed = ", ".join(f"{shown(label)} ({counts[label]})" for label in rare[:MAX_INSTANCES])
        yield Finding(
            "rare_labels",
            "warning",
            len(rare),
            f"{plural(len(rare), 'label')} with fewer than {MIN_TEXTS} texts: {listed}"
            f"{', ...' if len(rare) > MAX_INSTANCES else ''}.",
            "Add texts, or join the label with another: so few texts are neither learned nor "
            "scored well.",
            tuple(
                first[label]._replace(remark=f"label {shown(label)}")
                for label in rare[:MAX_INSTANCES]
            ),
        )
