"""Characters as bytes of UTF-8 and back, in tensors (RFC 3629).

Letters in shapes: C characters, M bytes.
"""

import tensorflow as tf

MOST_BYTES = 4
"""Bytes of the longest character."""


def encode_utf8(codepoints: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The bytes of characters.

    Args:
        codepoints: <int32>[C].

    Returns:
        Bytes, <int32>[C, 4], each character's first; and how many of them it has, <int32>[C].
    """
    later = tf.raw_ops.Bucketize(input=codepoints, boundaries=[0x80, 0x800, 0x10000])  # [C]
    mark = tf.gather([0x00, 0xC0, 0xE0, 0xF0], later)[:, None]
    places = tf.range(MOST_BYTES)
    bits = tf.bitwise.right_shift(
        codepoints[:, None], 6 * tf.maximum(later[:, None] - places, 0)
    )  # [C, 4]
    return tf.where(places > 0, bits & 0x3F | 0x80, bits | mark), later + 1


def character_sizes(values: tf.Tensor, segments: tf.Tensor) -> tf.Tensor:
    """Finds whole characters among bytes that may be any.

    Args:
        values: <int32>[M], bytes; -1 for what is none.
        segments: <int32>[M], which run a byte is in: characters do not reach from one to another.

    Returns:
        <int32>[M], at a whole character's first byte how many it has, else 0.
    """
    kind = tf.raw_ops.Bucketize(input=values, boundaries=[0, 0x80, 0xC2, 0xE0, 0xF0, 0xF5])
    sizes = tf.gather([0, 1, 0, 2, 3, 4, 0], kind)
    second, third, fourth = (_following(values, segments, count) for count in (1, 2, 3))
    # Neither longer than need be, nor a surrogate, nor beyond U+10FFFF.
    lowest = tf.where(tf.equal(values, 0xE0), 0xA0, tf.where(tf.equal(values, 0xF0), 0x90, 0x80))
    highest = tf.where(tf.equal(values, 0xED), 0x9F, tf.where(tf.equal(values, 0xF4), 0x8F, 0xBF))
    is_whole = (
        ((sizes < 2) | (second >= lowest) & (second <= highest))
        & ((sizes < 3) | (third >= 0x80) & (third <= 0xBF))
        & ((sizes < 4) | (fourth >= 0x80) & (fourth <= 0xBF))
    )
    return tf.where(is_whole, sizes, 0)


def _following(values: tf.Tensor, segments: tf.Tensor, count: int) -> tf.Tensor:
    """The byte `count` later in the same run, or -1. <int32>[M]."""
    ahead = [[0, count]]
    is_same = tf.equal(tf.pad(segments, ahead, constant_values=-1)[count:], segments)
    return tf.where(is_same, tf.pad(values, ahead)[count:], -1)
