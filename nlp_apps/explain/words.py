"""Joins the pieces of a tokenizer into words, with the weights of the pieces.

A word is a run of letters and digits, with the apostrophes, hyphens and points inside it (`don't`,
`3.5`), or a run of other signs (`."`). In scripts without blanks each character would be a word. As
a piece is never cut, what shares a piece is one word.

Letters in shapes: P pieces, W words.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp_apps.text.normalize import SPACE_MARK

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
_INSIDE = frozenset("'\u2019-.,:\u00b7\u2010\u2011")
"""Signs that do not end a word when a letter stands on both sides."""

# Scripts that are written without blanks, as they begin a character's Unicode name.
_UNBROKEN = (
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "THAI",
    "LAO",
    "KHMER",
    "MYANMAR",
    "TIBETAN",
    "BOPOMOFO",
)


@dataclass(frozen=True)
class Word:
    """A word of a text.

    Attributes:
        text: the word without the blanks around it; a line end is a word of its own.
        before: the blanks between it and the word before.
        first: index of its first piece.
        end: index after its last piece.
    """

    text: str
    before: str
    first: int
    end: int


def join(pieces: Sequence[str]) -> list[Word]:
    """Joins pieces into words: every piece belongs to one word, and words stand in their order.

    Blanks that are pieces of their own belong to the word after them, or at the end to the last.
    Bytes (`<0xE2>`) become the character that they spell; bytes that spell none become U+FFFD.

    Example: `▁the ▁b each .` gives the words `the`, `beach`, `.` of 1, 2 and 1 pieces.

    Args:
        pieces: as the tokenizer has them, U+2581 or a blank where a blank stands; no special ones.

    Returns:
        The words. Blanks alone are one word whose text is empty; no pieces, no words.
    """
    encoded = [_bytes_of(piece) for piece in pieces]
    characters = b"".join(encoded).decode("utf-8", "surrogateescape")
    owner = [index for index, piece in enumerate(encoded) for _ in piece]  # of each byte
    first_piece, last_piece, place = [], [], 0
    for character in characters:
        size = len(character.encode("utf-8", "surrogateescape"))
        first_piece.append(owner[place])
        last_piece.append(owner[place + size - 1])
        place += size

    characters = characters.replace(SPACE_MARK, " ")  # those that were spelt in bytes
    found: list[tuple[int, int]] = []  # characters of each word, from and to
    for begin, end in _spans(characters):
        if found and first_piece[begin] <= last_piece[found[-1][1] - 1]:
            found[-1] = (found[-1][0], end)  # they share a piece
        else:
            found.append((begin, end))
    if not found:
        return [Word("", characters, 0, len(pieces))] if pieces else []

    words: list[Word] = []
    taken, piece = 0, 0
    for number, (begin, end) in enumerate(found):
        last = len(pieces) if number == len(found) - 1 else last_piece[end - 1] + 1
        text, before = characters[begin:end], characters[taken:begin]
        words.append(Word(_shown(text), _shown(before), piece, last))
        taken, piece = end, last
    return words


def sums(words: Sequence[Word], values: np.ndarray) -> np.ndarray:
    """Adds up the values of each word's pieces.

    Args:
        words: as `join` gives them for P pieces.
        values: <float>[..., P].

    Returns:
        <float64>[..., W].
    """
    values = np.asarray(values, np.float64)
    columns = [values[..., word.first : word.end].sum(axis=-1) for word in words]
    return np.stack(columns, axis=-1) if columns else np.zeros((*values.shape[:-1], 0))


def means(words: Sequence[Word], rows: np.ndarray) -> np.ndarray:
    """The mean of the rows of each word's pieces.

    Args:
        words: as `join` gives them for P pieces.
        rows: <float>[P, ...].

    Returns:
        <float64>[W, ...].
    """
    rows = np.asarray(rows, np.float64)
    found = [rows[word.first : word.end].mean(axis=0) for word in words]
    return np.stack(found) if found else np.zeros((0, *rows.shape[1:]))


def text_of(words: Sequence[Word], *, without: int | None = None) -> str:
    """The text that words make, with the word at the index `without` left out."""
    kept = (word.before + word.text for index, word in enumerate(words) if index != without)
    return "".join(kept).strip(" ")


def _bytes_of(piece: str) -> bytes:
    byte = _BYTE.fullmatch(piece)
    return bytes([int(byte[1], 16)]) if byte else piece.replace(SPACE_MARK, " ").encode("utf-8")


def _shown(text: str) -> str:
    """The text, with U+FFFD for each byte that belongs to no character."""
    return "".join("\ufffd" if "\udc80" <= one <= "\udcff" else one for one in text)


def _spans(text: str) -> list[tuple[int, int]]:
    """Where the words of a text begin and end, before pieces are looked at."""
    kinds = [_kind(character) for character in text]
    for index in range(1, len(text) - 1):
        if text[index] in _INSIDE and kinds[index - 1] == kinds[index + 1] == "letter":
            kinds[index] = "letter"
    spans: list[tuple[int, int]] = []
    for index, kind in enumerate(kinds):
        if kind == "blank":
            continue
        goes_on = index > 0 and (
            kind == "joins" or (kind == kinds[index - 1] and kind in ("letter", "sign"))
        )
        if kind == "joins":  # what follows it goes on as what stands before it
            kinds[index] = kinds[index - 1] if index and kinds[index - 1] != "blank" else "sign"
        if goes_on and spans and spans[-1][1] == index:
            spans[-1] = (spans[-1][0], index + 1)
        else:
            spans.append((index, index + 1))
    return spans


def _kind(character: str) -> str:
    """What a character does: "letter", "sign", "single", "joins" (the one before it), "blank"."""
    if character == "\n":
        return "single"
    if character.isspace():
        return "blank"
    if character in "\u200c\u200d" or unicodedata.category(character).startswith("M"):
        return "joins"
    if character.isalnum() or character == "_":
        unbroken = unicodedata.name(character, "").startswith(_UNBROKEN)
        return "single" if unbroken else "letter"
    return "sign"
