"""`text.normalize` in core TensorFlow operations, without its HTML cleaning."""

from collections.abc import Callable

import tensorflow as tf

from nlp_apps.export.graph_text.graph_composition import compose
from nlp_apps.text.normalize import (
    FULL_WIDTH,
    FULL_WIDTH_OFFSET,
    INVISIBLE,
    LINE_BREAK,
    SPACE_MARK,
    WIDE_SPACE,
)

WHITE_SPACE = r"\s\x0b\x1c-\x1f\x{85}\pZ"
"""The characters of `str.isspace` in a class of RE2, whose \\s is ASCII only."""

UNCHANGED = r"[\x00-\x{2ff}]*"
"""Text without marks and full width forms, which costs only this search."""

WIDE = rf"\C*[\x{{{FULL_WIDTH[0]:x}}}-\x{{{FULL_WIDTH[-1]:x}}}\x{{{WIDE_SPACE:x}}}]\C*"
"""Text with a full width form. \\C matches any byte; a dot matches valid characters only."""


def is_empty(texts: tf.Tensor) -> tf.Tensor:
    """Computes `text.normalize.is_empty`: <string>[B] to <bool>[B]."""
    return tf.strings.regex_full_match(texts, f"[{WHITE_SPACE}{INVISIBLE}{SPACE_MARK}]*")


def normalize_input(texts: tf.Tensor) -> tf.Tensor:
    """Computes `text.normalize.normalize_input`: <string>[B] to <string>[B]."""
    lines = tf.strings.regex_replace(texts, f"{LINE_BREAK}+", " ")
    lines = _unless(UNCHANGED, lines, lambda: _narrow(compose(lines)))
    return _strip(lines, f"{WHITE_SPACE}{INVISIBLE}")


def normalize_document(texts: tf.Tensor) -> tf.Tensor:
    """Computes `text.normalize.normalize_document`: <string>[B] to <string>[B]."""
    return _strip(_unless(UNCHANGED, texts, lambda: compose(texts)), INVISIBLE)


def narrow(codepoints: tf.Tensor) -> tf.Tensor:
    """Replaces full width forms by ASCII and U+3000 by a space: <int32>[C] to <int32>[C]."""
    is_wide = (codepoints >= FULL_WIDTH[0]) & (codepoints <= FULL_WIDTH[-1])
    codepoints = tf.where(is_wide, codepoints - FULL_WIDTH_OFFSET, codepoints)
    return tf.where(tf.equal(codepoints, WIDE_SPACE), ord(" "), codepoints)


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
