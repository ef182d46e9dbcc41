"""Canonical composition (NFC) as a graph, in core TensorFlow operations.

The algorithm of Unicode Standard Annex 15: decompose, sort marks, compose. A text without a
character that composition changes is only searched for one.

Letters in shapes: B texts, C characters of all texts in sequence, S segments: a character and the
marks after it.
"""

from functools import cache
from typing import NamedTuple

import tensorflow as tf

from nlp_apps.export.graph_text.character_class import class_of_runs
from nlp_apps.export.graph_text.composition_tables import (
    HANGUL_L,
    HANGUL_S,
    HANGUL_T,
    HANGUL_V,
    NUM_L,
    NUM_T,
    NUM_V,
    PAIR_BITS,
    composition_tables,
)

MAX_MARKS = 30
"""Marks of a character that are composed, as in the Stream-Safe Text Format of Unicode. Marks after
them are unchanged, so that no text keeps a server busy."""

REMOVED = -1
"""A character that another one has absorbed."""


class _Flat(NamedTuple):
    """Characters of all texts.

    Attributes:
        codepoints: <int32>[C].
        texts: <int32>[C], the text of each character, ascending.
        classes: <int32>[C], canonical combining classes; 0: no mark.
    """

    codepoints: tf.Tensor
    texts: tf.Tensor
    classes: tf.Tensor


def compose(texts: tf.Tensor) -> tf.Tensor:
    """Composes texts as `unicodedata.normalize("NFC", text)`: <string>[B] to <string>[B].

    Invalid bytes of a text that is changed become U+FFFD.
    """
    # \C matches any byte; a dot matches valid characters only.
    is_changed = tf.strings.regex_full_match(
        tf.strings.reduce_join(texts, separator="\n"), rf"\C*[{_changing()}]\C*"
    )
    return tf.cond(is_changed, lambda: _compose(texts), lambda: texts)


@cache
def _changing() -> str:
    """Returns the characters that composition may change, as the content of a class of RE2."""
    return class_of_runs(composition_tables().changing)


def _compose(texts: tf.Tensor) -> tf.Tensor:
    with tf.device("CPU"):
        ragged = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        flat = _sort_marks(_decompose(ragged.flat_values, tf.cast(ragged.value_rowids(), tf.int32)))
        codepoints = _join_pairs(flat)
        kept = tf.where(tf.not_equal(codepoints, REMOVED))[:, 0]
        rows = tf.RaggedTensor.from_value_rowids(
            tf.gather(codepoints, kept),
            tf.cast(tf.gather(flat.texts, kept), tf.int64),
            nrows=tf.size(texts, tf.int64),
            validate=False,
        )
        return tf.strings.unicode_encode(rows, "UTF-8")


def _decompose(codepoints: tf.Tensor, texts: tf.Tensor) -> _Flat:
    """Replaces each character by its full canonical decomposition; Hangul stays."""
    tables = composition_tables()
    row, is_found = _find(tables.decomposed, codepoints)
    counts = tf.where(is_found, tf.gather(tables.lengths, row), 1)
    source = tf.repeat(tf.range(tf.size(codepoints)), counts)
    part = tf.range(tf.size(source)) - tf.gather(tf.cumsum(counts, exclusive=True), source)
    # Of a character without a decomposition, `part` is 0 and the looked up value is not used.
    parts = tf.gather(tables.parts, tf.gather(tf.gather(tables.offsets, row), source) + part)
    codepoints = tf.where(tf.gather(is_found, source), parts, tf.gather(codepoints, source))
    runs = tf.searchsorted(tables.class_starts, codepoints, side="right") - 1
    return _Flat(codepoints, tf.gather(texts, source), tf.gather(tables.classes, runs))


def _sort_marks(flat: _Flat) -> _Flat:
    """Sorts the marks between two other characters by their class, stably."""
    starts = tf.equal(flat.classes, 0) | _starts_text(flat.texts)
    groups = tf.cumsum(tf.cast(starts, tf.int64))
    keys = groups * 256 + tf.cast(flat.classes, tf.int64)
    return tf.cond(
        tf.reduce_any(keys[1:] < keys[:-1]),
        lambda: _Flat(*(tf.gather(each, tf.argsort(keys, stable=True)) for each in flat)),
        lambda: flat,
    )


def _join_pairs(flat: _Flat) -> tf.Tensor:
    """Joins each character with the marks after it, as far as pairs exist.

    A segment also contains the characters of class 0 that are second in a pair, such as the vowels
    of Hangul.

    Returns:
        <int32>[C], with `REMOVED` for absorbed marks.
    """
    codepoints, texts, classes = flat
    _, is_second = _find(composition_tables().seconds, codepoints)
    starts = tf.equal(classes, 0) & ~is_second | _starts_text(texts)
    first = tf.cast(tf.where(starts)[:, 0], tf.int32)  # [S]
    lengths = tf.concat([first[1:], [tf.size(codepoints)]], axis=0) - first

    def join(
        step: tf.Tensor, codepoints: tf.Tensor, base: tf.Tensor, last: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """Joins the character at position `step` of each segment with the segment's base.

        Args:
            step: <int32>[].
            codepoints: <int32>[C].
            base: <int32>[S], the place of the last character of class 0.
            last: <int32>[S], the class of the last mark that stayed; 0: none.
        """
        rows = tf.where(lengths > step)  # [.., 1]
        row = rows[:, 0]
        place, base_place = tf.gather(first, row) + step, tf.gather(base, row)
        mark_class, last_class = tf.gather(classes, place), tf.gather(last, row)
        is_blocked = (last_class > 0) & (last_class >= mark_class)
        composite = _composite(tf.gather(codepoints, base_place), tf.gather(codepoints, place))
        is_joined = ~is_blocked & (composite >= 0)
        joined = tf.where(is_joined)[:, 0]
        codepoints = tf.tensor_scatter_nd_update(
            codepoints,
            tf.concat([tf.gather(base_place, joined), tf.gather(place, joined)], axis=0)[:, None],
            tf.concat([tf.gather(composite, joined), tf.fill(tf.shape(joined), REMOVED)], axis=0),
        )
        is_base = ~is_joined & tf.equal(mark_class, 0)
        base = tf.tensor_scatter_nd_update(base, rows, tf.where(is_base, place, base_place))
        last = tf.tensor_scatter_nd_update(last, rows, tf.where(is_joined, last_class, mark_class))
        return step + 1, codepoints, base, last

    longest = tf.minimum(tf.reduce_max(lengths), 1 + MAX_MARKS)
    _, codepoints, _, _ = tf.while_loop(
        lambda step, *_: step < longest, join, (1, codepoints, first, tf.zeros_like(first))
    )
    return codepoints


def _composite(base: tf.Tensor, mark: tf.Tensor) -> tf.Tensor:
    """Returns the composite of each pair, or -1: <int32>[S] and <int32>[S] to <int32>[S]."""
    tables = composition_tables()
    keys = tf.bitwise.left_shift(tf.cast(base, tf.int64), tf.constant(PAIR_BITS, tf.int64))
    row, is_found = _find(tables.pairs, keys + tf.cast(mark, tf.int64))
    found = tf.where(is_found, tf.gather(tables.composites, row), -1)
    lead, vowel, tail = base - HANGUL_L, mark - HANGUL_V, mark - HANGUL_T
    syllable = base - HANGUL_S
    is_pair = (lead >= 0) & (lead < NUM_L) & (vowel >= 0) & (vowel < NUM_V)
    is_open = (syllable >= 0) & (syllable < NUM_L * NUM_V * NUM_T) & tf.equal(syllable % NUM_T, 0)
    found = tf.where(is_pair, HANGUL_S + (lead * NUM_V + vowel) * NUM_T, found)
    return tf.where(is_open & (tail > 0) & (tail < NUM_T), base + tail, found)


def _find(table: tf.Tensor, values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Finds values in an ascending table: rows <int32>[..] and whether they are there."""
    row = tf.minimum(tf.searchsorted(table, values), len(table) - 1)
    return row, tf.equal(tf.gather(table, row), values)


def _starts_text(texts: tf.Tensor) -> tf.Tensor:
    """Marks the first character of each text: <int32>[C] to <bool>[C]."""
    return tf.not_equal(texts, tf.concat([[-1], texts[:-1]], axis=0))
