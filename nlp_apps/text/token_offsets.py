"""Positions of tokens in their text."""

from collections.abc import Sequence

import numpy as np

from nlp_apps.text.byte_tokens import BYTE_TOKEN


def count_characters(piece: str) -> int:
    """Counts the characters of a token; 0 for a byte that continues a character."""
    if byte := BYTE_TOKEN.fullmatch(piece):
        return int(not 0x80 <= int(byte[1], 16) < 0xC0)
    return len(piece)


def tokens_of_span(ends: np.ndarray, num_characters: int, start: int, end: int) -> np.ndarray:
    """Finds the tokens of `text[start:end]`.

    Args:
        ends: <int>[T], characters up to and including each token.
        num_characters: characters of the text; tokens may have one more, the space before it.
        start: first character of the span.
        end: the character after its last.

    Returns:
        <bool>[T]; a token that continues a character belongs to the character.
    """
    if not len(ends):
        return np.zeros(0, bool)
    starts = np.minimum(np.concatenate([[0], ends[:-1]]), ends - 1)
    added = ends[-1] - num_characters
    return (starts < end + added) & (ends > start + added)


def character_ends(pieces: Sequence[str]) -> np.ndarray:
    """Counts the characters up to and including each token: <int>[T]."""
    return np.cumsum([count_characters(piece) for piece in pieces], dtype=np.int64)
