"""Tests of nlp_apps.metrics.baselines.translation_memory."""

import logging
import time

from nlp_apps.metrics.baselines import translation_memory as module
from nlp_apps.metrics.baselines.translation_memory import translation_memory

SOURCES = ["Where is the station?", "I am hungry.", "The book is on the table.", "We sing."]
TARGETS = ["Wo ist der Bahnhof?", "Ich habe Hunger.", "Das Buch ist auf dem Tisch.", "Wir singen."]


def test_the_most_similar_source_is_found_by_parts_of_words():
    texts = ["where is your station ?", "She sings songs.", "Two books are on a table."]
    assert translation_memory(SOURCES, TARGETS, texts) == [TARGETS[0], TARGETS[3], TARGETS[2]]


def test_every_source_finds_itself():
    assert translation_memory(SOURCES, TARGETS, SOURCES) == TARGETS


def test_the_first_of_equal_sources_is_used():
    assert translation_memory(["a cat", "a cat"], ["eins", "zwei"], ["a cat"]) == ["eins"]


def test_a_text_that_is_like_no_source_has_no_translation():
    assert translation_memory(SOURCES, TARGETS, ["Ελλάδα", "?"]) == ["", ""]
    assert translation_memory(["?"], ["?"], ["x"]) == [""]
    assert translation_memory(SOURCES, TARGETS, []) == []


def test_texts_without_spaces_are_compared_too():
    sources, targets = ["我今天去图书馆。", "他们唱歌。"], ["library", "sing"]
    assert translation_memory(sources, targets, ["我昨天去图书馆。"]) == ["library"]


def test_a_large_memory_is_sampled_and_logged(monkeypatch, caplog):
    monkeypatch.setattr(module, "MAX_COMPARISONS", 8)
    with caplog.at_level(logging.INFO):
        found = translation_memory(SOURCES, TARGETS, SOURCES)
    assert "2 of the 4 training pairs" in caplog.text
    assert sum(one == other for one, other in zip(found, TARGETS, strict=True)) == 2


def test_many_pairs_take_seconds():
    sources = [f"sentence {n % 977} of the {n % 331} th house {n}" for n in range(20_000)]
    started = time.perf_counter()
    found = translation_memory(sources, sources, sources[:500])
    assert time.perf_counter() - started < 20.0
    assert found == sources[:500]
