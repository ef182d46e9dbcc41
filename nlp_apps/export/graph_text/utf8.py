"""UTF-8 encoding and decoding in tensors (RFC 3629), with operations that TFLite has too.

The code uses arithmetic, because TFLite has neither bitwise "and" nor "or". Letters in shapes: C
characters, M bytes.
"""

from typing import Any

import tensorflow as tf

MAX_BYTES = 4
"""Bytes of the longest character."""

CONTINUATION = -1
"""Marks a byte that is not the first one of its character."""

REPLACEMENT = 0xFFFD
"""Code point of a byte that belongs to no character."""

CONTINUATION_VALUES = 64
"""Values of a continuation byte: six bits."""

CONTINUATION_OFFSET = 0x80
"""Added to the bits of a continuation byte."""

FIRST_OFFSETS = (0x00, 0xC0, 0xE0, 0xF0)
"""Added to the bits of the first byte of a character of 1, 2, 3 and 4 bytes."""


def count_bytes(codepoints: tf.Tensor) -> tf.Tensor:
    """Computes the number of bytes of each character: <int32>[C] to <int32>[C]."""
    return 1 + tf.raw_ops.Bucketize(input=codepoints, boundaries=[0x80, 0x800, 0x10000])


def encode_utf8(codepoints: tf.Tensor, num_bytes: tf.Tensor, index: Any) -> tf.Tensor:
    """Computes one byte of each character.

    Args:
        codepoints: <int32>[C].
        num_bytes: <int32>[C], the bytes of each character.
        index: <int32>, the number of the byte, from 0; broadcast against [C].

    Returns:
        <int32> of the broadcast shape; undefined where the character has no byte of this number.
    """
    remaining = tf.clip_by_value(num_bytes - 1 - index, 0, MAX_BYTES - 1)
    shifts = [CONTINUATION_VALUES**count for count in range(MAX_BYTES)]
    bits = codepoints // tf.gather(shifts, remaining)
    first = bits + tf.gather(FIRST_OFFSETS, num_bytes - 1)
    return tf.where(index > 0, bits % CONTINUATION_VALUES + CONTINUATION_OFFSET, first)


def character_sizes(values: tf.Tensor, segments: tf.Tensor) -> tf.Tensor:
    """Finds the valid characters in a sequence of bytes.

    Args:
        values: <int32>[M], bytes; -1 for an element that is not a byte.
        segments: <int32>[M], the segment of each byte; no character crosses segments.

    Returns:
        <int32>[M], at the first byte of a valid character its number of bytes, otherwise 0.
    """
    kind = tf.raw_ops.Bucketize(input=values, boundaries=[0, 0x80, 0xC2, 0xE0, 0xF0, 0xF5])
    sizes = tf.gather([0, 1, 0, 2, 3, 4, 0], kind)
    second, third, fourth = (_following(values, segments, count) for count in (1, 2, 3))
    # Excludes overlong encodings, surrogates and code points above U+10FFFF.
    lowest = tf.where(tf.equal(values, 0xE0), 0xA0, tf.where(tf.equal(values, 0xF0), 0x90, 0x80))
    highest = tf.where(tf.equal(values, 0xED), 0x9F, tf.where(tf.equal(values, 0xF4), 0x8F, 0xBF))
    is_valid = (
        ((sizes < 2) | (second >= lowest) & (second <= highest))
        & ((sizes < 3) | (third >= 0x80) & (third <= 0xBF))
        & ((sizes < 4) | (fourth >= 0x80) & (fourth <= 0xBF))
    )
    return tf.where(is_valid, sizes, 0)


def is_valid_byte(sizes: tf.Tensor) -> tf.Tensor:
    """Marks every byte of a valid character: the result of `character_sizes` to <bool>[M]."""
    valid = sizes > 0
    for count in range(1, MAX_BYTES):
        valid |= tf.pad(sizes, [[count, 0]])[:-count] > count
    return valid


def decode_utf8(values: tf.Tensor) -> tf.Tensor:
    """Decodes a sequence of bytes.

    Args:
        values: <int32>[M], any bytes; -1 for an element that is not a byte.

    Returns:
        <int32>[M]: the code point at the first byte of a valid character, `CONTINUATION` at its
        other bytes, and `REPLACEMENT` at bytes that belong to no character.
    """
    sizes = character_sizes(values, tf.zeros_like(values))
    codepoints = values - tf.gather(FIRST_OFFSETS, tf.maximum(sizes - 1, 0))
    for count in range(1, MAX_BYTES):
        following = tf.pad(values, [[0, count]])[count:] - CONTINUATION_OFFSET
        codepoints = tf.where(
            sizes > count, codepoints * CONTINUATION_VALUES + following, codepoints
        )
    rest = tf.where(is_valid_byte(sizes), CONTINUATION, REPLACEMENT)
    return tf.where(sizes > 0, codepoints, rest)


def _following(values: tf.Tensor, segments: tf.Tensor, count: int) -> tf.Tensor:
    """Returns the byte `count` positions later in the same segment, or -1: <int32>[M]."""
    padding = [[0, count]]
    is_same = tf.equal(tf.pad(segments, padding, constant_values=-1)[count:], segments)
    return tf.where(is_same, tf.pad(values, padding)[count:], -1)
