"""Tests of the sentence splitter."""

import pytest

from nlp_apps.results import Translation
from nlp_apps.text.joined_translation import Hypothesis, SentenceTranslation, join_translations
from nlp_apps.text.sentences import (
    SentenceSplitter,
    are_single_sentences,
    join_sentences,
    sentence_rules,
    share_with_several,
)
from tests.linear_time import takes_linear_time

# "|" is where a text is split.
SPLIT = [
    "Where is the station?|I am hungry.",
    "hello!|how are you?|i am fine.",
    "He met Mr. Smith and Dr. A. Jones.|He left.",
    "MR. SMITH AND DR. JONES LEFT.|STOP!",
    "Prof. Dr. Müller ist da.|Er wartet.",
    "The U.S. Army came.|J. K. Rowling wrote it.",
    "So do I.|He left.",
    "No. 5 is here.|No.|I have it.",
    "It costs 3.14 euros.|OK.",
    "1. Open the door.|2. Close it.",
    '"Hello!" he said.|"Go away."|She left.',
    "« Bonjour\xa0!\xa0»|Il partit.",
    "Quoi ?|Je ne sais pas !",
    "¡Hola!|¿Qué tal?",
    "Привет! – сказал он.|Она ушла.",
    "नमस्ते।|आप कैसे हैं?",
    "e.g. John, z. B. Berlin.|Yes.",
    "in the year 2000.|Then he left.",
]
WITHOUT_SPACE = ["你好！|我很好。|你呢？", "「行こう。」と言った。|雨だ。", "你好?|我很好!|你呢"]
WHOLE = [
    "",
    "Wait... What, now… Yes.",
    "Great! :)",
    "Hello!!! ...",
    "it is late. i am tired.",
    "Yahoo.com and a.b.c",
    "I met J. R. R. Tolkien.",
    "?",
]


@pytest.mark.parametrize("text", [*SPLIT, *WITHOUT_SPACE, *WHOLE])
def test_a_text_is_split_at_the_ends_of_its_sentences(text: str):
    line = text.replace("|", "" if text in WITHOUT_SPACE else " ")
    for language in ("en", ""):
        assert SentenceSplitter(sentence_rules(language)).split(line) == text.split("|")


@pytest.mark.parametrize("language", ["", "de", "cs-CZ"])
def test_an_ordinal_ends_no_sentence_in_a_language_that_writes_it_so(language: str):
    text = "Am 3. Oktober kommt er."
    assert SentenceSplitter(sentence_rules(language)).split(text) == [text]


def test_a_number_ends_a_sentence_in_other_languages():
    assert SentenceSplitter(sentence_rules("en-GB")).split("I am 25. I live in Lyon.") == [
        "I am 25.",
        "I live in Lyon.",
    ]


def test_a_single_sentence_is_unchanged_and_spaces_between_sentences_are_dropped():
    splitter = SentenceSplitter(sentence_rules())
    assert splitter.split("1.  Open  the door.") == ["1.  Open  the door."]
    assert splitter.split("One.   Two.") == ["One.", "Two."]


def test_without_rules_a_line_is_one_sentence():
    assert SentenceSplitter([]).split("One. Two.") == ["One. Two."]


@pytest.mark.parametrize("text", ["!", "! ", " ", "A.", ".", ". ", '."', "1.", "。", "a. B"])
def test_the_time_is_linear_in_the_length(text: str):
    splitter = SentenceSplitter(sentence_rules())
    assert takes_linear_time(splitter.split, text * 100_000)


def test_sentences_are_joined_with_a_space_and_without_one_after_a_chinese_mark():
    assert join_sentences(["A.", "B."]) == "A. B."
    assert join_sentences(["你好。", "“好！”", "B"]) == "你好。“好！”B"
    assert join_sentences(["", "A.", ""]) == "A."
    assert join_sentences([" one "]) == " one "


def test_translations_are_joined_rank_by_rank_with_the_mean_score_of_their_tokens():
    first = SentenceTranslation([Hypothesis("A.", -1.0, 2), Hypothesis("a.", -2.0, 1)])
    second = SentenceTranslation([Hypothesis("B.", -4.0, 1)], too_long=True)
    assert join_translations([first]) == Translation("A.", -1.0, [("A.", -1.0), ("a.", -2.0)])
    assert join_translations([first, second]) == Translation(
        "A. B.", -2.0, [("A. B.", -2.0)], too_long=True
    )


def test_the_share_of_texts_with_several_sentences():
    assert share_with_several(["One.", "One. Two.", "A", "B"]) == 0.25
    assert share_with_several([]) == 0.0
    assert are_single_sentences(["One."] * 20 + ["One. Two."])
    assert not are_single_sentences(["One."] * 10 + ["One. Two."])
