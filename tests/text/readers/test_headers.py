"""Tests of nlp_apps.text.readers.headers and languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_apps.text.readers.headers import LABEL_NAMES, TEXT_NAMES, named, pairs
from nlp_apps.text.readers.languages import language_of

SENTENCES = [["Go on.", "Continue."], ["Hello there.", "Bonjour."]]
WORDS = [["house", "casa"], ["dog", "perro"]]


@pytest.mark.parametrize(
    ("word", "code"),
    [
        *(("en", "en"), ("ENG", "en"), ("English", "en"), ("en-US", "en"), ("pt_BR", "pt")),
        *(
            ("Deutsch", "de"),
            ("Englisch", "en"),
            ("FRANÇAIS", "fr"),
            ("Türkçe", "tr"),
            ("中文", "zh"),
        ),
        *(("Mandarin Chinese", "zh"), ("xx", ""), ("hello", ""), ("", ""), ("en-", "")),
    ],
)
def test_a_language_is_known_by_code_and_name(word: str, code: str) -> None:
    assert language_of(word) == code


@pytest.mark.parametrize(
    ("header", "below", "positions"),
    [
        ("en fr", SENTENCES, [0, 1]),
        ("en fr", WORDS, [0, 1]),
        ("en es", SENTENCES, [0, 1]),
        ("English French", WORDS, [0, 1]),
        ("Englisch Spanisch", WORDS, [0, 1]),
        ("日本語 中文", SENTENCES, [0, 1]),
        ("source target", WORDS, [0, 1]),
        ("tgt src", WORDS, [1, 0]),
        ("text translation", WORDS, [0, 1]),
        ("source_text target_text", WORDS, [0, 1]),
        ("sentence_en sentence_es", WORDS, [0, 1]),
        ("en-US es-ES", WORDS, [0, 1]),
        ("id en es", [["1", "Go on.", "Siga."]], [1, 2]),
        ("id source target score", WORDS, [1, 2]),
        ("source_lang target_lang source target", WORDS, [2, 3]),
        ("en fr de", SENTENCES, [0, 1]),
    ],
)
def test_a_header_line_of_sentence_pairs_is_recognised(
    header: str, below: list[list[str]], positions: list[int]
) -> None:
    found = pairs(("", ""))([header.split(), *below])
    assert found.has_header
    assert list(found.positions) == positions


@pytest.mark.parametrize(
    ("first", "below"),
    [
        (["is", "es"], WORDS),  # English and Spanish
        (["en", "et"], WORDS),  # Dutch and French
        (["en", "es"], []),
        (["no", "no"], SENTENCES),
        (["text", "text"], SENTENCES),
        (["French", "french"], SENTENCES),
        (["English", "Anglais"], SENTENCES),
        (["Source", "Quelle"], SENTENCES),
        (["Hello", "Bonjour"], SENTENCES),
        (["en"], SENTENCES),
        ([], SENTENCES),
        (["1", "one", "2"], [["2", "two", "4"]]),
    ],
)
def test_a_first_pair_is_text(first: list[str], below: list[list[str]]) -> None:
    found = pairs(("", ""))([first, *below])
    assert not found.has_header
    assert not found.is_complete


def test_the_languages_of_the_recipe_select_the_columns() -> None:
    header = ["en", "de", "fr"]
    assert list(pairs(("fr", "en"))([header, *SENTENCES]).positions) == [2, 0]
    assert list(pairs(("it", "en"))([header, *SENTENCES]).positions) == [0, 1]


def test_tatoebas_export_is_recognised_if_every_row_has_its_form() -> None:
    rows = [["1276", "Let's try.", "3091", "Essayons !"], ["1277", "I go.", "3092", "J'y vais."]]
    found = pairs(("", ""))(rows)
    assert (found.positions, found.has_header) == ((1, 3), False)
    for odd in (["a", "b", "c", "d"], ["1", "2", "3", "4"], ["1", "b", "3"]):
        assert not pairs(("", ""))([*rows, odd]).is_complete


@pytest.mark.parametrize(
    ("header", "positions"),
    [
        ("label\ttext", [0, 1]),
        ("Review\tSentiment", [1, 0]),
        ("id\tcomment\tCATEGORY", [2, 1]),
        ("label\ttext\tcomment", [0, 1]),
        ('"label"\t"text"', [0, 1]),
    ],
)
def test_a_header_line_of_labelled_texts_is_recognised(header: str, positions: list[int]) -> None:
    found = named(LABEL_NAMES, TEXT_NAMES)([header.split("\t")])
    assert (found.positions, found.has_header) == (positions, True)


@pytest.mark.parametrize("row", ["label\tGood.", "pos\ttext", "text", "label\tlabel", "text\ttext"])
def test_a_labelled_text_is_no_header_line(row: str) -> None:
    assert not named(LABEL_NAMES, TEXT_NAMES)([row.split("\t")]).has_header


@pytest.mark.parametrize(
    ("row", "expected"),
    [("id\ttext", True), ("text\tlabel", True), ("text", False), ("text\tOnce upon", False)],
)
def test_one_name_alone_may_be_a_document(row: str, expected: bool) -> None:
    assert named(TEXT_NAMES)([row.split("\t")]).has_header is expected


@given(st.lists(st.lists(st.text(max_size=8), max_size=5), min_size=1, max_size=6))
def test_any_rows_can_be_tested_for_a_header_line(rows: list[list[str]]) -> None:
    for recognise in (pairs(("", "")), pairs(("en", "fr")), named(LABEL_NAMES, TEXT_NAMES)):
        found = recognise(rows)
        assert all(at is None or at < len(rows[0]) for at in found.positions)
