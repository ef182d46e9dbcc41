"""Tests of joining tokens into words."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp_apps.explain.words import Word, join, mean_rows, sum_columns, text_of
from nlp_apps.text.tokenizer import Tokenizer


def texts(words: list[Word]) -> list[str]:
    return [word.text for word in words]


def pieces_of(tokenizer: Tokenizer, text: str) -> list[str]:
    pieces = tokenizer.vocabulary
    return [pieces[index] for index in tokenizer.encode_documents([text])[0]]


def test_pieces_become_words_with_the_pieces_they_are_made_of():
    words = join(["\u2581the", "\u2581b", "each", "."])
    assert words == [Word("the", " ", 0, 1), Word("beach", " ", 1, 3), Word(".", "", 3, 4)]


@pytest.mark.parametrize(
    ("pieces", "wanted"),
    [
        (["\u2581don", "'", "t", ","], ["don't", ","]),
        (["\u25813", ".", "5", "\u2581well", "-", "known"], ["3.5", "well-known"]),
        (["\u2581said", ".", '"'], ["said", '."']),
        (["\u2581dog,", "\u2581he"], ["dog,", "he"]),  # a subword is never split
        (["\u2581e", "\u0301", "a"], ["e\u0301a"]),
        (["\u2581", "\u65e5\u672c", "\u8a9e"], ["\u65e5\u672c", "\u8a9e"]),
        (["a", "\n", "\n", "b"], ["a", "\n", "\n", "b"]),
        (["\u2581", "\u2581", "a", "\u2581"], ["a"]),
        (["<0xE2>", "<0x82>", "<0xAC>", "\u2581x"], ["\u20ac", "x"]),
        (["<0xE2>", "x"], ["\ufffd", "x"]),
        (["<0xE2>", "<0x96>", "<0x81>", "x", "<0xE2>", "<0x96>", "<0x81>"], ["x"]),
        (["\u2581", "\u2581"], [""]),
        ([], []),
    ],
)
def test_words_are_those_of_a_reader(pieces, wanted):
    words = join(pieces)
    assert texts(words) == wanted


PIECES = st.text(alphabet="ab,.'\u2581\u65e5\u0301\n\u20ac", min_size=1, max_size=4)
BYTES = st.integers(0x80, 0xFF).map(lambda byte: f"<0x{byte:02X}>")


@settings(max_examples=60)
@given(st.lists(PIECES | BYTES, max_size=12))
@example(["\u0301", "<0xE2>", "\u2581"])
def test_every_piece_belongs_to_one_word_and_weights_keep_their_sum(pieces):
    words = join(pieces)
    owned = [index for word in words for index in range(word.start, word.end)]
    assert owned == list(range(len(pieces)))
    weights = np.arange(1.0, len(pieces) + 1)
    assert sum_columns(words, weights).sum() == pytest.approx(weights.sum())


@settings(max_examples=60)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
@example("a\u2009b \u200d c\u0301")
def test_joined_words_are_the_text_except_for_spaces(prose_tokenizer, text):
    words = join(pieces_of(prose_tokenizer, text))
    joined = "".join(word.text for word in words)
    # SentencePiece reads U+2581 as a space.
    assert "".join(joined.split()) == "".join(text.replace("\u2581", " ").split())


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["don't", "3.5", "worst", "soup;", "\u20ac", "!"]), min_size=1))
def test_a_text_without_one_of_its_words_has_all_the_others(tokenizer, parts):
    text = " ".join(parts)
    words = join(pieces_of(tokenizer, text))
    assert text_of(words) == text
    first = len(words[0].text)
    assert text_of(words, without=0) == text[first:].strip()


def test_rows_of_a_word_are_averaged_and_columns_are_summed():
    words = [Word("a", "", 0, 1), Word("bc", " ", 1, 3)]
    rows = np.array([[0.5, 0.25, 0.25], [0.0, 0.5, 0.5], [1.0, 0.0, 0.0]])
    assert sum_columns(words, rows).tolist() == [[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]]
    assert mean_rows(words, rows).tolist() == [[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]]
