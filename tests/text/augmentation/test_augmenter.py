"""Tests of the augmented examples of an epoch."""

from typing import Any

import pytest

from nlp_apps.text.augmentation.augmenter import Augmenter
from nlp_apps.text.augmentation.sentence_joining import can_be_joined, join

PAIRS = [
    ("Where is the station?", "Où est la gare ?"),
    ("I am 25 years old.", "J'ai 25 ans."),
    ("Tom doesn't sleep.", "Tom ne dort pas."),
    ("no final mark", "pas de point"),
] * 50


def test_without_rates_nothing_changes():
    augmenter = Augmenter(PAIRS, seed=1)
    assert augmenter.changed(0) == {}
    assert augmenter.examples(0) == PAIRS


def test_the_same_seed_and_epoch_return_the_same_examples():
    rates: dict[str, Any] = {
        "case": 0.3,
        "numbers": 0.5,
        "names": 0.5,
        "join": 0.2,
        "punctuation": 0.2,
    }
    first, again = Augmenter(PAIRS, seed=1, **rates), Augmenter(PAIRS, seed=1, **rates)
    assert first.changed(3) == again.changed(3)
    assert first.changed(3) != first.changed(4)
    assert first.changed(3) != Augmenter(PAIRS, seed=2, **rates).changed(3)


@pytest.mark.parametrize("name", ["case", "punctuation", "join"])
def test_a_rate_is_the_share_of_the_changed_examples(name: str):
    pairs = [("Where is the station?", "Où est la gare ?")] * 4000
    rates: dict[str, Any] = {name: 0.25}
    changed = Augmenter(pairs, seed=1, **rates).changed(0)
    assert 0.22 < len(changed) / len(pairs) < 0.28


def test_a_source_in_capitals_has_its_target_in_capitals_and_other_targets_stay():
    found = set(Augmenter(PAIRS[:1] * 100, seed=1, case=1.0).changed(0).values())
    assert found == {
        ("WHERE IS THE STATION?", "OÙ EST LA GARE ?"),
        ("where is the station?", "Où est la gare ?"),
    }


def test_a_translator_that_reads_capitals_as_a_sentence_does_not_learn_them():
    pairs = [PAIRS[0], ("No!", "Non !")] * 100
    augmenter = Augmenter(pairs, seed=1, case=1.0, sentences=True)
    assert set(augmenter.changed(0).values()) == {
        ("where is the station?", "Où est la gare ?"),
        ("NO!", "NON !"),
        ("no!", "Non !"),
    }


def test_a_source_without_capitals_keeps_its_target():
    assert Augmenter([("车站在哪里？", "Where is it?")] * 20, seed=1, case=1.0).changed(0) == {}


def test_a_text_without_target_is_changed_alone():
    found = Augmenter([("Great!", "")] * 60, seed=1, case=1.0, punctuation=1.0).changed(0)
    assert set(found.values()) == {("GREAT", ""), ("great", "")}


def test_joined_pairs_are_two_sentences_on_both_sides():
    found = Augmenter(PAIRS, seed=1, join=1.0).changed(0)
    singles = {pair for pair in PAIRS if pair[0] != "no final mark"}
    assert found
    for source, target in found.values():
        assert any(
            source == f"{first[0]} {second[0]}" and target == f"{first[1]} {second[1]}"
            for first in singles
            for second in singles
        )


def test_long_texts_and_texts_without_a_final_mark_are_not_joined():
    assert can_be_joined("Yes.", "« Oui. »")
    assert not can_be_joined("Yes", "Oui.")
    assert not can_be_joined("Yes.", f"{'O' * 200}ui.")
    assert join("你好。", "再见。") == "你好。再见。"
