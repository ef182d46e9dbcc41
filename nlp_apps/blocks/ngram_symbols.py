"""The characters of every token, for n-grams of words and of characters."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nlp_apps.text.normalize import SPACE_MARK
from nlp_apps.text.special_ids import EOS

MARK = ord(SPACE_MARK)
"""Symbol of a space."""

MODULUS = 1_048_573
"""The largest prime below 2^20: hashes and symbols are smaller."""

FIRST_BYTE = 0x110000
"""Symbol of byte 0, past the last code point; it is stored modulo `MODULUS`."""

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


class TokenCharacters(NamedTuple):
    """The characters of a vocabulary of V tokens, one token after the other.

    Attributes:
        symbols: <int32>[C], code points in lower case. A byte that is a token is one symbol, and
            the end of a text is a space.
        in_words: <bool>[C], whether a character is a letter, a mark on a letter, a digit or "_".
        starts: <int32>[V], index of the first character of each token.
        lengths: <int32>[V], number of characters of each token; 0 for the other special ids.
    """

    symbols: np.ndarray
    in_words: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray


def token_characters(vocabulary: Sequence[str]) -> TokenCharacters:
    """Returns the characters of a vocabulary, whose first ids are those of `special_ids`."""
    tokens = [_symbols(index, token) for index, token in enumerate(vocabulary)]
    symbols = [symbol for token in tokens for symbol in token]
    lengths = np.array([len(token) for token in tokens], np.int32)
    return TokenCharacters(
        np.array([symbol % MODULUS for symbol in symbols], np.int32),
        np.array([_is_in_word(symbol) for symbol in symbols], np.bool_),
        (np.cumsum(lengths) - lengths).astype(np.int32),
        lengths,
    )


def lower_bytes(index: int, token: str) -> list[bytes]:
    """Returns the characters of a token of id `index` in lower case, each as UTF-8.

    There are as many as `token_characters` counts; a byte that is a token is one of them.
    """
    if index <= EOS:
        return [b" "] if index == EOS else []
    if byte := _BYTE.fullmatch(token):
        return [bytes([int(byte[1], 16)])]
    return [_lower(character).encode("utf-8") for character in token.replace(SPACE_MARK, " ")]


def _symbols(index: int, token: str) -> list[int]:
    if index <= EOS:
        return [MARK] if index == EOS else []
    if byte := _BYTE.fullmatch(token):
        return [FIRST_BYTE + int(byte[1], 16)]
    return [ord(_lower(character)) for character in token]


def _lower(character: str) -> str:
    """Returns a character in lower case, unless that would be several characters."""
    lower = character.lower()
    return lower if len(lower) == 1 else character


def _is_in_word(symbol: int) -> bool:
    if symbol >= FIRST_BYTE:  # letters of other scripts, if the byte is not ASCII
        symbol -= FIRST_BYTE
        if symbol >= 0x80:
            return True
    character = chr(symbol)
    return character == "_" or unicodedata.category(character)[0] in "LMN"
