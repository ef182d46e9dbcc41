"""Constraints of sentences, and translations with their exact texts, without a model."""

import logging

import pytest

from nlp_apps.text.constrained_text import (
    CASELESS_MARK,
    MARKS,
    Constraint,
    Preparation,
    TargetTables,
    _warn_of_tags,
    put_back,
)
from nlp_apps.text.glossary import Glossary
from nlp_apps.text.markup import MAX_TAGS
from nlp_apps.text.protected_spans import DEFAULT_KINDS, MARK, MAX_SPANS
from nlp_apps.text.sentences import SentenceSplitter
from nlp_apps.text.special_ids import EOS

PREPARATION = Preparation(DEFAULT_KINDS, "Tom", SentenceSplitter([]), has_sentence_case=True)
GLOSSARY = Glossary({"a": "b", CASELESS_MARK: "c", "station": "gare"})


@pytest.mark.parametrize(
    "text", [f"a {CASELESS_MARK} b", f"{MARK}{MARK}", f"{{x}} {CASELESS_MARK}"]
)
def test_internal_code_points_of_a_text_are_no_spans(text):
    for one in PREPARATION.find(text, GLOSSARY) or ():
        assert MARK not in one.text and CASELESS_MARK not in one.text


@pytest.mark.parametrize(
    "text",
    [f"<b>x{MARK}</b>", f'<a t="{MARK}">x</a>', f"<a {{{MARK}}}>x</a>", f"<b>{CASELESS_MARK}"],
)
def test_internal_code_points_in_markup_are_no_spans(text):
    found = PREPARATION.find_markup(text)
    assert found
    without, _, spans = found
    assert spans == []
    (sentence,) = PREPARATION.split(without, spans, GLOSSARY)
    assert not any(one.is_span for one in sentence.constraints)
    assert MARK not in sentence.text and CASELESS_MARK not in sentence.text


def test_a_sentence_has_a_limited_number_of_constraints(caplog):
    text = "{x} " + "STATION " * MAX_SPANS + "{y}"
    with caplog.at_level(logging.WARNING):
        sentences = PREPARATION.find(text, GLOSSARY)
    assert sentences
    (found,) = sentences
    assert "66 protected spans and terms; the first 64" in caplog.text
    assert len(found.constraints) == len(found.origins) == MAX_SPANS
    outputs = [one.output for one in found.constraints]
    assert outputs == ["{x}", *["gare"] * (MAX_SPANS - 2), "{y}"]


def test_markup_with_too_many_spans_is_a_warning(caplog):
    with caplog.at_level(logging.WARNING):
        PREPARATION.find_markup("<b>x</b>" + "{x} " * (MAX_SPANS + 1))
        PREPARATION.find_markup("{y} " * (MAX_SPANS + 1))  # without markup: `find` is next
    (warning,) = caplog.messages
    assert "65 protected spans (URLs, placeholders); the first 64" in warning


def test_bytes_that_the_model_writes_itself_are_dropped():
    pieces = ["<pad>", "<unk>", "<s>", "</s>", *(f"<0x{one:02X}>" for one in range(256)), "\u2581a"]
    size, span = len(pieces), Constraint(0, 1, "Tom", "{x}", True, False, False)
    coded = [size - 1, MARKS[0], size - 1 + size, MARKS[1], MARKS[1], size - 1]

    def decode(ids):
        texts = {size - 1: " a"} | {mark: chr(mark - EOS - 1) for mark in MARKS}
        return "".join(texts[one] for one in ids)

    assert put_back(coded, [span], TargetTables(pieces), decode) == "a {x} a"


def test_texts_with_too_many_tags_are_one_warning(caplog):
    _warn_of_tags.cache_clear()
    with caplog.at_level(logging.WARNING):
        found = [PREPARATION.find_markup("<b>x</b>" * MAX_TAGS) for _ in range(3)]
    assert found == [None] * 3
    assert caplog.text.count("more than 64 tags") == 1
