"""Suggested words in a graph are merged and ordered as in Python."""

import random

import numpy as np
import tensorflow as tf

from nlp_apps.decoding import begun_word
from nlp_apps.decoding.next_words import MAX_CHARACTERS, NUM_WORDS, Words
from nlp_apps.export.saved_model import suggest_signature
from nlp_apps.text.special_ids import NEG_INF

GRAPH = tf.function(suggest_signature.distinct_words, autograph=False)


def words(texts: list[str], log_probabilities: list[float]) -> Words:
    """Returns proposed words; the missing ones have no characters."""
    characters = np.zeros((NUM_WORDS, MAX_CHARACTERS), np.int32)
    counts = np.zeros((NUM_WORDS,), np.int32)
    scores = np.full((NUM_WORDS,), NEG_INF, np.float32)
    for row, (text, score) in enumerate(zip(texts, log_probabilities, strict=True)):
        characters[row, : len(text)] = [ord(one) for one in text]
        counts[row], scores[row] = len(text), score
    return Words(*map(tf.constant, (characters, counts, scores)))


def check(proposed: Words) -> None:
    """Compares the words of the graph with those of Python."""
    expected = begun_word.distinct_words(*(one.numpy() for one in proposed), number=NUM_WORDS)
    found, probabilities = GRAPH(proposed)
    missing = NUM_WORDS - len(expected)
    assert [one.decode() for one in found.numpy()] == [one.word for one in expected] + missing * [
        ""
    ]
    np.testing.assert_allclose(
        probabilities, [one.probability for one in expected] + missing * [0.0], rtol=1e-6
    )


def test_equal_words_are_added_up_and_ordered() -> None:
    check(words([" sea", "sea", " tea", " ship", "tea"], [-3.0, -3.5, -3.1, -2.0, -3.3]))
    check(words([" a", " b", " c"], [-1.0, -1.0, -1.0]))
    check(words(["\u00e9t\u00e9", " \U0001f600", "  two"], [-1.0, -0.5, -7.0]))
    check(words([], []))
    check(words([" never", " almost"], [-200.0, -1.0]))  # 0 in float32


def test_random_words_are_merged_as_in_python() -> None:
    numbers = random.Random(3)
    for _ in range(50):
        texts = [numbers.choice(["a", " a", "b", " b", "ab"]) for _ in range(numbers.randint(0, 6))]
        check(words(texts, sorted((numbers.uniform(-9, 0) for _ in texts), reverse=True)))
