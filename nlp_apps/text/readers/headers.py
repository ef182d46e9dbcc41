"""Header lines: the usual names of columns, recognised in the first line of a table.

A first line is a header line only if it has the names below for every requested column, so that no
line of text is lost.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from nlp_apps.text.readers.languages import language_of

LABEL_NAMES = (
    *("label", "labels", "class", "category", "sentiment", "emotion", "topic", "intent"),
    *("rating", "stars", "score", "polarity"),
)
TEXT_NAMES = (
    *("text", "texts", "sentence", "sentences", "review", "reviews", "comment", "comments"),
    *("message", "tweet", "content", "document", "utterance"),
)
SOURCE_NAMES = frozenset({"source", "src", "original", "input"})
TARGET_NAMES = frozenset({"target", "tgt", "trg", "translation", "translated", "output"})

_OTHER_NAMES = frozenset(["", "id", "index", "title", "author", "date", *LABEL_NAMES, *TEXT_NAMES])
_FILLERS = frozenset({"text", "texts", "sentence", "sentences", "segment"})

SAMPLE_ROWS = 10
"""Rows of a table that a recogniser needs: the first one and some below it."""

_SHORT_CODE = 3  # letters
# Codes that are no words.
_CONSONANTS = frozenset(
    [*("bg", "bn", "cs", "fr", "hr", "lt", "lv", "nb"), *("nl", "nn", "pl", "pt", "sk", "th", "zh")]
)


class Found(NamedTuple):
    """Columns recognised in the first rows of a table.

    Attributes:
        positions: the position of each requested column, counted from 0; None if not recognised.
        has_header: whether the first row is a header line.
        reason: words for the log.
    """

    positions: Sequence[int | None]
    has_header: bool
    reason: str = "line 1 is a header line"

    @property
    def is_complete(self) -> bool:
        """True if every column was found, each in a place of its own."""
        return None not in self.positions and len({*self.positions}) == len(self.positions)


class Recogniser(Protocol):
    """Recognises columns in the first `SAMPLE_ROWS` rows of a table."""

    def __call__(self, rows: Sequence[Sequence[str]], are_names: bool = False) -> Found:
        """Returns the columns found; `are_names`: the first row holds names, never text."""


def named(*names_of_columns: Sequence[str]) -> Recogniser:
    """Returns a recogniser of columns by name, in upper or lower case.

    Args:
        names_of_columns: the usual names of each requested column, the best ones first. A column is
            found if one cell of the first row has the name.
    """

    def recognise(rows: Sequence[Sequence[str]], are_names: bool = False) -> Found:
        del are_names
        cells = [_plain(cell) for cell in rows[0]]
        positions = []
        for names in names_of_columns:
            name = next((name for name in names if name in cells), None)
            positions.append(cells.index(name) if name and cells.count(name) == 1 else None)
        # One name alone may be a text.
        is_header = len(positions) > 1 or (len(cells) > 1 and _OTHER_NAMES.issuperset(cells))
        return Found(positions, has_header=None not in positions and is_header)

    return recognise


def pairs(languages: tuple[str, str], *, has_language: bool = False) -> Recogniser:
    """Returns a recogniser of the source and the target column of sentence pairs.

    It recognises a header line of languages (`en`, `English`, `text_en`) or of `source` and
    `target`, and the export of Tatoeba: number, sentence, number, sentence.

    Args:
        languages: codes of source and target; empty if unknown.
        has_language: whether a third column names the target language; it is not recognised.
    """
    if has_language:
        sides = pairs(languages)
        return lambda rows, are_names=False: Found(
            (*sides(rows, are_names).positions, None), has_header=False
        )

    def recognise(rows: Sequence[Sequence[str]], are_names: bool = False) -> Found:
        if all(_is_numbered(row) for row in rows):
            reason = "columns 1 and 3 are numbers as in Tatoeba's export"
            return Found((1, 3), has_header=False, reason=reason)
        found = _sides(rows[0], languages)
        codes = [_plain(rows[0][index]) for index in found]
        are_codes = all(len(code) <= _SHORT_CODE and language_of(code) for code in codes)
        if are_codes and not are_names and _may_be_words(codes, rows, found):
            found = ()
        return Found(found or (None, None), has_header=bool(found))

    return recognise


def _plain(cell: str) -> str:
    return cell.strip().strip('"').strip().casefold()


def _is_numbered(row: Sequence[str]) -> bool:
    """Returns whether a row is number, text, number, text."""
    if len(row) < 4:
        return False
    numbers, texts = (row[0], row[2]), (row[1], row[3])
    return all(cell.isdecimal() for cell in numbers) and not any(map(str.isdecimal, texts))


def _sides(header: Sequence[str], languages: tuple[str, str]) -> Sequence[int]:
    """Returns the positions of source and target in a header line; empty for other lines."""
    cells = [_plain(cell) for cell in header]
    codes = {index: code for index, cell in enumerate(cells) if (code := _language(cell))}
    if len(codes) > 2:  # "id" and "no" are Indonesian and Norwegian, or numbers.
        codes = {index: code for index, code in codes.items() if cells[index] not in ("id", "no")}
    wanted = [[i for i, code in codes.items() if code == language_of(one)] for one in languages]
    if all(len(found) == 1 for found in wanted) and wanted[0] != wanted[1]:
        return [wanted[0][0], wanted[1][0]]
    for sources, targets in (
        (SOURCE_NAMES, TARGET_NAMES),
        (_with_fillers(SOURCE_NAMES), _with_fillers(TARGET_NAMES)),
        (_FILLERS, _with_fillers(TARGET_NAMES)),
    ):
        left = [index for index, cell in enumerate(cells) if cell in sources]
        right = [index for index, cell in enumerate(cells) if cell in targets]
        if len(left) == 1 and len(right) == 1:
            return [*left, *right]
    if len(codes) >= 2 and len({*codes.values()}) == len(codes):
        return list(codes)[:2]
    return ()


def _language(cell: str) -> str:
    """Returns the language of a cell such as `en`, `english sentence` or `text_en`."""
    words = [word for word in re.split(r"[\s_-]+", cell) if word and word not in _FILLERS]
    return language_of(cell) or language_of(" ".join(words))


def _with_fillers(names: frozenset[str]) -> frozenset[str]:
    """Returns names with a word such as `source_text` and `source sentence`."""
    joined = {f"{name}{mark}{word}" for name in names for mark in " _-" for word in _FILLERS}
    return names | joined


def _may_be_words(
    codes: Sequence[str], rows: Sequence[Sequence[str]], positions: Sequence[int]
) -> bool:
    """Returns whether two language codes may be words, as `is` and `es` of a word list.

    Args:
        codes: the codes in the first row.
        rows: the first rows.
        positions: the columns of the codes.
    """
    if not _CONSONANTS.isdisjoint(codes):
        return False
    below = [row for row in rows[1:] if len(row) > max(positions, default=0)]
    lists = [row for row in below if all(row[index].strip().isalpha() for index in positions)]
    return 2 * len(lists) >= len(below)
