"""Tests of the words of `sweep --set`."""

import pytest

from nlp_apps.errors import UsageError
from nlp_apps.sweep.space import Range, Values, parse, split


def test_lists_ranges_and_single_values():
    space = parse(["model.units=128, 256", "training.learning_rate=0.001..0.01", "training.seed=4"])
    assert space.dimensions == (
        Values("model.units", ("128", "256")),
        Range("training.learning_rate", 0.001, 0.01),
    )
    assert space.fixed == ("training.seed=4",)
    assert space.size() is None
    assert space.combinations() is None
    overrides = space.overrides({"model.units": "128"})
    assert overrides == ["training.seed=4", "model.units=128"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a.tsv", ["a.tsv"]),
        ('["a.tsv", "b.tsv"]', ['["a.tsv", "b.tsv"]']),
        ('["a", "b"], ["c"]', ['["a", "b"]', '["c"]']),
        ('{ fr = "a", de = "b" },none', ['{ fr = "a", de = "b" }', "none"]),
        ('"a,b",c', ['"a,b"', "c"]),
    ],
)
def test_commas_in_quotes_and_brackets_separate_no_values(text: str, parts: list[str]):
    assert split(text) == parts


@pytest.mark.parametrize(
    ("text", "integer", "log", "size"),
    [
        ("1..5", True, False, 5),
        ("16..256", True, True, 241),
        ("0.1..0.5", False, False, None),
        ("1e-4..1e-2", False, True, None),
        ("0.03..0.3", False, True, None),
        ("-1..20", True, False, 22),
        ("0..0.5", False, False, None),
    ],
)
def test_ranges(text: str, integer: bool, log: bool, size: int | None):
    (found,) = parse([f"a.b={text}"]).dimensions
    assert isinstance(found, Range)
    assert (found.is_integer, found.is_log, found.size()) == (integer, log, size)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model.units"], "write section.key=value"),
        (["=1,2"], "write section.key=value"),
        (["a.b=1,2", "a.b=3"], "a.b: is repeated"),
        (["a.b=5..1"], "first number must be the lower"),
        (["a.b=1,1"], "empty or repeated"),
        (["a.b=1,,2"], "empty or repeated"),
        (["a.b=1"], "no key to search"),
        ([], "no key to search"),
    ],
)
def test_wrong_words_are_errors(words: list[str], message: str):
    with pytest.raises(UsageError, match=message):
        parse(words)
