"""The tokenizer as a graph has the token ids and texts of SentencePiece."""

import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.errors import WorkError
from nlp_apps.export.graph_text.graph_tokenizer import GraphTokenizer
from nlp_apps.export.graph_text.subword_tables import read_tables
from nlp_apps.text.special_ids import BOS, EOS, NUM_RESERVED, PAD
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from tests.export.odd_texts import BROKEN, KINDS, LINES, corpus, edited, odd_texts, padded


class Pair(NamedTuple):
    """A tokenizer and its graph."""

    tokenizer: Tokenizer
    graph: GraphTokenizer


@pytest.fixture(scope="module", params=KINDS)
def pair(request: pytest.FixtureRequest) -> Pair:
    tokenizer = train_tokenizer(LINES, **KINDS[request.param])
    return Pair(tokenizer, GraphTokenizer(tokenizer))


@pytest.fixture(scope="module")
def subwords() -> Pair:
    tokenizer = train_tokenizer(LINES, vocabulary_size=500)
    return Pair(tokenizer, GraphTokenizer(tokenizer))


def encoded(encode: Callable[..., Any], texts: list[str] | list[bytes]) -> list[list[int]]:
    """Token ids without the padding, which is checked too."""
    token_ids, lengths = (found.numpy() for found in encode(tf.constant(texts, tf.string)))
    assert token_ids.shape == (len(texts), max(1, *lengths))
    real = np.arange(token_ids.shape[1]) < lengths[:, None]
    assert not token_ids[~real].any()
    return [row[:length].tolist() for row, length in zip(token_ids, lengths, strict=True)]


def batches(texts: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(texts), size):
        yield texts[start : start + size]


def assert_alike(pair: Pair, texts: list[str]) -> None:
    tokenizer, graph = pair
    wanted = tokenizer.encode(texts)
    for text, found, right in zip(texts, encoded(graph.encode, texts), wanted, strict=True):
        assert found == right, repr(text)
    decoded = graph.decode(padded(wanted)).numpy()
    assert decoded.tolist() == [text.encode() for text in tokenizer.decode(wanted)]


def assert_alike_in_prose(pair: Pair, texts: list[str]) -> None:
    tokenizer, graph = pair
    wanted = tokenizer.encode_documents(texts)
    for text, found, right in zip(
        texts, encoded(graph.encode_documents, texts), wanted, strict=True
    ):
        assert found == right, repr(text)
    decoded = graph.decode_documents(padded(wanted)).numpy()
    assert decoded.tolist() == [tokenizer.decode_document(row).encode() for row in wanted]


# Texts to token ids and back


def test_lines_of_the_corpora_are_split_and_joined_alike(pair: Pair) -> None:
    for texts in batches(corpus("test", 150), 64):
        assert_alike(pair, texts)


def test_five_thousand_odd_texts_are_split_and_joined_alike(pair: Pair) -> None:
    for texts in batches(odd_texts(5000), 500):
        assert_alike(pair, texts)


def test_texts_of_repeated_words_are_split_and_joined_alike(pair: Pair) -> None:
    # A mark in any text would switch to the algorithm for whole texts.
    texts = [text.replace("\u2581", " ") for text in odd_texts(1500)]
    draw = random.Random(9)
    again = [" ".join(draw.choices(text.split(" "), k=12)) for text in texts]
    for some in batches([*texts, *again], 64):
        assert_alike(pair, some)


def test_a_mark_is_seen_beside_bytes_that_are_no_characters(pair: Pair) -> None:
    texts = [
        b"a\xff b",
        "x\u2581 y\u2581\u2581 z".encode(),
        "\u2581".encode() + b"\xe2\x96",
        b"\0 a",
    ]
    token_ids, lengths = pair.graph.encode(tf.constant(texts))
    wanted = pair.tokenizer.encode([text.decode(errors="replace") for text in texts])
    assert [
        row[:n].tolist() for row, n in zip(token_ids.numpy(), lengths.numpy(), strict=True)
    ] == wanted


def test_many_different_words_beside_a_long_one_are_split_alike(subwords: Pair) -> None:
    assert_alike(subwords, [*["a " * 2000] * 20, " ".join(map(str, range(3000))), "1" * 700])


def test_odd_texts_of_several_lines_are_split_and_joined_alike(pair: Pair) -> None:
    ends = ["\n", "\nda", " \n\n\u2581", "\n\n\n", "", "a\n b\n\nc"]
    texts = [a + b for a, b in zip(odd_texts(600), ends * 100, strict=True)]
    for some in batches(texts, 200):
        assert_alike_in_prose(pair, some)


def test_bytes_that_are_no_characters_are_replaced_as_python_does(pair: Pair) -> None:
    draw = random.Random(3)
    texts = [
        bytes(
            draw.choice((draw.choice(BROKEN), draw.randrange(256)))
            for _ in range(draw.randrange(20))
        )
        for _ in range(1000)
    ]
    replaced = [text.decode("utf-8", "replace") for text in texts]
    assert encoded(pair.graph.encode, texts) == pair.tokenizer.encode(replaced)
    assert encoded(pair.graph.encode_documents, texts) == pair.tokenizer.encode_documents(replaced)


def test_any_ids_are_joined_alike(pair: Pair) -> None:
    tokenizer, graph = pair
    draw = np.random.default_rng(2)
    pieces = tokenizer.vocabulary
    telling = [NUM_RESERVED - 256 + byte for byte in BROKEN]
    telling += [index for index, piece in enumerate(pieces) if piece in ("\u2581", "a", "\u2581a")]
    for number, share in enumerate((0.0, 0.2, 0.8, 1.0)):
        shape = (100, 3 + 12 * number)
        token_ids = np.where(
            draw.random(shape) < share,
            draw.integers(0, len(pieces), shape),
            draw.choice([PAD, BOS, EOS, *telling], shape),
        ).astype(np.int32)
        right = [text.encode() for text in tokenizer.decode(token_ids)]
        assert graph.decode(token_ids).numpy().tolist() == right
        right = [tokenizer.decode_document(row).encode() for row in token_ids]
        assert graph.decode_documents(token_ids).numpy().tolist() == right


def test_every_id_has_its_piece_and_padding_has_none(pair: Pair) -> None:
    token_ids = np.arange(pair.tokenizer.vocabulary_size, dtype=np.int32)[None]
    found = pair.graph.subwords(token_ids).numpy()[0].tolist()
    assert found == [b"", *(piece.encode() for piece in pair.tokenizer.vocabulary[PAD + 1 :])]


def test_negative_ids_vanish_as_special_ones_do(subwords: Pair) -> None:
    (row,) = subwords.tokenizer.encode(["Paul"])
    token_ids = np.array([[-1, BOS, *row, EOS, PAD]], np.int32)
    assert subwords.graph.decode(token_ids).numpy().tolist() == [b"Paul"]
    assert subwords.graph.decode_documents(token_ids).numpy().tolist() == [b"Paul"]


def test_no_texts_and_empty_ones_are_batches_too(pair: Pair) -> None:
    graph = pair.graph
    for encode in (graph.encode, graph.encode_documents):
        token_ids, lengths = encode(tf.zeros((0,), tf.string))
        assert (token_ids.shape, lengths.shape) == ((0, 1), (0,))
        assert encoded(encode, ["", ""]) == [[], []]
    for decode in (graph.decode, graph.decode_documents):
        assert decode(np.zeros((0, 3), np.int32)).shape == (0,)
        assert decode(np.zeros((2, 0), np.int32)).numpy().tolist() == [b"", b""]
    assert graph.subwords(np.zeros((0, 3), np.int32)).shape == (0, 3)


def test_one_trace_serves_batches_of_every_size(subwords: Pair) -> None:
    for count in (1, 2, 7):
        encoded(subwords.graph.encode, LINES[:count])
    assert subwords.graph.encode.experimental_get_tracing_count() == 1


# Long texts


def test_long_texts_are_split_alike(pair: Pair) -> None:
    whole = " ".join(LINES)
    texts = [whole[:5000], "x" * 300, "ab" * 2500, "日本語" * 1000, f"{'x' * 300} {whole[:900]}"]
    assert_alike(pair, texts)
    assert_alike_in_prose(pair, ["\n".join(LINES)[:5000], "日本語\n" * 300])


def test_sums_are_rounded_and_restarted_like_those_of_sentencepiece() -> None:
    # "a", "b" is better than "ab" by less than float32 resolves from 16,384 on.
    tokenizer = edited(
        ("\u2581", -3, "NORMAL"),
        ("a", -1, "NORMAL"),
        ("b", -1, "NORMAL"),
        ("ab", -2 - 2**-10, "NORMAL"),
    )
    single, double = tokenizer.encode(["ab"])[0][1:], [NUM_RESERVED + 3]
    texts = ["日" * count + "ab" * 20 for count in (0, 1000, 1400, 5000, 8200, 8400, 9000)]
    right = tokenizer.encode(texts)
    assert right[0][-2:] == single
    assert right[2][-1:] == right[3][-1:] == double
    graph = GraphTokenizer(tokenizer)
    assert encoded(graph.encode, texts) == right
    assert encoded(graph.encode, texts[-1:]) == right[-1:]


def test_a_subword_may_cross_the_position_where_the_sum_restarts() -> None:
    # The space and 7,692 unknown characters, 13 each, are 99,999; "a" is 1.5 more.
    tokenizer = edited(
        ("\u2581", -3, "NORMAL"),
        ("a", -1.5, "NORMAL"),
        ("b", -1.5, "NORMAL"),
        ("ab", -1.25, "NORMAL"),
    )
    texts = ["日" * 7692 + "abab", "日" * 7692 + "aab"]
    right = tokenizer.encode(texts)
    assert right[0][-2:] == [NUM_RESERVED + 3, NUM_RESERVED + 3]
    assert encoded(GraphTokenizer(tokenizer).encode, texts) == right


def test_words_are_split_separately_only_if_the_result_is_equal() -> None:
    for kind, subwords in KINDS.items():
        if "kind" not in subwords:
            assert read_tables(train_tokenizer(LINES, **subwords)).splits_words, kind
    inside = ("a\u2581a", -1, "NORMAL")
    between = ("aa", -1 - 2**-11, "NORMAL")
    for piece in (inside, between):
        tokenizer = edited(("\u2581", -3, "NORMAL"), ("a", -2, "NORMAL"), piece)
        assert not read_tables(tokenizer).splits_words
        assert_alike(Pair(tokenizer, GraphTokenizer(tokenizer)), ["a a", "aa a aaa", "a", ""])


def test_one_long_word_among_short_ones_is_split_alike(subwords: Pair) -> None:
    for size in (30, 300, 3000):
        assert_alike(subwords, ["x" * size, *LINES[:60]])


# Models


def test_a_word_that_begins_with_the_longest_known_one_becomes_bytes() -> None:
    tokenizer = edited(("\u2581abc", 0, "NORMAL"), ("\u2581a", -1, "NORMAL"), model="WORD")
    graph = GraphTokenizer(tokenizer)
    assert encoded(graph.encode, ["abcd abc ab a"]) == tokenizer.encode(["abcd abc ab a"])


def test_a_first_word_without_a_space_is_a_word_too() -> None:
    kept = {"add_dummy_prefix": False, "remove_extra_whitespaces": False}
    tokenizer = edited(
        ("a", 0, "NORMAL"),
        ("\u2581a", 0, "NORMAL"),
        model="WORD",
        **{f"normalizer_spec__{name}": value for name, value in kept.items()},
    )
    assert_alike(Pair(tokenizer, GraphTokenizer(tokenizer)), ["a", "b a", "a  a ", " a", "b"])


def test_pieces_that_a_user_defined_win_and_unused_ones_never_do() -> None:
    draw = random.Random(5)
    parts = ["a", "b", "<", "x", ">", "<x>", "é", "日", "é日", " ", "\u2581", " z", "ab", "aab"]
    texts = ["".join(draw.choices(parts, k=draw.randrange(20))) for _ in range(500)]
    pieces = [
        ("\u2581", -3, "NORMAL"),
        ("a", -1, "NORMAL"),
        ("<", -0.5, "NORMAL"),
        ("<x>", 0, "USER_DEFINED"),
        ("é日", 0, "USER_DEFINED"),
        ("\u2581z", 0, "USER_DEFINED"),
        ("ab", -1, "UNUSED"),
        ("b", -1, "UNUSED"),
    ]
    subwords = edited(*pieces)
    assert_alike(Pair(subwords, GraphTokenizer(subwords)), texts)
    assert any(NUM_RESERVED + 4 in row for row in subwords.encode(texts))
    words = edited(*pieces, model="WORD")
    assert_alike(Pair(words, GraphTokenizer(words)), texts)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model": "BPE"}, "its type must be unigram, char or word"),
        ({"normalizer_spec__escape_whitespaces": False}, "it marks spaces differently"),
        (
            {"normalizer_spec__add_dummy_prefix": False},
            "add_dummy_prefix and remove_extra_whitespaces differ",
        ),
    ],
)
def test_a_model_that_works_otherwise_is_refused(changes: dict[str, Any], reason: str) -> None:
    tokenizer = edited(("a", -1, "NORMAL"), **changes)
    with pytest.raises(WorkError, match=f"tokenizer: {reason}"):
        GraphTokenizer(tokenizer)


def test_a_user_defined_subword_with_a_space_is_an_error() -> None:
    with pytest.raises(WorkError, match="a user-defined subword has a space"):
        GraphTokenizer(edited(("a", -1, "NORMAL"), ("a b", 0, "USER_DEFINED")))


def test_the_end_of_a_line_is_in_no_piece_of_prose() -> None:
    tokenizer = edited(("a", -1, "NORMAL"), ("a\na", -1, "NORMAL"), ("\n", -1, "NORMAL"))
    pair = Pair(tokenizer, GraphTokenizer(tokenizer))
    assert_alike(pair, ["a\na", "\n"])
    assert_alike_in_prose(pair, ["a\na", "\n"])
