"""Tests of nlp_apps.inspection.shared_sequences."""

import itertools

import pytest

from nlp_apps.inspection.shared_sequences import PATTERNS, shared_sequences
from tests.prose import ROOT


def test_sequences_of_five_words_count_once_a_text() -> None:
    texts = ["a b c d e f", "x A B C D E", "a b c d e", "a b c d e", "e d c b a e d c b a"]
    # "a b c d e" in three texts, the repeated one apart; six others in one text each.
    assert shared_sequences(texts) == pytest.approx(3 / (3 + 2 + 5))


@pytest.mark.parametrize("texts", [[], ["too short"], ["a b c d e f g"], ["a b c d e"] * 9])
def test_nothing_is_shared_without_several_texts(texts: list[str]) -> None:
    assert shared_sequences(texts) == 0.0


def test_text_from_patterns_shares_sequences_and_remarks_do_not() -> None:
    things, kinds, ends = ("room", "soup", "film", "lamp"), ("good", "dull", "cold"), ("twice", "")
    made = [
        f"the {thing} was {kind} and I said so {end}"
        for thing, kind, end in itertools.product(things, kinds, ends)
    ]
    assert shared_sequences(made) > PATTERNS
    lines = (ROOT / "data" / "reviews" / "remarks.tsv").read_text("utf-8").splitlines()
    remarks = [line.partition("\t")[2] for line in lines]
    assert 0.0 < shared_sequences(remarks[::6]) < PATTERNS
