"""`text.normalize` in core TensorFlow operations, without its HTML cleaning."""

from collections.abc import Callable

import tensorflow as tf

from nlp_apps.export.graph_text.graph_composition import compose
from nlp_apps.export.graph_text.lowercase_pages import IS_LOWER, case_pages
from nlp_apps.export.graph_text.shared_graph import on_texts
from nlp_apps.export.graph_text.trie import PAGE
from nlp_apps.text.normalize import (
    FULL_WIDTH,
    FULL_WIDTH_OFFSET,
    INVISIBLE,
    LINE_BREAK,
    MIN_CAPITALS,
    SPACE_MARK,
    WIDE_SPACE,
    WITHOUT_CASE,
)

WHITE_SPACE = r"\s\x0b\x1c-\x1f\x{85}\pZ"
"""The characters of `str.isspace` in a class of RE2, whose \\s is ASCII only."""

UNCHANGED = r"[\x00-\x{2ff}]*"
"""Text without marks and full width forms, which costs only this search."""

WIDE = rf"\C*[\x{{{FULL_WIDTH[0]:x}}}-\x{{{FULL_WIDTH[-1]:x}}}\x{{{WIDE_SPACE:x}}}]\C*"
"""Text with a full width form. \\C matches any byte; a dot matches valid characters only."""

HAS_LOWER = r"\C*[a-z]\C*"
"""Text that surely is not in capitals."""


def is_empty(texts: tf.Tensor) -> tf.Tensor:
    """Computes `text.normalize.is_empty`: <string>[B] to <bool>[B]."""
    return tf.strings.regex_full_match(texts, f"[{WHITE_SPACE}{INVISIBLE}{SPACE_MARK}]*")


@on_texts
def normalize_input(texts: tf.Tensor) -> tf.Tensor:
    """Computes `text.normalize.normalize_input`: <string>[B] to <string>[B]."""
    lines = tf.strings.regex_replace(texts, f"{LINE_BREAK}+", " ")
    lines = _unless(UNCHANGED, lines, lambda: _narrow(compose(lines)))
    return _strip(lines, f"{WHITE_SPACE}{INVISIBLE}")


@on_texts
def normalize_document(texts: tf.Tensor) -> tf.Tensor:
    """Computes `text.normalize.normalize_document`: <string>[B] to <string>[B]."""
    return _strip(_unless(UNCHANGED, texts, lambda: compose(texts)), INVISIBLE)


def is_without_case(codepoints: tf.Tensor) -> tf.Tensor:
    """Computes whether characters are of a script without letter case: <int32>[C] to <bool>[C]."""
    (first, last), (second, end) = WITHOUT_CASE
    is_first = (codepoints >= first) & (codepoints <= last)
    return is_first | (codepoints >= second) & (codepoints <= end)


def narrow(codepoints: tf.Tensor) -> tf.Tensor:
    """Replaces full width forms by ASCII and U+3000 by a space: <int32>[C] to <int32>[C]."""
    is_wide = (codepoints >= FULL_WIDTH[0]) & (codepoints <= FULL_WIDTH[-1])
    codepoints = tf.where(is_wide, codepoints - FULL_WIDTH_OFFSET, codepoints)
    return tf.where(tf.equal(codepoints, WIDE_SPACE), ord(" "), codepoints)


@on_texts
def sentence_case(texts: tf.Tensor) -> tf.Tensor:
    """Computes `text.normalize.sentence_case`: <string>[B] to <string>[B]."""
    may_change = tf.reduce_any(~tf.strings.regex_full_match(texts, HAS_LOWER))

    def changed() -> tf.Tensor:
        characters = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        rows, num_rows = characters.value_rowids(), tf.shape(texts)[0]
        codepoints = characters.flat_values
        index = tf.range(tf.size(codepoints))
        pages, offsets = map(tf.constant, case_pages())
        offset = tf.gather(offsets, tf.gather(pages, codepoints // PAGE) + codepoints % PAGE)
        is_lower = tf.equal(offset, IS_LOWER)
        is_capital = tf.not_equal(offset, 0) & ~is_lower
        in_capitals = in_each_row(is_capital, rows, num_rows) >= MIN_CAPITALS
        in_capitals &= tf.equal(
            in_each_row(is_lower | is_without_case(codepoints), rows, num_rows), 0
        )
        first = tf.math.unsorted_segment_min(
            tf.where(is_capital, index, index.dtype.max), rows, num_rows
        )
        is_changed = is_capital & (index > tf.gather(first, rows))
        lower = characters.with_flat_values(codepoints + tf.where(is_changed, offset, 0))
        return tf.where(in_capitals, tf.strings.unicode_encode(lower, "UTF-8"), texts)

    def in_each_row(values: tf.Tensor, rows: tf.Tensor, num_rows: tf.Tensor) -> tf.Tensor:
        return tf.math.unsorted_segment_sum(tf.cast(values, tf.int32), rows, num_rows)

    return tf.cond(may_change, changed, lambda: texts)


def _narrow(texts: tf.Tensor) -> tf.Tensor:
    def narrowed() -> tf.Tensor:
        characters = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        return tf.strings.unicode_encode(
            characters.with_flat_values(narrow(characters.flat_values)), "UTF-8"
        )

    return tf.cond(_matches(texts, WIDE), narrowed, lambda: texts)


def _unless(pattern: str, texts: tf.Tensor, change: Callable[[], tf.Tensor]) -> tf.Tensor:
    """Changes texts unless all of them match a pattern."""
    return tf.cond(_matches(texts, pattern), lambda: texts, change)


def _matches(texts: tf.Tensor, pattern: str) -> tf.Tensor:
    """Returns whether all texts together match a pattern, <bool>[]."""
    return tf.strings.regex_full_match(tf.strings.reduce_join(texts, separator="\n"), pattern)


def _strip(texts: tf.Tensor, characters: str) -> tf.Tensor:
    return tf.strings.regex_replace(texts, f"^[{characters}]+|[{characters}]+$", "")
