"""Several labels in one: `a,b` beside `a` and `b`, in a recipe with one label a text."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from nlp_apps.inspection.finding import MAX_INSTANCES, Finding
from nlp_apps.inspection.label_checks import count_labels, shown
from nlp_apps.inspection.table import Table

SEPARATORS = (",", "|", ";")

MIN_SHARE = 0.02
"""Share of the texts with a separator in the label, below which labels are single."""

MIN_REPEATED = 0.8
"""Share of the parts of labels that other labels must have too. `Paris, France` is one label: few
parts repeat."""


def find_joined_labels(tables: Sequence[Table]) -> Iterator[Finding]:
    """Finds labels that look like several labels with a separator."""
    counts = count_labels(tables)
    if fix := joined_labels_fix(counts):
        separator = _separator(counts)
        joined = {label: count for label, count in counts.items() if separator in label}
        first = max(joined, key=lambda label: joined[label])
        instances = [
            table.instance(row, remark=f"label {shown(label)}")
            for table in tables
            for row, label in enumerate(table.columns["label"])
            if label in joined
        ][:MAX_INSTANCES]
        yield Finding(
            "joined_labels",
            "warning",
            sum(joined.values()),
            f"Labels look like several labels in one, such as {shown(first)}.",
            f"If a text has several labels, {fix}.",
            tuple(instances),
        )


def joined_labels_fix(counts: Mapping[str, int]) -> str:
    """Returns the settings for labels that look like several in one, or an empty string.

    Args:
        counts: number of texts of each label.
    """
    separator = _separator(counts)
    if not separator:
        return ""
    key = f' and data.label_separator = "{separator}"' if separator != "," else ""
    return f"set data.multi_label = true{key}"


def _separator(counts: Mapping[str, int]) -> str:
    """Returns the separator inside labels, or an empty string."""
    for separator in SEPARATORS:
        num_joined = sum(count for label, count in counts.items() if separator in label)
        if num_joined <= MIN_SHARE * sum(counts.values()):
            continue
        parts = [part.strip() for label in counts for part in label.split(separator)]
        owners = Counter(parts)  # number of labels that have a part
        num_repeated = sum(owners[part] > 1 for part in parts)
        if len(owners) < len(counts) and num_repeated >= MIN_REPEATED * len(parts):
            return separator
    return ""
