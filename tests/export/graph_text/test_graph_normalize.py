"""Texts in a graph are normalized as in Python."""

import random
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.export.graph_text import graph_normalize
from nlp_apps.export.graph_text.composition_tables import PAIR_BITS, composition_tables
from nlp_apps.export.graph_text.graph_composition import MAX_MARKS, compose
from nlp_apps.export.graph_text.graph_tokenizer import GraphTokenizer
from nlp_apps.text.normalize import normalize_document, normalize_input, sentence_case
from nlp_apps.text.tokenizer import train_tokenizer
from tests.export.odd_texts import KINDS, LINES, odd_texts, padded
from tests.unnormalized_texts import IN_CAPITALS, UNNORMALIZED

TEXTS = [*UNNORMALIZED, *UNNORMALIZED.values(), *odd_texts(300), "", "plain"]

CHARACTERS = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def run(function: Callable[[tf.Tensor], tf.Tensor], texts: Sequence[str | bytes]) -> list[str]:
    """Runs a graph on texts."""
    graph = tf.function(
        function, input_signature=[tf.TensorSpec((None,), tf.string)], autograph=False
    )
    given = [text.encode() if isinstance(text, str) else text for text in texts]
    return [text.decode() for text in graph(tf.constant(given, tf.string, (len(given),))).numpy()]


def nfc(texts: Sequence[str]) -> list[str]:
    return [unicodedata.normalize("NFC", text) for text in texts]


@pytest.mark.parametrize(
    ("graph", "python"),
    [
        (graph_normalize.normalize_input, normalize_input),
        (graph_normalize.normalize_document, normalize_document),
    ],
)
def test_a_graph_normalizes_as_python_does(
    graph: Callable[[tf.Tensor], tf.Tensor], python: Callable[[str], str]
) -> None:
    assert run(graph, TEXTS) == list(map(python, TEXTS))
    for text in ["", "tea", *UNNORMALIZED]:  # alone: not changed because of another one
        assert run(graph, [text]) == [python(text)]
    assert run(graph, []) == []


def test_a_graph_reads_capitals_as_python_does() -> None:
    texts = [*IN_CAPITALS, *TEXTS, *map(str.upper, TEXTS)]
    assert run(graph_normalize.sentence_case, texts) == list(map(sentence_case, texts))
    for text in IN_CAPITALS:
        assert run(graph_normalize.sentence_case, [text]) == [sentence_case(text)]
    assert run(graph_normalize.sentence_case, []) == []


def test_every_character_and_its_decomposition_is_composed() -> None:
    assert run(compose, CHARACTERS) == nfc(CHARACTERS)
    decomposed = [unicodedata.normalize("NFD", one) for one in CHARACTERS]
    assert run(compose, decomposed) == nfc(CHARACTERS)


def test_any_sequence_of_characters_and_marks_is_composed() -> None:
    tables, draw = composition_tables(), random.Random(3)
    pairs = tables.pairs.tolist()
    changing = [one for first, last in tables.changing.tolist() for one in range(first, last + 1)]
    pools = [
        changing,
        [pair >> PAIR_BITS for pair in pairs],
        [pair & (1 << PAIR_BITS) - 1 for pair in pairs],
        range(0x1100, 0x1200),
        range(0xAC00, 0xD7A4),
        range(0x41, 0x7A),
    ]
    texts = [
        "".join(chr(draw.choice(draw.choice(pools))) for _ in range(draw.randrange(20)))
        for _ in range(5000)
    ]
    assert run(compose, texts) == nfc(texts)


def test_marks_beyond_the_maximum_stay() -> None:
    text = "a" + "\u0323" * MAX_MARKS + "\u0302"
    assert run(compose, [text]) == ["\u1ea1" + "\u0323" * (MAX_MARKS - 1) + "\u0302"]
    assert run(compose, [text.replace("\u0323", "", 1)]) == nfc([text.replace("\u0323", "", 1)])


def test_bytes_that_are_not_utf_8_are_replaced_only_in_texts_that_change() -> None:
    broken = tf.constant([b"\xff a"])
    assert compose(broken).numpy().tolist() == [b"\xff a"]
    assert run(compose, [b"\xff e\xcc\x81"]) == ["\ufffd \u00e9"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_tokenizer_that_lowercases_does_so_in_the_graph(kind: str) -> None:
    tokenizer = train_tokenizer(LINES, lowercases=True, **KINDS[kind])
    texts = [text.upper() for text in [*LINES[:50], *UNNORMALIZED, *odd_texts(300)]]
    ids, _ = GraphTokenizer(tokenizer).encode(tf.constant([text.encode() for text in texts]))
    np.testing.assert_array_equal(ids.numpy(), padded(tokenizer.encode(texts)))
    assert any("A" in token for token in tokenizer.vocabulary[260:]) is False
