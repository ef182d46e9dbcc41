"""Tests of nlp_apps.inspection.label_checks and of header lines."""

import unicodedata

import pytest

from tests.inspection.made import clean, inspect, kinds, labelled, only


@pytest.mark.parametrize(
    ("label", "same_as"),
    [
        ("Good", "good"),
        ("g o o d", "good"),
        ("goood", "good"),
        ("good!", "good"),
        ("gooḋ", "good"),
        ("b-a-d", "bad"),
    ],
)
def test_a_label_that_nearly_equals_another_is_reported_with_both_counts(label, same_as):
    found = only(
        inspect("sentiment", train=labelled(*clean(), f"{label}|Other.")), "similar_labels"
    )
    assert f"{label!r} (1) and {same_as!r} (30)" in found.message
    assert found.instances[0].line == 61


@pytest.mark.parametrize("labels", ["1 2", "1.0 2.0", "class1 class2", "male female", "a b", "+ -"])
def test_labels_that_differ_on_purpose_are_not_reported(labels):
    first, second = labels.split()
    rows = [f"{first if i % 21 else second}|Number {i}." for i in range(210)]
    assert kinds(inspect("sentiment", train=labelled(*rows))) <= {"one_label"}


def test_one_number_written_in_two_ways_is_one_label():
    rows = [f"{('1', '1.0', '0')[i % 3]}|Number {i}." for i in range(60)]
    found = only(inspect("sentiment", train=labelled(*rows)), "similar_labels")
    assert found.count == 1
    assert "'1.0' (20) and '1' (20)" in found.message


def test_two_unicode_forms_of_a_label_are_escaped():
    names = ["évident", unicodedata.normalize("NFD", "évident")]
    rows = [f"{names[i % 2]}|Number {i}." for i in range(60)]
    found = only(inspect("sentiment", train=labelled(*rows)), "similar_labels")
    assert "\\xe9vident" in found.message
    assert "e\\u0301vident" in found.message


def test_rare_labels_are_listed_with_their_lines():
    found = only(inspect("sentiment", train=labelled(*clean(), "neutral|Well.")), "rare_labels")
    assert (found.count, found.instances[0].line) == (1, 61)


def test_a_header_line_is_reported_once_and_no_other_check_sees_it():
    found = inspect("sentiment", train=labelled("sentiment|comment", *clean()))
    assert kinds(found) == {"header_line"}
    assert 'data.label_column = "sentiment"' in only(found, "header_line").fix
    assert found.rows == {"train": 60}


def test_a_label_with_the_name_of_a_column_is_reported_in_any_line():
    found = inspect("sentiment", train=labelled(*clean(), "label|A text of a second file."))
    assert only(found, "header_label").instances[0].line == 61


def test_a_label_of_nearly_all_texts_is_a_warning():
    rows = [f"{'bad' if i % 20 == 0 else 'good'}|Number {i}." for i in range(200)]
    found = only(inspect("sentiment", train=labelled(*rows)), "one_label")
    assert found.message.startswith("95.0% of the texts have the label 'good'")


@pytest.mark.parametrize(
    ("train", "test", "kind"),
    [
        ([f"good|Number {i}." for i in range(60)], [], "single_label"),
        ([f"Text {i} of many words.|good" for i in range(60)], [], "too_many_labels"),
        (clean(), ["neutral|Well."], "unknown_labels"),
    ],
)
def test_labels_that_training_refuses_are_errors(train, test, kind):
    found = inspect("sentiment", train=labelled(*train), test=labelled(*test, name="test.tsv"))
    assert only(found, kind).severity == "error"


def test_swapped_columns_are_suggested_where_labels_are_longer_than_texts():
    rows = [f"A long text, number {i}.|{('good', 'bad')[i % 2]}" for i in range(60)]
    assert "swapped" in only(inspect("sentiment", train=labelled(*rows)), "too_many_labels").fix


def test_a_hundred_thousand_labels_are_one_error():
    found = inspect("sentiment", train=labelled(*(f"label {i}|Text." for i in range(100_000))))
    assert only(found, "too_many_labels").count == 100_000


@pytest.mark.parametrize("label", ["NaN", "null", "N/A"])
def test_a_label_that_is_a_word_for_a_missing_value_is_reported(label):
    rows = [*clean(), *(f"{label}|Row {i}." for i in range(9))]
    found = only(inspect("sentiment", train=labelled(*rows)), "missing_labels")
    assert f"{label!r} (9)" in found.message
    assert found.instances[0].line == 61


def test_none_is_a_label():
    rows = [*clean(), *(f"none|Row {i}." for i in range(9))]
    assert "missing_labels" not in kinds(inspect("sentiment", train=labelled(*rows)))
