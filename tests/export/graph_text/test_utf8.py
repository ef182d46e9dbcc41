"""UTF-8 in tensors is UTF-8 in Python."""

import random

import numpy as np
import tensorflow as tf

from nlp_apps.export.graph_text.utf8 import (
    MAX_BYTES,
    character_sizes,
    count_bytes,
    decode_utf8,
    encode_utf8,
)
from tests.export.odd_texts import BROKEN


def test_characters_are_encoded_as_in_python() -> None:
    points = [*range(0xD800), *range(0xE000, 0x110000, 97), 0xFFFF, 0x10000, 0x10FFFF]
    codepoints = tf.constant(points)
    sizes = count_bytes(codepoints)
    values = encode_utf8(codepoints[:, None], sizes[:, None], tf.range(MAX_BYTES))
    for point, row, size in zip(points, values.numpy(), sizes.numpy(), strict=True):
        assert bytes(row[:size].tolist()) == chr(point).encode()


def test_valid_characters_are_found_among_any_bytes() -> None:
    draw = random.Random(6)
    values = [draw.choice((*BROKEN, draw.randrange(-1, 256))) for _ in range(20_000)]
    runs = np.arange(len(values)) // 10

    def size(place: int) -> int:
        for count in (1, 2, 3, 4):
            some = values[place : min(place + count, place // 10 * 10 + 10)]
            try:
                if len(some) == count and len(bytes(some).decode()) == 1:
                    return count
            except ValueError:  # -1 is not a byte, others are not a character
                pass
        return 0

    found = character_sizes(tf.constant(values), tf.constant(runs, tf.int32)).numpy()
    assert found.tolist() == [size(place) for place in range(len(values))]
    assert set(found.tolist()) == {0, 1, 2, 3, 4}


def test_bytes_are_decoded_as_in_python() -> None:
    draw = random.Random(6)
    runs = [
        [draw.choice((*BROKEN, draw.randrange(256))) for _ in range(draw.randrange(1, 9))]
        for _ in range(2000)
    ]
    values = [value for run in runs for value in (*run, -1)]
    found = iter(decode_utf8(tf.constant(values)).numpy().tolist())
    for run in runs:
        # Unlike Python, each byte outside a character is replaced separately.
        right = bytes(run).decode("utf-8", "surrogateescape")
        right = "".join("\ufffd" if 0xDC80 <= ord(each) <= 0xDCFF else each for each in right)
        points = [next(found) for _ in (*run, -1)][:-1]
        assert "".join(chr(point) for point in points if point >= 0) == right
