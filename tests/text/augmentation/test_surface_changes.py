"""Tests of changes of letter case, final punctuation, quotes and accents."""

import pytest

from nlp_apps.text.augmentation.surface_changes import (
    drop_accents,
    drop_apostrophes,
    drop_final_mark,
    drop_final_marks,
    lower_initial,
    typographic_quotes,
)


def test_the_first_letter_becomes_lower_case_and_the_others_stay():
    assert lower_initial("« Tom est ici. »") == "« tom est ici. »"
    assert lower_initial("123 - 4") == "123 - 4"


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("I am here.", "I am here"),
        ("Où es-tu\u202f?", "Où es-tu"),
        ("你好。", "你好"),
        ("Wait...", "Wait..."),
        ("What?!", "What?!"),
        ("It is 8 p.m.", "It is 8 p.m."),
        (".", "."),
        ("no mark", "no mark"),
    ],
)
def test_a_single_final_mark_is_dropped(text: str, bare: str):
    assert drop_final_mark(text) == bare


@pytest.mark.parametrize(
    ("pair", "bare"),
    [
        (("I am here.", "Je suis là."), ("I am here", "Je suis là")),
        (("Hello!", "Bonjour !"), ("Hello", "Bonjour")),
        (("Sit.", "Assis !"), ("Sit", "Assis")),
        (("Where are you?", "Où es-tu ?"), ("Where are you", "Où es-tu ?")),
        (("Hello!", "¡Hola!"), ("Hello", "¡Hola!")),
        (("Yes.", "Oui..."), ("Yes", "Oui...")),
        (("Well...", "Eh bien."), ("Well...", "Eh bien.")),
    ],
)
def test_the_target_keeps_a_mark_that_it_needs(pair: tuple[str, str], bare: tuple[str, str]):
    assert drop_final_marks(*pair) == bare


def test_typographic_quotes_are_those_of_a_phone():
    assert typographic_quotes('I don\'t say "no" and "yes".') == "I don’t say “no” and “yes”."
    assert typographic_quotes("the boys' 5' mark") == "the boys' 5' mark"


def test_apostrophes_inside_words_are_dropped():
    assert drop_apostrophes("I don't, the boys' j’ai") == "I dont, the boys' jai"


def test_accents_of_latin_letters_are_dropped_and_other_scripts_stay():
    assert drop_accents("Où est l'élève ? Đà Nẵng") == "Ou est l'eleve ? Đa Nang"
    assert drop_accents("が 한국 й œ") == "が 한국 й œ"
