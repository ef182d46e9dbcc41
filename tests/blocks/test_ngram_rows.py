"""Tests of the hashes of n-grams."""

from collections import Counter
from itertools import pairwise

import numpy as np
import tensorflow as tf

from nlp_apps.blocks.ngram_rows import NgramRows
from nlp_apps.blocks.ngrams import MAX_ROWS
from nlp_apps.text.special_ids import EOS
from nlp_apps.text.tokenizer import Tokenizer
from tests.blocks.ngram_texts import LINES, padded, sequence, tokenizer

__all__ = ["tokenizer"]


def char_wb(text: str) -> list[str]:
    """The n-grams of scikit-learn, except that it counts a short word as a whole, too."""
    grams = []
    for word in text.lower().split():
        for n in (2, 3, 4, 5):
            grams += [f" {word} "[i : i + n] for i in range(len(word) + 3 - n)]
    return grams


def frequencies(rows: np.ndarray) -> list[int]:
    return sorted(Counter(rows[rows > 0].tolist()).values())


def test_there_are_the_ngrams_of_words_and_of_characters_inside_words(tokenizer: Tokenizer):
    find = NgramRows(tokenizer.vocabulary, MAX_ROWS)
    text = "The waiter and the people, who and the warm bread: not at all"
    ids = sequence(tokenizer, text)
    rows = find(ids[None]).numpy()[0]
    words = text.lower().replace(",", "").replace(":", "").split()
    pairs = list(pairwise(words))
    # As often as in the text: equal n-grams have equal rows, others (but for chance) do not.
    assert frequencies(rows[: len(ids)]) == sorted(Counter(words).values())
    assert frequencies(rows[len(ids) : 2 * len(ids)]) == sorted(Counter(pairs).values())
    assert frequencies(rows[2 * len(ids) :]) == sorted(Counter(char_wb(text)).values())
    assert rows[: 2 * len(ids)].max() < find.first_of_characters
    assert (rows[2 * len(ids) :] >= find.first_of_characters).sum() == len(char_wb(text))


def test_rows_do_not_depend_on_the_segmentation(tokenizer: Tokenizer):
    find = NgramRows(tokenizer.vocabulary, 2**17)
    text = "They waited for the soup"
    letters = {token: index for index, token in enumerate(tokenizer.vocabulary) if len(token) == 1}
    spelled = [letters["\u2581" if letter == " " else letter] for letter in " " + text]
    ids, other = sequence(tokenizer, text), np.array([*spelled, EOS], np.int32)
    assert len(other) > len(ids)
    found, wanted = (find(one[None]).numpy()[0] for one in (ids, other))
    assert sorted(found[found > 0]) == sorted(wanted[wanted > 0])
    symbols, is_character, _ = find.characters(ids[None])
    letters_of = [
        ord(letter) for letter in "\u2581they\u2581waited\u2581for\u2581the\u2581soup\u2581"
    ]
    assert symbols.numpy()[is_character.numpy()].tolist() == letters_of


def test_bytes_are_symbols_of_their_own_and_letters(tokenizer: Tokenizer):
    find = NgramRows(tokenizer.vocabulary, 1000)
    ids = sequence(tokenizer, "a\u00e4!")[None]
    symbols, is_character, in_words = find.characters(ids)
    found = symbols.numpy()[is_character.numpy()]
    assert len(found) == 6  # space, a, two bytes, !, space
    assert len(set(found.tolist())) == 5
    assert found.max() > 0xFFFF
    assert in_words.numpy()[is_character.numpy()].tolist() == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]


def test_long_words_are_distinguished_by_their_beginning(tokenizer: Tokenizer):
    find = NgramRows(tokenizer.vocabulary, MAX_ROWS)
    texts = ["a" * 15, "a" * 16, "a" * 17]
    first = [int(find(sequence(tokenizer, text)[None])[0, 0]) for text in texts]
    assert first[0] != first[1] == first[2] > 0


def test_padding_and_other_texts_change_nothing(tokenizer: Tokenizer):
    find = NgramRows(tokenizer.vocabulary, 2**17)
    texts = ["good", LINES[0], "Internationalization incomprehensibilities " * 8, "a-" * 30, ""]
    alone = [find(sequence(tokenizer, text)[None]).numpy()[0] for text in texts]
    batch = find(padded([sequence(tokenizer, text) for text in texts], more=7)).numpy()
    for one, other in zip(alone, batch, strict=True):
        assert sorted(one[one > 0]) == sorted(other[other > 0])


def test_a_compiled_graph_returns_the_same_rows(tokenizer: Tokenizer):
    find = NgramRows(tokenizer.vocabulary, 2**17)
    batch = padded([sequence(tokenizer, text) for text in LINES[:4]])
    compiled = tf.function(find.__call__, jit_compile=True)(batch)
    np.testing.assert_array_equal(compiled, find(batch))


def test_ngrams_collide_as_rarely_as_random_numbers(tokenizer: Tokenizer):
    random = np.random.default_rng(0)
    letters = sorted("etaoinshrdlu")
    words = ["".join(random.choice(letters, size)) for size in random.integers(2, 8, 900)]
    texts = [" ".join(random.choice(words, 30)) for _ in range(300)]
    sequences = [sequence(tokenizer, text) for text in texts]
    of_words = {pair for text in texts for pair in pairwise(text.split())}
    of_words |= {(word, "") for text in texts for word in text.split()}
    of_characters = {gram for text in texts for gram in char_wb(text)}
    num_rows = 2**14
    find = NgramRows(tokenizer.vocabulary, num_rows)
    rows = np.unique(np.concatenate([find(one[None]).numpy()[0] for one in sequences]))
    half = find.first_of_characters
    for found, count in (
        (rows[(rows > 0) & (rows < half)], len(of_words)),
        (rows[rows >= half], len(of_characters)),
    ):
        ideal = half * (1.0 - np.exp(-count / half))
        assert count > 2000
        assert len(found) > 0.98 * ideal
    assert rows.max() < num_rows
