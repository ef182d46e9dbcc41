"""A begun word, and the proposals to complete it; imports no TensorFlow.

Letters in shapes: N proposed words, W characters of a word with its space.
"""

import unicodedata

import numpy as np

from nlp_apps.errors import UsageError
from nlp_apps.results import Suggestion

MAX_BEGUN = 32
"""Characters of a begun word, with the space before it, at most."""

NUM_SHOWN, MAX_SHOWN = 3, 6
"""Words that a keyboard shows: by default, and at most."""


CLOSING = frozenset(".,;:!?)]}…»”")
"""Punctuation that a space follows, also one that is not written yet."""


def is_word_character(character: str) -> bool:
    """Checks whether a character is part of words: a letter, mark, digit, apostrophe or hyphen."""
    return unicodedata.category(character)[0] in "LMN" or character in "'’-"


def split_begun_word(text: str) -> tuple[str, str]:
    """Splits a text into the part before the word that is being written, and this word.

    The word has the space before it, if there is one, or if there will be one: after a full stop.
    Of a word with more than `MAX_BEGUN` characters, as many count.
    """
    start = len(text)
    while start and is_word_character(text[start - 1]):
        start -= 1
    if text[:start].endswith(" "):
        start -= 1
    if start == len(text) and text[-1:] in CLOSING:
        return text, " "
    return text[:start], text[start:][:MAX_BEGUN]


def begun_codepoints(begun: str) -> np.ndarray:
    """Returns the code points of a begun word, <int32>[MAX_BEGUN], padded with 0."""
    found = np.zeros((MAX_BEGUN,), np.int32)
    found[: len(begun)] = [ord(one) for one in begun]
    return found


def num_shown(number: int | None) -> int:
    """Returns a number of words; None: `NUM_SHOWN`.

    Raises:
        UsageError: it is not from 1 to `MAX_SHOWN`.
    """
    if number is not None and not 1 <= number <= MAX_SHOWN:
        raise UsageError(f"the number of words must be from 1 to {MAX_SHOWN}, received {number}.")
    return NUM_SHOWN if number is None else number


def distinct_words(
    characters: np.ndarray,
    counts: np.ndarray,
    log_probabilities: np.ndarray,
    *,
    number: int | None = None,
) -> list[Suggestion]:
    """Returns the first different words with their probabilities.

    Args:
        characters: <int32>[N, W], as in `next_words.Words`.
        counts: <int32>[N].
        log_probabilities: <float32>[N].
        number: words, from 1 to `MAX_SHOWN`; None: `NUM_SHOWN`.

    Raises:
        UsageError: `number` is out of range.
    """
    number = num_shown(number)
    found: dict[str, float] = {}
    for row, count, log_probability in zip(characters, counts, log_probabilities, strict=True):
        if count:
            word = "".join(map(chr, row[:count].tolist())).removeprefix(" ")
            found[word] = found.get(word, 0.0) + float(np.exp(log_probability))
    best = sorted(found.items(), key=lambda item: -item[1])[:number]
    return [Suggestion(word, probability) for word, probability in best]
