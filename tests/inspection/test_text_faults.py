"""Tests of nlp_apps.inspection.text_faults and of nlp_apps.inspection.lengths."""

import pytest

from tests.inspection.made import clean, corpus, inspect, kinds, labelled, only, pairs


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A caf\ufffd in town.", "replacement_characters"),
        ("A cafÃ© in town.", "wrong_encoding"),
        ("Itâ€™s late.", "wrong_encoding"),
        ("Good.<br /><br />Late.", "html"),
        ("Salt &amp; pepper.", "html"),
        ("nan", "missing_values"),
        ("NULL", "missing_values"),
        ("?!...", "no_letters"),
    ],
)
def test_a_single_text_with_a_fault_is_reported_with_its_line(text, kind):
    found = inspect("sentiment", train=labelled(*clean(), f"good|{text}"))
    assert kinds(found) == {kind}
    assert only(found, kind).instances[0].line == 61
    assert only(found, kind).instances[0].text == text


def test_a_fault_of_few_texts_is_a_note_and_of_more_a_warning():
    few = inspect("sentiment", train=labelled(*clean(200), "good|Salt &amp; pepper."))
    more = inspect("sentiment", train=labelled(*clean(60), "good|Salt &amp; pepper."))
    assert [only(found, "html").severity for found in (few, more)] == ["note", "warning"]


@pytest.mark.parametrize(
    "text", ["It is < 5 and > 3.", "R&D; AT&T.", "Âge tendre.", "SÃO PAULO", "Not null.", "C:\\new"]
)
def test_text_that_only_resembles_a_fault_is_not_reported(text):
    assert not inspect("sentiment", train=labelled(*clean(), f"good|{text}")).findings


def test_the_part_of_a_long_text_that_has_the_fault_is_shown():
    text = "word " * 40 + "&amp;" + " word" * 40
    found = only(inspect("sentiment", train=labelled(*clean(), f"good|{text}")), "html")
    assert "&amp;" in found.instances[0].text
    assert len(found.instances[0].text) == 60


def test_ids_in_place_of_text_hide_the_checks_of_pairs():
    train = pairs(*(f"{1000 + i}|The soup was number {i}." for i in range(300)))
    found = inspect("translation", train=train)
    assert kinds(found) == {"numbers"}
    assert only(found, "numbers").count == 300


def test_quotes_around_most_fields_are_a_warning_and_those_of_speech_are_not():
    quoted = [row.replace("|", '|"') + '"' for row in clean()]
    assert kinds(inspect("sentiment", train=labelled(*quoted))) == {"quoted_fields"}
    speech = 'good|"Late again," he said, "and cold."'
    assert not inspect("sentiment", train=labelled(*clean(), speech)).findings


def test_a_text_far_longer_than_the_others_is_a_warning():
    found = only(
        inspect("sentiment", train=labelled(*clean(), f"bad|{'late ' * 300}")), "very_long"
    )
    assert found.instances[0].remark == "1,500 characters"


def test_texts_longer_than_the_model_reads_are_a_note():
    data = {"max_length": 8}
    found = only(inspect("sentiment", data, train=labelled(*clean())), "longer_than_max_length")
    assert found.count == 60
    whole = {**data, "truncation": "windows"}
    assert not inspect("sentiment", whole, train=labelled(*clean())).findings


def test_lines_of_documents_are_located_from_the_start_of_their_document():
    found = inspect("generation", train=corpus(["One.\n\nTwo &amp; three.\n"], "book.txt"))
    assert only(found, "html").instances[0][:3] == ("book.txt", 3, "Two &amp; three.")
    assert found.rows == {"train": 2}
