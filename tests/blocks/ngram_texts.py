"""Texts for the tests of n-grams."""

from collections.abc import Sequence

import numpy as np
import pytest

from nlp_apps.text.special_ids import EOS
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer

LINES = [
    "The waiter brought a cold soup, and the waiter didn't mind it at all.",
    "Not good, not bad: we waited two hours for the warm bread.",
    "Great batteries! They last for weeks; the screen is bright.",
    "The story of a small town and the people who never leave.",
] * 5


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(LINES, vocabulary_size=318)


def sequence(tokenizer: Tokenizer, text: str) -> np.ndarray:
    """Token ids with EOS."""
    return np.array([*tokenizer.encode([text])[0], EOS], np.int32)


def padded(sequences: Sequence[np.ndarray], more: int = 0) -> np.ndarray:
    """A batch, `more` tokens longer than needed."""
    found = np.zeros((len(sequences), max(map(len, sequences)) + more), np.int32)
    for row, one in enumerate(sequences):
        found[row, : len(one)] = one
    return found
