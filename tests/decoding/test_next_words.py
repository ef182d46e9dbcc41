"""The search for the next words: the most probable ones of all, by enumeration."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.decoding.begun_word import begun_codepoints, distinct_words, split_begun_word
from nlp_apps.decoding.next_words import NUM_BEAMS, next_words, word_tables
from nlp_apps.results import Suggestion
from nlp_apps.text.special_ids import EOS, NUM_RESERVED

PIECES = ["\u2581", "\u2581a", "\u2581ab", "b", "c", "bc", ".", "\u2581.", "é", "\u2581c-"]
VOCABULARY = ["<pad>", "<unk>", "<s>", "</s>", *(f"<0x{one:02X}>" for one in range(256)), *PIECES]
NEWLINE = 4 + ord("\n")
SIZE = len(VOCABULARY)
TEXTS = [one.replace("\u2581", " ") for one in PIECES]


def table_of(seed: int) -> np.ndarray:
    """Log probabilities [V, V] of a token after a token."""
    logits = np.random.default_rng(seed).normal(size=(SIZE, SIZE)).astype(np.float32) * 2
    logits[:, 4:NUM_RESERVED] -= 20.0
    return tf.nn.log_softmax(logits).numpy()


def search(table: np.ndarray, begun: str, last: int = 2) -> list[Suggestion]:
    def step(tokens: tf.Tensor, state: tf.Tensor):
        return tf.gather(tf.constant(table), tokens), state

    words = next_words(
        tf.constant(table[last][None]),
        tf.zeros((1, NUM_BEAMS, 1)),
        tf.constant(begun_codepoints(begun)),
        step,
        word_tables(VOCABULARY, NEWLINE),
    )
    return distinct_words(*(value.numpy() for value in words), number=3)


def is_end(index: int) -> bool:
    return index in (EOS, NEWLINE) or (
        index >= NUM_RESERVED and TEXTS[index - NUM_RESERVED][0] in " ."
    )


def enumerated(table: np.ndarray, begun: str, last: int = 2, longest: int = 4) -> dict[str, float]:
    """Every word of at most `longest` tokens, with the sum over its segmentations."""
    ends = [index for index in range(SIZE) if is_end(index)]
    found: dict[str, float] = {}
    ids = range(NUM_RESERVED, SIZE)
    for count in range(1, longest + 1):
        for tokens in itertools.product(ids, repeat=count):
            text = "".join(TEXTS[one - NUM_RESERVED] for one in tokens)
            word = text.removeprefix(" ")
            if not text.startswith(begun) or len(text) <= len(begun):
                continue
            if set(" .") & set(text[len(begun) :]):
                continue
            path = [last, *tokens]
            score = sum(table[one, two] for one, two in itertools.pairwise(path))
            score += np.log(np.exp(table[tokens[-1], ends]).sum())
            found[word] = found.get(word, 0.0) + float(np.exp(score))
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("begun", ["", " ", " a", " ab", " c-", "b"])
def test_the_best_words_are_the_most_probable_of_all(seed: int, begun: str):
    table = table_of(seed)
    found, wanted = search(table, begun), enumerated(table, begun)
    best = sorted(wanted, key=lambda word: -wanted[word])[:3]
    assert [one.word for one in found][:2] == best[:2]
    for one in found:  # A beam search may miss a segmentation.
        assert 0.5 * wanted[one.word] < one.probability < wanted[one.word] * 1.001
    word = begun.removeprefix(" ")
    assert all(one.word.startswith(word) and len(one.word) > len(word) for one in found)


def test_a_begun_word_that_no_token_agrees_with_has_no_completion():
    assert search(table_of(1), " xyz") == []


@pytest.mark.parametrize(
    ("text", "before", "begun"),
    [
        ("", "", ""),
        ("the", "", "the"),
        ("the ", "the", " "),
        ("the old", "the", " old"),
        ("the  old", "the ", " old"),
        ("one\n", "one\n", ""),
        ("one\ntw", "one\n", "tw"),
        ("a b\ntw", "a b\n", "tw"),
        ("he (th", "he (", "th"),
        ("it's don't", "it's", " don't"),
        ("end. ", "end.", " "),
        ("end.", "end.", " "),
        ("(", "(", ""),
        ("x" * 100, "", "x" * 32),
    ],
)
def test_the_begun_word_is_the_part_after_the_last_space(text: str, before: str, begun: str):
    assert split_begun_word(text) == (before, begun)
