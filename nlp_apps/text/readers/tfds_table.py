"""TensorFlow Datasets as a table: a column is a feature; a class is its name."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp_apps.errors import WorkError
from nlp_apps.text.readers.columns import Column, Columns, Row
from nlp_apps.text.readers.jsonl_table import as_text
from nlp_apps.text.readers.text_file import decode

if TYPE_CHECKING:
    from nlp_apps.text.readers.tfds_split import TfdsSplit


def read_features(split: "TfdsSplit", columns: Columns, max_characters: int) -> Iterator[Row]:
    """Reads the rows of a split.

    Args:
        split: the split.
        columns: names of features.
        max_characters: a longer text is a problem.

    Raises:
        WorkError: a feature is missing, or is neither text nor a number.
    """
    names = [_feature(split, columns, index) for index in range(len(columns.keys))]
    columns.require_distinct(names, "feature")
    classes = {name: split.class_names(name) for name in names}
    for number, example in enumerate(split, start=1):
        values: list[str] = []
        problem = ""
        for name in names:
            text, trouble = _text_of(example[name], classes[name], max_characters)
            if text is None:
                raise WorkError(f"{columns.source}: the feature {name!r} {trouble}. Name another.")
            values.append(text)
            problem = problem or trouble
        found = () if problem else tuple(values)
        yield Row(split.location(number), found, problem, number)


def _feature(split: "TfdsSplit", columns: Columns, index: int) -> str:
    """Returns the feature of a column; by default, the one that the data set proposes."""
    column: Column = columns.columns[index]
    if columns.is_default[index]:
        is_text = index == len(columns.keys) - 1  # the text is the last column of a request
        proposed = split.supervised_keys
        if proposed:
            column = proposed[0] if is_text else proposed[-1]
        elif is_text and len(split.text_keys) == 1:
            column = split.text_keys[0]
    if column not in split.keys:
        raise WorkError(
            f"{columns.source}: no feature {column!r} ({columns.keys[index]}). "
            f"It has: {', '.join(split.keys)}."
        )
    return str(column)


def _text_of(
    value: Any, classes: Sequence[str] | None, max_characters: int
) -> tuple[str | None, str]:
    """Returns a feature as text, None if it has no text form, and the problem if there is one."""
    if isinstance(value, bytes):
        return decode(value, max_characters=max_characters)
    if not isinstance(value, np.generic):
        return None, "is neither text nor a number"
    if classes is not None:
        index = int(value)
        if not 0 <= index < len(classes):
            return "", f"no label ({index})"
        return classes[index], ""
    return as_text(value.item()), ""
