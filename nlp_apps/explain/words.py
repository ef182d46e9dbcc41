"""Joins subwords into words.

A word is a run of letters and digits with the apostrophes, hyphens and points inside it (`don't`,
`3.5`), or a run of other characters (`."`). In scripts without spaces, each character is a word. A
subword is never split: words that share a subword are one word.

Letters in shapes: P subwords, W words.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp_apps.text.normalize import SPACE_MARK

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
_INSIDE = frozenset("'\u2019-.,:\u00b7\u2010\u2011")
"""Characters that do not end a word between two letters."""

# Scripts without spaces: first words of the Unicode names of their characters.
_WITHOUT_SPACES = (
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
        text: The word without the spaces around it; a newline is a word.
        space_before: The spaces between the previous word and this one.
        start: Index of its first subword.
        end: Index after its last subword.
    """

    text: str
    space_before: str
    start: int
    end: int


def join(subwords: Sequence[str]) -> list[Word]:
    """Joins subwords into words; every subword belongs to one word.

    Subwords of spaces alone belong to the next word, at the end to the last. Byte tokens (`<0xE2>`)
    become the character that they encode, or U+FFFD if they encode none.

    Example: `▁the ▁b each .` becomes the words `the`, `beach`, `.` of 1, 2 and 1 subwords.

    Args:
        subwords: P subwords without special tokens; U+2581 or a space marks a space.

    Returns:
        W words in order. Spaces alone are one word with an empty text; no subwords are no words.
    """
    encoded = [_bytes_of(subword) for subword in subwords]
    characters = b"".join(encoded).decode("utf-8", "surrogateescape")
    owner = [index for index, subword in enumerate(encoded) for _ in subword]  # of each byte
    first_subword, last_subword, offset = [], [], 0
    for character in characters:
        size = len(character.encode("utf-8", "surrogateescape"))
        first_subword.append(owner[offset])
        last_subword.append(owner[offset + size - 1])
        offset += size

    characters = characters.replace(SPACE_MARK, " ")  # marks that were encoded in bytes
    spans: list[tuple[int, int]] = []
    for start, end in _spans(characters):
        if spans and first_subword[start] <= last_subword[spans[-1][1] - 1]:
            spans[-1] = (spans[-1][0], end)  # the words share a subword
        else:
            spans.append((start, end))
    if not spans:
        return [Word("", characters, 0, len(subwords))] if subwords else []

    words: list[Word] = []
    previous_end, subword = 0, 0
    for number, (start, end) in enumerate(spans):
        is_last = number == len(spans) - 1
        next_subword = len(subwords) if is_last else last_subword[end - 1] + 1
        text, space = characters[start:end], characters[previous_end:start]
        words.append(Word(_decoded(text), _decoded(space), subword, next_subword))
        previous_end, subword = end, next_subword
    return words


def sum_columns(words: Sequence[Word], values: np.ndarray) -> np.ndarray:
    """Sums the values of the subwords of each word.

    Args:
        words: W words of P subwords.
        values: <float>[..., P].

    Returns:
        <float64>[..., W].
    """
    values = np.asarray(values, np.float64)
    columns = [values[..., word.start : word.end].sum(axis=-1) for word in words]
    return np.stack(columns, axis=-1) if columns else np.zeros((*values.shape[:-1], 0))


def mean_rows(words: Sequence[Word], rows: np.ndarray) -> np.ndarray:
    """Averages the rows of the subwords of each word.

    Args:
        words: W words of P subwords.
        rows: <float>[P, ...].

    Returns:
        <float64>[W, ...].
    """
    rows = np.asarray(rows, np.float64)
    means = [rows[word.start : word.end].mean(axis=0) for word in words]
    return np.stack(means) if means else np.zeros((0, *rows.shape[1:]))


def text_of(words: Sequence[Word], *, without: int | None = None) -> str:
    """Returns the text of words, optionally without the word at an index."""
    kept = (word.space_before + word.text for index, word in enumerate(words) if index != without)
    return "".join(kept).strip(" ")


def _bytes_of(subword: str) -> bytes:
    byte = _BYTE.fullmatch(subword)
    return bytes([int(byte[1], 16)]) if byte else subword.replace(SPACE_MARK, " ").encode("utf-8")


def _decoded(text: str) -> str:
    """Replaces escaped bytes, which encode no character, by U+FFFD."""
    return "".join("\ufffd" if "\udc80" <= one <= "\udcff" else one for one in text)


def _spans(text: str) -> list[tuple[int, int]]:
    """Returns start and end of each word of a text, without regard to subwords."""
    kinds = [_kind(character) for character in text]
    for index in range(1, len(text) - 1):
        if text[index] in _INSIDE and kinds[index - 1] == kinds[index + 1] == "letter":
            kinds[index] = "letter"
    spans: list[tuple[int, int]] = []
    for index, kind in enumerate(kinds):
        if kind == "space":
            continue
        continues = index > 0 and (
            kind == "mark" or (kind == kinds[index - 1] and kind in ("letter", "other"))
        )
        if kind == "mark":  # a mark has the kind of the character before it
            kinds[index] = kinds[index - 1] if index and kinds[index - 1] != "space" else "other"
        if continues and spans and spans[-1][1] == index:
            spans[-1] = (spans[-1][0], index + 1)
        else:
            spans.append((index, index + 1))
    return spans


def _kind(character: str) -> str:
    """Returns "letter", "single" (a word of its own), "mark" (joins), "space" or "other"."""
    if character == "\n":
        return "single"
    if character.isspace():
        return "space"
    if character in "\u200c\u200d" or unicodedata.category(character).startswith("M"):
        return "mark"
    if character.isalnum() or character == "_":
        is_single = unicodedata.name(character, "").startswith(_WITHOUT_SPACES)
        return "single" if is_single else "letter"
    return "other"
