"""Tests of nlp_apps.inspection.pair_checks and of nlp_apps.inspection.scripts."""

import random

import pytest

from nlp_apps.inspection.scripts import count_scripts, main_scripts, script_of
from tests.inspection.made import inspect, kinds, labelled, only, pairs

ENGLISH = {
    "noun": ["the dog", "the cat", "the house", "the train", "the woman", "the child"],
    "verb": ["sees", "finds", "hears", "knows"],
}
GERMAN = {
    "noun": ["der Hund", "die Katze", "das Haus", "der Zug", "die Frau", "das Kind"],
    "verb": ["sieht", "findet", "hört", "kennt"],
}
RUSSIAN = {
    "noun": ["собака", "кошка", "дом", "поезд", "женщина", "ребёнок"],
    "verb": ["видит", "находит", "слышит", "знает"],
}


def translations(other, count=300, seed=0):
    """Pairs of English and another language, as lists [source, target]."""
    random_numbers = random.Random(seed)
    rows = []
    for number in range(count):
        a, b = random_numbers.randrange(6), random_numbers.randrange(6)
        v = random_numbers.randrange(4)
        rows.append(
            [
                f"{words['noun'][a]} {words['verb'][v]} {words['noun'][b]} {number}."
                for words in (ENGLISH, other)
            ]
        )
    return rows


def check(rows, data=None):
    return inspect("translation", data, train=pairs(*("|".join(row) for row in rows)))


@pytest.mark.parametrize("other", [GERMAN, RUSSIAN])
def test_pairs_without_faults_have_no_findings(other):
    assert not check(translations(other)).findings


@pytest.mark.parametrize("other", [GERMAN, RUSSIAN])
def test_swapped_pairs_are_found_by_letters_and_by_scripts(other):
    rows = translations(other)
    for index in (7, 200):
        rows[index].reverse()
    found = check(rows)
    assert kinds(found) == {"swapped_columns"}
    assert [one.line for one in only(found, "swapped_columns").instances] == [8, 201]


def test_sides_in_one_language_are_never_swapped():
    rows = [[source, source.replace("the ", "this ")] for source, _ in translations(GERMAN)]
    assert not check(rows).findings


def test_a_side_that_is_not_translated_is_reported():
    rows = translations(RUSSIAN)
    rows[4][1] = rows[4][0]
    found = check(rows)
    assert only(found, "equal_sides").instances[0].line == 5
    assert only(found, "other_script").instances[0].remark == "Latin"


def test_names_and_exclamations_may_be_equal_on_both_sides():
    assert not check([*translations(GERMAN), ["Tom!", "Tom!"], ["Stop!", "Stop!"]]).findings


def test_languages_of_the_recipe_are_compared_with_the_scripts():
    languages = {"source_language": "ru", "target_language": "en"}
    found = only(check(translations(RUSSIAN), languages), "wrong_language")
    assert found.fix.startswith("Set data.reverse = true")
    languages = {"source_language": "el", "target_language": "ru"}
    found = only(check(translations(RUSSIAN), languages), "wrong_language")
    assert found.fix.startswith("Correct data.source_language")


def test_a_side_far_longer_than_its_translation_is_reported():
    rows = translations(GERMAN)
    rows[2][1] = " ".join(row[1] for row in rows[:6])
    assert only(check(rows), "odd_lengths").instances[0].line == 3


def test_numbers_that_differ_are_reported_and_other_ways_to_write_them_are_not():
    rows = translations(GERMAN)
    rows[3][1] = rows[3][1].replace("3", "13")
    rows[4] = ["It cost 1,000,000 euros in 2004.", "Es kostete 1.000.000 Euro im Jahr 2004."]
    rows[5] = ["He is 30.", "Er ist dreißig."]
    found = only(check(rows), "different_numbers")
    assert [one.line for one in found.instances] == [4]


def test_texts_in_another_script_than_the_others_are_a_note():
    rows = [f"{('good', 'bad')[i % 2]}|Number {i} was late." for i in range(60)]
    found = inspect("sentiment", train=labelled(*rows, "bad|Всё было плохо."))
    note = only(found, "other_script")
    assert (note.severity, note.instances[0].line) == ("note", 61)


def test_scripts_are_those_of_unicode():
    expected = {"é": "Latin", "я": "Cyrillic", "猫": "Han", "の": "Japanese kana", "ก": "Thai"}
    assert {letter: script_of(letter) for letter in expected} == expected
    assert [script_of(character) for character in "1 .😀"] == [""] * 4


def test_japanese_has_two_main_scripts_and_a_mixed_column_none():
    assert set(main_scripts(count_scripts(["猫がいます。犬も来た。"]))) == {"Japanese kana", "Han"}
    assert main_scripts(count_scripts(["abc где αβγ דהו"])) == ()
