"""A begun word in a graph is split from its text as in Python."""

import numpy as np
import tensorflow as tf

from nlp_apps.decoding import begun_word
from nlp_apps.export.graph_text import graph_begun_word
from tests.export.odd_texts import odd_texts
from tests.unnormalized_texts import UNNORMALIZED

TEXTS = [
    *(
        "",
        " ",
        "  ",
        "a",
        " a",
        "the ",
        "the w",
        "the  wo",
        "two\nli",
        "two\n",
        "so on.",
        "so on. ",
    ),
    *("say (he", "say (he)", "l'été", "well-kn", "x" * 40, f"see {'y' * 31}", f"see {'é' * 40}"),
    *("日本", "tea 3", "a…", "a”", "a😴", "a\u0301", "नमस्", "nul \x00b", "wide\u3000sp"),
    *(*UNNORMALIZED, *UNNORMALIZED.values(), *odd_texts(200)),
]


def test_texts_are_split_as_in_python():
    split = tf.function(graph_begun_word.split_begun_word, autograph=False)
    before, begun = split(tf.constant([text.encode() for text in TEXTS]))
    found = [
        (one.decode(), other.decode())
        for one, other in zip(before.numpy(), begun.numpy(), strict=True)
    ]
    assert found == [begun_word.split_begun_word(text) for text in TEXTS]
    codepoints = graph_begun_word.begun_codepoints(begun)
    expected = [begun_word.begun_codepoints(other) for _, other in found]
    np.testing.assert_array_equal(codepoints, expected)


def test_every_character_of_words_is_one_in_the_graph():
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    texts = [f"!{character}" for character in characters]
    before, _ = graph_begun_word.split_begun_word(tf.constant([one.encode() for one in texts]))
    found = [one == b"!" for one in before.numpy()]
    assert found == [begun_word.is_word_character(one) or one == " " for one in characters]


def test_no_texts_and_broken_ones_are_accepted():
    before, begun = graph_begun_word.split_begun_word(tf.constant([], tf.string))
    assert before.shape == begun.shape == (0,)
    assert graph_begun_word.begun_codepoints(begun).shape == (0, begun_word.MAX_BEGUN)
    before, begun = graph_begun_word.split_begun_word(tf.constant([b"tea \xffab", b"\xf0\x9f"]))
    assert before.numpy().tolist() == [b"tea \xff", b"\xf0\x9f"]
    assert begun.numpy().tolist() == [b"ab", b""]
