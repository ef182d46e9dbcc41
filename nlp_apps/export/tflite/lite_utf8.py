"""Characters as bytes of UTF-8 and back, in operations that TFLite has built in (RFC 3629).

There is no bitwise "and" among them, nor "or". Letters in shapes: C characters, M bytes.
"""

import tensorflow as tf

from nlp_apps.export.graph_text.utf8 import MOST_BYTES, character_sizes

NO_CHARACTER = -1
"""What stands at a byte that is not the first one of its character."""

REPLACEMENT = 0xFFFD
"""What stands at a byte that is in no character."""

LATER_VALUES = 64
"""Values of a byte that is not the first one of its character: six bits."""

FIRST_BYTE = [0x00, 0xC0, 0xE0, 0xF0]
"""What is added to the first byte of a character of 1, 2, 3, 4 bytes."""

LATER_BYTE = 0x80
"""What is added to the other bytes."""


def count_bytes(codepoints: tf.Tensor) -> tf.Tensor:
    """How many bytes each character has: <int32>[C] to <int32>[C]."""
    return 1 + sum(tf.cast(codepoints >= first, tf.int32) for first in (0x80, 0x800, 0x10000))


def take_byte(codepoints: tf.Tensor, num_bytes: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """One byte of each character.

    Args:
        codepoints: <int32>[C].
        num_bytes: <int32>[C], how many bytes the character has.
        index: <int32>[C], which one is taken; from 0.

    Returns:
        <int32>[C]; any byte where the character has none with this index.
    """
    later = tf.clip_by_value(num_bytes - 1 - index, 0, MOST_BYTES - 1)
    bits = codepoints // tf.gather([LATER_VALUES**count for count in range(MOST_BYTES)], later)
    first = bits + tf.gather(FIRST_BYTE, num_bytes - 1)
    return tf.where(index > 0, bits % LATER_VALUES + LATER_BYTE, first)


def find_characters(values: tf.Tensor) -> tf.Tensor:
    """The code points that bytes spell.

    Args:
        values: <int32>[M], bytes that may be any; -1 for what is none.

    Returns:
        <int32>[M]: the code point at a whole character's first byte, `NO_CHARACTER` at its others,
        and `REPLACEMENT` at bytes that are in none.
    """
    sizes = character_sizes(values, tf.zeros_like(values))
    found = values - tf.gather(FIRST_BYTE, tf.maximum(sizes - 1, 0))
    is_later = tf.zeros_like(values, tf.bool)
    for count in range(1, MOST_BYTES):
        following = tf.pad(values, [[0, count]])[count:] - LATER_BYTE
        found = tf.where(sizes > count, found * LATER_VALUES + following, found)
        is_later |= tf.pad(sizes, [[count, 0]])[:-count] > count
    return tf.where(sizes > 0, found, tf.where(is_later, NO_CHARACTER, REPLACEMENT))
