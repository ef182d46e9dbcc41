"""Sets of labels as one text: `LabelledText.label` of a recipe with `data.multi_label`."""

from collections.abc import Callable, Iterable

SEPARATOR = "\n"
"""Separates the labels of a set. A label has no newline, because its white space is one space."""

LIST_MARK = "\x1e"
"""Begins a list of labels from JSON or Parquet, and each label of it: the value of a column."""


def join_labels(labels: Iterable[str]) -> str:
    """Returns different labels as one text, in alphabetical order; empty for none."""
    return SEPARATOR.join(sorted({label for label in labels if label}))


def split_labels(text: str) -> tuple[str, ...]:
    """Returns the labels of a text of `join_labels`; of another text, the text."""
    return tuple(text.split(SEPARATOR)) if text else ()


def list_value(values: Iterable[str]) -> str:
    """Returns the labels of a list as the value of a column."""
    return LIST_MARK + LIST_MARK.join(value.replace(LIST_MARK, " ") for value in values)


def parse_labels(value: str, separator: str, clean: Callable[[str], str]) -> str:
    """Returns the labels in the value of a column as `join_labels`.

    Args:
        value: labels with `separator` between them, or a text of `list_value`.
        separator: the characters between two labels.
        clean: returns a label on one line.
    """
    if value.startswith(LIST_MARK):
        return join_labels(map(clean, value[1:].split(LIST_MARK)))
    return join_labels(map(clean, value.split(separator)))
