"""Tests of nlp_apps.text.normalize."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_apps.text.normalize import (
    INVISIBLE,
    MAX_CASED,
    WHITE_SPACE,
    is_empty,
    lowercase,
    lowercase_table,
    normalize,
    normalize_document,
    normalize_input,
    sentence_case,
)
from tests.unnormalized_texts import IN_CAPITALS, UNNORMALIZED


@pytest.mark.parametrize(("text", "normalized"), UNNORMALIZED.items())
def test_an_input_is_composed_narrow_and_stripped(text: str, normalized: str) -> None:
    assert normalize_input(text) == normalized


@given(st.text())
def test_normalization_leaves_a_normalized_text_unchanged(text: str) -> None:
    found = normalize(text)
    assert normalize(found) == found == unicodedata.normalize("NFC", found)
    assert normalize_input(found) == normalize_input(text)
    assert normalize_document(normalize_document(text)) == normalize_document(text)


def test_a_target_keeps_full_width_forms() -> None:
    assert normalize(" \uff21\u3000e\u0301\uff01\ufeff") == "\uff21\u3000\u00e9\uff01"


def test_html_is_cleaned_before_the_text_is_composed() -> None:
    assert normalize_input("<br>e&#769;&#xff01;", clean_html=True) == "\u00e9!"


def test_a_document_keeps_white_space_and_full_width_forms() -> None:
    text = "\ufeff\u200e \n a\u3000e\u0301\uff01\n\n\u202c"
    assert normalize_document(text) == " \n a\u3000\u00e9\uff01\n\n"


@pytest.mark.parametrize("text", ["", INVISIBLE, WHITE_SPACE + INVISIBLE + "\u2581"])
def test_white_space_and_invisible_marks_are_no_text(text: str) -> None:
    assert is_empty(text)
    assert not is_empty(f"{text}.")


def test_white_space_is_that_of_python() -> None:
    assert {*WHITE_SPACE} == {one for one in map(chr, range(0x110000)) if one.isspace()}


def test_lowercase_maps_each_code_point_to_one() -> None:
    assert lowercase("GREAT Stra\u00dfe") == "great stra\u00dfe"
    assert lowercase("\u0130I\u0131 \u039f\u03a3 \u1e9e") == "ii\u0131 \u03bf\u03c3 \u00df"
    assert lowercase("\U00010400") == "\U00010428"
    assert {lower for lower in lowercase_table().values()}.isdisjoint(lowercase_table())


def test_no_other_letter_has_a_lowercase() -> None:
    others = [chr(one) for one in range(0x110000) if one not in lowercase_table()]
    assert all(one.lower() == one for one in others)
    assert max(lowercase_table()) <= MAX_CASED


def test_the_lowercase_of_a_composed_character_is_composed() -> None:
    for codepoint, lower in lowercase_table().items():
        if unicodedata.is_normalized("NFC", chr(codepoint)):
            assert unicodedata.is_normalized("NFC", chr(lower))


@pytest.mark.parametrize(("text", "read"), IN_CAPITALS.items())
def test_a_text_in_capitals_is_read_as_a_sentence(text: str, read: str) -> None:
    assert sentence_case(text) == read
    assert sentence_case(read) == read


@given(st.text(alphabet=st.sampled_from("AbC DÉéΣσßẞİ1.駅")))
def test_a_sentence_in_capitals_keeps_its_length_and_first_letter(text: str) -> None:
    found = sentence_case(text)
    assert lowercase(found) == lowercase(text)
    assert found == text or found[:1] == text[:1]
    assert sentence_case(found) == found
