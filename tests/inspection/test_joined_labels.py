"""Labels that look like several labels in one."""

import pytest

from nlp_apps.inspection.joined_labels import joined_labels_fix


def test_parts_that_repeat_are_several_labels() -> None:
    counts = {"a": 20, "b": 10, "a,b": 5, "b,c": 3, "c": 9, "a,c": 2}
    assert joined_labels_fix(counts) == "set data.multi_label = true"
    bars = {label.replace(",", "|"): count for label, count in counts.items()}
    assert joined_labels_fix(bars).endswith('data.label_separator = "|"')


@pytest.mark.parametrize(
    "counts",
    [
        {"good": 50, "bad": 50},
        {"Paris, France": 5, "Lyon, France": 5, "Bonn, Germany": 5, "Berlin, Germany": 5},
        {"joy, happiness": 50, "anger": 40, "fear, horror": 10},
        {"a": 500, "b": 500, "a,b": 1},
        {},
    ],
)
def test_other_labels_are_single(counts: dict[str, int]) -> None:
    assert joined_labels_fix(counts) == ""
