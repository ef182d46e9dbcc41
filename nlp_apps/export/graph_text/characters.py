"""Texts as characters, in core TensorFlow operations: the input of the graph tokenizer.

Letters in shapes: B texts, C characters of all texts in sequence, U lines, W words, R runs of
equal numbers.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from nlp_apps.text.normalize import SPACE_MARK

SPACE, LINE_FEED, MARK = ord(" "), ord("\n"), ord(SPACE_MARK)
"""Code points; the mark represents a space in subwords."""


class Characters(NamedTuple):
    """The characters of all texts, in sequence.

    Attributes:
        codepoints: <int32>[C].
        texts: <int32>[C], the text of each character, ascending.
        lines: <int32>[C], the line of each character, ascending; no subword crosses lines.
        is_end: <bool>[C], newlines, which belong to no subword.
        num_texts: <int32>[], B.
        num_lines: <int32>[], U; a line may be empty.
    """

    codepoints: tf.Tensor
    texts: tf.Tensor
    lines: tf.Tensor
    is_end: tf.Tensor
    num_texts: tf.Tensor
    num_lines: tf.Tensor


def read_characters(texts: tf.Tensor, *, collapse_spaces: bool, multiline: bool) -> Characters:
    """Splits texts into characters, with a mark for each space that is kept.

    Args:
        texts: <string>[B], UTF-8; invalid bytes become U+FFFD as in `bytes.decode`.
        collapse_spaces: prepend a space to each line, drop its trailing spaces and reduce several
            spaces to one.
        multiline: a text has several lines.
    """
    if collapse_spaces:
        # The first word of a line becomes the same subword as elsewhere.
        if multiline:
            texts = tf.strings.regex_replace(texts, "\n", "\n ")
        texts = tf.strings.join([" ", texts])
    ragged = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
    codepoints = ragged.flat_values
    index, num_texts = tf.range(tf.size(codepoints)), tf.shape(texts)[0]
    # One operation in place of the twenty of `value_rowids`.
    splits = tf.cast(ragged.row_splits, tf.int32)
    of_text = tf.searchsorted(splits[1:], index, side="right")
    is_end, lines, num_lines = tf.zeros_like(codepoints, tf.bool), of_text, num_texts
    if multiline:
        is_end = tf.equal(codepoints, LINE_FEED)
        ends = tf.cast(is_end, tf.int32)
        lines += tf.cumsum(ends, exclusive=True)  # a newline is the last character of its line
        num_lines += tf.reduce_sum(ends)
    if collapse_spaces:
        is_space = tf.equal(codepoints, SPACE)
        is_repeated = is_space & shift(is_space, False) & ~starts_run(lines)
        # A mark in the input is never dropped as repeated, but at the end of a line.
        is_space_or_mark = is_space | tf.equal(codepoints, MARK)
        last = tf.math.unsorted_segment_max(
            tf.where(is_space_or_mark | is_end, -1, index), lines, num_lines
        )
        keeps = is_end | ~is_repeated & (index <= tf.gather(last, lines))
        kept = tf.where(keeps)[:, 0]
        codepoints, of_text, lines, is_end = (
            tf.gather(each, kept) for each in (codepoints, of_text, lines, is_end)
        )
    codepoints = tf.where(tf.equal(codepoints, SPACE), MARK, codepoints)
    return Characters(codepoints, of_text, lines, is_end, num_texts, num_lines)


def find_words(characters: Characters) -> tuple[tf.Tensor, tf.Tensor]:
    """Finds the word of each character, <int32>[C], and each word's first character, <int32>[W]."""
    is_first = (
        tf.equal(characters.codepoints, MARK) | characters.is_end | starts_run(characters.lines)
    )
    words = tf.cumsum(tf.cast(is_first, tf.int32)) - 1
    return words, tf.cast(tf.where(is_first)[:, 0], tf.int32)


def run_lengths(runs: tf.Tensor, num_runs: tf.Tensor) -> tf.Tensor:
    """Computes the number of characters of each run: <int32>[C] to <int32>[R]."""
    return tf.math.unsorted_segment_sum(tf.ones_like(runs), runs, num_runs)


def starts_run(numbers: tf.Tensor) -> tf.Tensor:
    """Marks the first of each run of equal numbers, all at least 0: <int32>[C] to <bool>[C]."""
    return tf.not_equal(numbers, shift(numbers, -1))


def shift(values: tf.Tensor, first: Any) -> tf.Tensor:
    """Moves every value one position back, <any>[C]; slices are ten times faster than `tf.roll`."""
    return tf.pad(values, [[1, 0]], constant_values=first)[:-1]
