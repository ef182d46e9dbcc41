"""Texts as characters, in core TensorFlow operations: what a tokenizer cuts.

Letters in shapes: B texts, C characters of all texts one after another, U lines, W words.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from nlp_apps.text.normalize import SPACE_MARK

SPACE, LINE_FEED, MARK = ord(" "), ord("\n"), ord(SPACE_MARK)
"""Code points; the mark is what stands for a space in pieces."""


class Characters(NamedTuple):
    """The characters of all texts, one after another.

    Attributes:
        codepoints: <int32>[C].
        texts: <int32>[C], the text a character is in, rising.
        lines: <int32>[C], the line, rising; no piece reaches from one to another.
        is_end: <bool>[C], characters that are the end of a line and in no piece.
        num_texts: <int32>[], B.
        num_lines: <int32>[], U; some may be empty.
    """

    codepoints: tf.Tensor
    texts: tf.Tensor
    lines: tf.Tensor
    is_end: tf.Tensor
    num_texts: tf.Tensor
    num_lines: tf.Tensor


def read_characters(texts: tf.Tensor, *, drops_blanks: bool, prose: bool) -> Characters:
    """Splits texts into characters, with a mark for each blank that stays.

    Args:
        texts: <string>[B], UTF-8; bytes that are not become U+FFFD as in `bytes.decode`.
        drops_blanks: whether blanks at the ends of a line, and all but one of several, fall away.
        prose: whether a text is of several lines.
    """
    if drops_blanks:
        # So that a line's first word is the same piece as elsewhere.
        if prose:
            texts = tf.strings.regex_replace(texts, "\n", "\n ")
        texts = tf.strings.join([" ", texts])
    ragged = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
    codepoints = ragged.flat_values
    index, num_texts = tf.range(tf.size(codepoints)), tf.shape(texts)[0]
    # As `value_rowids` in one operation instead of twenty.
    splits = tf.cast(ragged.row_splits, tf.int32)
    of_text = tf.searchsorted(splits[1:], index, side="right")
    is_end, lines, num_lines = tf.zeros_like(codepoints, tf.bool), of_text, num_texts
    if prose:
        is_end = tf.equal(codepoints, LINE_FEED)
        ends = tf.cast(is_end, tf.int32)
        lines += tf.cumsum(ends, exclusive=True)  # a line's end is its last character
        num_lines += tf.reduce_sum(ends)
    if drops_blanks:
        is_space = tf.equal(codepoints, SPACE)
        is_again = is_space & later(is_space, False) & ~begins(lines)
        # Marks that the text had before are never one too many, but fall away at its end.
        is_blank = is_space | tf.equal(codepoints, MARK)
        last = tf.math.unsorted_segment_max(
            tf.where(is_blank | is_end, -1, index), lines, num_lines
        )
        keeps = is_end | ~is_again & (index <= tf.gather(last, lines))
        kept = tf.where(keeps)[:, 0]
        codepoints, of_text, lines, is_end = (
            tf.gather(each, kept) for each in (codepoints, of_text, lines, is_end)
        )
    codepoints = tf.where(tf.equal(codepoints, SPACE), MARK, codepoints)
    return Characters(codepoints, of_text, lines, is_end, num_texts, num_lines)


def find_words(characters: Characters) -> tuple[tf.Tensor, tf.Tensor]:
    """The word of each character, <int32>[C], and each word's first character, <int32>[W]."""
    is_first = tf.equal(characters.codepoints, MARK) | characters.is_end | begins(characters.lines)
    words = tf.cumsum(tf.cast(is_first, tf.int32)) - 1
    return words, tf.cast(tf.where(is_first)[:, 0], tf.int32)


def run_lengths(runs: tf.Tensor, num_runs: tf.Tensor) -> tf.Tensor:
    """How many characters each run has: <int32>[C] to <int32>[R]."""
    return tf.math.unsorted_segment_sum(tf.ones_like(runs), runs, num_runs)


def begins(numbers: tf.Tensor) -> tf.Tensor:
    """Where a run of equal numbers, none below 0, begins: <int32>[C] to <bool>[C]."""
    return tf.not_equal(numbers, later(numbers, -1))


def later(values: tf.Tensor, first: Any) -> tf.Tensor:
    """Every value one place later, <any>[C]; as slices, for `tf.roll` takes ten times as long."""
    return tf.pad(values, [[1, 0]], constant_values=first)[:-1]
