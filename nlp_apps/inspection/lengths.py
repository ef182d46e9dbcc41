"""Lengths of texts: percentiles in characters and words, and texts longer than the model reads."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nlp_apps.inspection.finding import MAX_INSTANCES, Finding, share
from nlp_apps.inspection.table import NOUNS, Table

CHARACTERS_PER_TOKEN = 4.0
"""Characters of a subword in a language with spaces, about."""

WIDE_CHARACTERS_PER_TOKEN = 1.5
"""The same of Chinese, Japanese, Korean and Thai."""

OUTLIER = 20
"""A text this many times as long as the median, and `MIN_OUTLIER` characters, is an outlier."""

MIN_OUTLIER = 1000


@dataclass(frozen=True)
class Lengths:
    """Percentiles of the lengths of texts.

    Attributes:
        characters: median, 95th percentile and maximum, in characters.
        words: the same in words.
        total_characters: sum over all texts.
    """

    characters: tuple[int, int, int]
    words: tuple[int, int, int]
    total_characters: int

    def to_dict(self) -> dict[str, Any]:
        """Returns the lengths for JSON."""
        return asdict(self)


def measure(texts: Sequence[str]) -> Lengths:
    """Measures texts; of none, every length is 0."""
    characters = np.array([len(text) for text in texts], np.int64)
    words = np.array([len(text.split()) for text in texts], np.int64)
    return Lengths(_percentiles(characters), _percentiles(words), int(characters.sum()))


def _percentiles(lengths: np.ndarray) -> tuple[int, int, int]:
    """Returns median, 95th percentile and maximum of lengths <int>[N]."""
    if not lengths.size:
        return 0, 0, 0
    median, high = np.percentile(lengths, [50, 95])
    return round(median), round(high), int(lengths.max())


def characters_per_token(texts: Sequence[str]) -> float:
    """Estimates the number of characters of a subword, by the share of spaces in texts."""
    characters = sum(map(len, texts))
    spaces = sum(text.count(" ") for text in texts)
    return CHARACTERS_PER_TOKEN if spaces > 0.05 * characters else WIDE_CHARACTERS_PER_TOKEN


def tokens_in(texts: Sequence[str], max_length: int = 0) -> float:
    """Estimates the number of subwords in texts, at most `max_length` of each; 0: any number."""
    per_token = characters_per_token(texts)
    if not max_length:
        return sum(map(len, texts)) / per_token
    return sum(min(len(text) / per_token, max_length) for text in texts)


def find_long_texts(
    tables: Sequence[Table], max_length: int = 0, *, is_dropped: bool = False
) -> Iterator[Finding]:
    """Finds texts far longer than the others, and those longer than `data.max_length`.

    Args:
        tables: the splits.
        max_length: tokens of a training text that the model reads; 0: any number.
        is_dropped: whether training drops longer texts; otherwise it truncates them.
    """
    for name in tables[0].text_columns:
        yield from _outliers(tables, name)
    if max_length:
        yield from _too_long(tables, max_length, is_dropped)


def _outliers(tables: Sequence[Table], name: str) -> Iterator[Finding]:
    lengths = np.array([len(text) for table in tables for text in table.columns[name]], np.int64)
    if not lengths.size:
        return
    median = max(1.0, float(np.median(lengths)))
    limit = max(MIN_OUTLIER, OUTLIER * median)
    count = int((lengths > limit).sum())
    if not count or count > 0.01 * lengths.size + 1:
        return
    rows = [
        (table, row)
        for table in tables
        for row, text in enumerate(table.columns[name])
        if len(text) > limit
    ]
    verb = "is" if count == 1 else "are"
    yield Finding(
        "very_long",
        "warning",
        count,
        f"{share(count, lengths.size, NOUNS[name])} {verb} more than {OUTLIER} times as long as "
        f"the median of {median:,.0f} characters.",
        "Check them: a newline or a quote may be missing. Split long texts into sentences.",
        tuple(
            table.instance(row, name, remark=f"{len(table.columns[name][row]):,} characters")
            for table, row in rows[:MAX_INSTANCES]
        ),
    )


def _too_long(tables: Sequence[Table], max_length: int, is_dropped: bool) -> Iterator[Finding]:
    columns = list(tables[0].text_columns)
    texts = [text for table in tables for name in columns for text in table.columns[name]]
    limit = max_length * characters_per_token(texts)
    rows = [
        (table, row)
        for table in tables
        for row, parts in enumerate(zip(*(table.columns[name] for name in columns), strict=True))
        if max(map(len, parts)) > limit
    ]
    if rows:
        total = sum(map(len, tables))
        has = "has" if len(rows) == 1 else "have"
        verb = "drops" if is_dropped else "truncates"
        yield Finding(
            "longer_than_max_length",
            "note",
            len(rows),
            f"About {share(len(rows), total, 'pairs' if is_dropped else 'texts')} {has} more than "
            f"{max_length} tokens (data.max_length); training {verb} them.",
            "Raise data.max_length if their ends matter; training takes longer then."
            if not is_dropped
            else "Split them into sentences, or raise data.max_length.",
            tuple(table.instance(row) for table, row in rows[:MAX_INSTANCES]),
        )
