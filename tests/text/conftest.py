"""Fixtures of the tests of text."""

import pytest

from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from tests.text.made_up import LINES, VOCABULARY_SIZE


@pytest.fixture(scope="session")
def subwords() -> Tokenizer:
    return train_tokenizer(LINES, vocabulary_size=VOCABULARY_SIZE)
