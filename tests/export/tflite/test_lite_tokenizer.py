"""The tokenizer in built-in operations of TFLite has the token ids of SentencePiece."""

import tempfile
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from tensorflow.compiler.tf2xla.ops.gen_xla_ops import xla_dynamic_update_slice
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

from nlp_apps.errors import WorkError
from nlp_apps.export.tflite import lite_tokenizer
from nlp_apps.export.tflite.lite_tokenizer import LiteTokenizer
from nlp_apps.text.special_ids import BOS, EOS, NUM_RESERVED, PAD
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from tests.export.odd_texts import (
    BROKEN,
    KINDS,
    LINES,
    corpus,
    edited,
    odd_texts,
)

CHARACTERS, TOKENS = 160, 48
"""Small enough that many of the texts have more tokens."""

ENDS = ["\n", "\nda", " \n\n\u2581", "\n\n\n", "", "a\n b\n\nc"]

Runner = Callable[..., dict[str, Any]]


class Lite(NamedTuple):
    """A tokenizer, and two ways to run its exported form: in TensorFlow and in TFLite.

    Without a file, the second is the first.
    """

    tokenizer: Tokenizer
    multiline: bool
    module: LiteTokenizer
    functions: dict[str, Runner]
    runners: dict[str, Runner]
    file: bytes

    def encode(self, text: str) -> list[int]:
        tokenizer = self.tokenizer
        return (tokenizer.encode_documents if self.multiline else tokenizer.encode)([text])[0]

    def decode(self, ids: Sequence[int]) -> str:
        tokenizer = self.tokenizer
        return tokenizer.decode_document(ids) if self.multiline else tokenizer.decode([ids])[0]


def trace(
    tokenizer: Tokenizer,
    *,
    characters: int = CHARACTERS,
    tokens: int = TOKENS,
    multiline: bool = False,
    **normalization: bool,
) -> Lite:
    module = LiteTokenizer(
        tokenizer, characters=characters, tokens=tokens, multiline=multiline, **normalization
    )
    functions = {
        name: tf.function(
            getattr(module, name),
            input_signature=[tf.TensorSpec((1, size), tf.int32, name=given)],
            autograph=False,
        )
        for name, given, size in (
            ("tokenize", "codepoints", characters),
            ("detokenize", "ids", tokens),
        )
    }
    return Lite(tokenizer, multiline, module, functions, functions, b"")


def convert(traced: Lite, types: Sequence[Any] = ()) -> Lite:
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(traced.module, folder, signatures=traced.functions)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = list(types)
        file = converter.convert()
    interpreter = Interpreter(model_content=file, num_threads=1)
    runners = {name: interpreter.get_signature_runner(name) for name in traced.functions}
    return traced._replace(runners=runners, file=file)


@pytest.fixture(
    scope="module",
    params=[
        *KINDS,
        *(f"{kind}, multiline" for kind in ("subwords", "characters, all spaces", "words")),
    ],
)
def lite(request: pytest.FixtureRequest) -> Lite:
    kind = request.param.removesuffix(", multiline")
    tokenizer = train_tokenizer(LINES, **KINDS[kind])
    return convert(trace(tokenizer, multiline=kind != request.param))


@pytest.fixture(scope="module")
def subwords() -> Lite:
    return convert(trace(train_tokenizer(LINES, vocabulary_size=500)))


def row(values: Sequence[int], size: int, padding: int = 0) -> np.ndarray:
    return np.array([[*values, *[padding] * (size - len(values))]], np.int32)


def points(text: str) -> list[int]:
    return [ord(character) for character in text]


def tokenized(
    lite: Lite, codepoints: Sequence[int], *, padding: int = 0, in_tensorflow: bool = False
) -> tuple[list[int], int]:
    """The ids without the padding, which is checked too; and the number of tokens of the text."""
    run = (lite.functions if in_tensorflow else lite.runners)["tokenize"]
    found = run(codepoints=row(codepoints, lite.module.characters, padding))
    ids, count = np.array(found["ids"]), int(found["count"][0])
    assert ids.shape == (1, lite.module.tokens) and ids.dtype == np.int32
    assert not ids[0, count:].any()
    return ids[0, :count].tolist(), count


def detokenized(lite: Lite, ids: Sequence[int], *, in_tensorflow: bool = False) -> str:
    run = (lite.functions if in_tensorflow else lite.runners)["detokenize"]
    found = run(ids=row(ids, lite.module.tokens))
    codepoints, count = np.array(found["codepoints"]), int(found["count"][0])
    assert (
        codepoints.shape == (1, lite.module.detokenizer.max_codepoints)
        and codepoints.dtype == np.int32
    )
    assert not codepoints[0, count:].any()
    return "".join(map(chr, codepoints[0, :count]))


def assert_alike(lite: Lite, texts: Sequence[str], *, in_tensorflow: bool = False) -> None:
    for text in texts:
        text = text[: lite.module.characters].rstrip("\0")
        ids = lite.encode(text)
        found = tokenized(lite, points(text), in_tensorflow=in_tensorflow)
        assert found == (ids[: lite.module.tokens], len(ids)), repr(text)
        first = ids[: lite.module.tokens]
        assert detokenized(lite, first, in_tensorflow=in_tensorflow) == lite.decode(first)


# Texts to token ids and back


def test_texts_are_split_and_joined_alike(lite: Lite) -> None:
    texts = [text + end for text, end in zip(odd_texts(300), ENDS * 50, strict=True)]
    assert_alike(lite, corpus("test", 30) + texts)


def test_tensorflow_itself_returns_the_same(lite: Lite) -> None:
    texts = [text + end for text, end in zip(odd_texts(24), ENDS * 4, strict=True)]
    assert_alike(lite, [*texts, "", " ", "\n", "\n \n"], in_tensorflow=True)


def test_of_too_many_tokens_the_first_are_returned_and_all_are_counted(lite: Lite) -> None:
    for text in ("日本 語の " * 30, "xa \n" * 40, "a " * 80, "é\n" * 80, "😀" * 12 + "ab" * 40):
        text = text[:CHARACTERS]
        ids = lite.encode(text)
        assert len(ids) > TOKENS
        assert tokenized(lite, points(text)) == (ids[:TOKENS], len(ids)), text


def test_numbers_after_the_last_positive_one_are_padding(lite: Lite) -> None:
    for text in ("", "a", "Paul\0 and\0\0 x", " \0a  ", "\0\0b\n"):
        right = lite.encode(text)
        for padding in (0, -1, -(2**31)):
            assert tokenized(lite, points(text), padding=padding) == (right, len(right))


def test_numbers_that_are_no_characters_count_as_replacement_characters(lite: Lite) -> None:
    wrong = [0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0x110000, 2**31 - 1, -1, -(2**31)]
    right = [0xD7FF, 0xE000, 0x10FFFF, ord(" "), ord("a")]
    given = [number for pair in zip(wrong, right * 2, strict=False) for number in pair]
    text = "".join(chr(number) if number in right else "\ufffd" for number in given)
    ids = lite.encode(text)
    assert tokenized(lite, given) == (ids[:TOKENS], len(ids))


def test_any_ids_are_joined_alike(lite: Lite) -> None:
    draw = np.random.default_rng(2)
    pieces = lite.tokenizer.vocabulary
    telling = [NUM_RESERVED - 256 + byte for byte in BROKEN]
    telling += [index for index, piece in enumerate(pieces) if piece in ("\u2581", "a", "\u2581a")]
    for share in (0.0, 0.2, 0.8, 1.0):
        for _ in range(40):
            ids = np.where(
                draw.random(TOKENS) < share,
                draw.integers(0, len(pieces), TOKENS),
                draw.choice([PAD, BOS, EOS, *telling], TOKENS),
            )[: draw.integers(1, TOKENS + 1)].tolist()
            assert detokenized(lite, ids) == lite.decode(ids), ids
    assert detokenized(lite, ids, in_tensorflow=True) == lite.decode(ids)


def test_invalid_ids_are_dropped_like_special_ones(lite: Lite) -> None:
    ids = lite.encode("Paul é")
    size = lite.tokenizer.vocabulary_size
    wrong = [-1, BOS, size, PAD, 2**31 - 1, EOS, -(2**31)]
    mixed = [index for pair in zip(ids, wrong * 9, strict=False) for index in pair]
    assert detokenized(lite, [*wrong, *mixed]) == "Paul é"


def test_the_longest_pieces_fill_the_text_to_its_end(lite: Lite) -> None:
    longest = max(
        range(NUM_RESERVED, lite.tokenizer.vocabulary_size),
        key=lambda index: len(lite.tokenizer.vocabulary[index]),
    )
    assert detokenized(lite, [longest] * TOKENS) == lite.decode([longest] * TOKENS)


# Sizes


@pytest.mark.parametrize("kind", ["subwords", "words"])
def test_one_character_and_one_token_are_enough(kind: str) -> None:
    tokenizer = train_tokenizer(LINES, **KINDS[kind])
    tiny = convert(trace(tokenizer, characters=1, tokens=1, multiline=True))
    assert_alike(tiny, ["a", "", "\n", " ", "日"])


def test_the_work_grows_with_the_text_and_not_with_its_capacity(
    subwords: Lite, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = 0

    def counted(*arguments: Any) -> Any:
        nonlocal turns
        turns += 1
        return xla_dynamic_update_slice(*arguments)

    monkeypatch.setattr(lite_tokenizer, "xla_dynamic_update_slice", counted)
    text = "Paul is here."
    for size in (20, 900):
        module = LiteTokenizer(subwords.tokenizer, characters=size, tokens=size)
        turns = 0
        (count,) = module.tokenize(row(points(text), size))["count"].numpy()
        assert turns == len(f" {text}") + count


@pytest.mark.parametrize(
    ("characters", "tokens", "words"),
    [
        (0, 9, "characters must be at least 1 and at most 6922, received 0"),
        (6923, 9, "characters must be at least 1 and at most 6922, received 6923"),
        (9, 0, "tokens must be at least 1, received 0"),
    ],
)
def test_sizes_out_of_range_are_refused(characters: int, tokens: int, words: str) -> None:
    tokenizer = edited(("\u2581", -3, "NORMAL"))  # an unknown character is -13
    with pytest.raises(ValueError) as caught:
        LiteTokenizer(tokenizer, characters=characters, tokens=tokens)
    assert str(caught.value) == words


# Models


def test_sums_have_the_rounding_of_sentencepiece() -> None:
    # "a", "b" is better than "ab" by less than float32 resolves from 16,384 on.
    tokenizer = edited(
        ("\u2581", -3, "NORMAL"),
        ("a", -1, "NORMAL"),
        ("b", -1, "NORMAL"),
        ("ab", -2 - 2**-10, "NORMAL"),
    )
    lite = trace(tokenizer, characters=1500, tokens=4500)
    texts = ["日" * count + "ab" * 20 for count in (0, 1000, 1400)]
    right = tokenizer.encode(texts)
    assert right[0][-2:] == [NUM_RESERVED + 1, NUM_RESERVED + 2]
    assert right[2][-1] == NUM_RESERVED + 3
    assert_alike(lite, texts)


def test_words_are_known_as_a_whole_or_not_at_all() -> None:
    pieces = [("\u2581abc", 0, "NORMAL"), ("\u2581a", -1, "NORMAL"), ("a", -2, "NORMAL")]
    texts = ["abcd abc ab a", "a", "abc", "ab\na\nabcd\n a"]
    for multiline in (False, True):
        assert_alike(trace(edited(*pieces, model="WORD"), multiline=multiline), texts)
    kept = {"add_dummy_prefix": False, "remove_extra_whitespaces": False}
    changes = {f"normalizer_spec__{name}": value for name, value in kept.items()}
    for multiline in (False, True):
        lite = trace(edited(*pieces, model="WORD", **changes), multiline=multiline)
        assert_alike(lite, [*texts, "b a", "a  a ", " a"])


def test_the_end_of_a_line_is_in_no_piece_of_prose() -> None:
    tokenizer = edited(("a", -1, "NORMAL"), ("a\na", -1, "NORMAL"), ("\n", -1, "NORMAL"))
    for multiline in (False, True):
        assert_alike(trace(tokenizer, multiline=multiline), ["a\na", "\n", "\n\na"])


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        (("b", -1, "UNUSED"), "it has unused subwords"),
        (("b", -1.0001, "NORMAL"), "its scores are not rounded"),
        (("bc", 0, "USER_DEFINED"), "its scores are not rounded"),
    ],
)
def test_a_model_that_this_suite_never_trains_is_refused(
    piece: tuple[str, float, str], reason: str
) -> None:
    with pytest.raises(WorkError, match=f"tokenizer: {reason}"):
        LiteTokenizer(edited(("a", -1, "NORMAL"), piece), characters=9, tokens=9)


# Files


def test_a_file_has_built_in_operations_static_shapes_and_no_variables(lite: Lite) -> None:
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(lite.file))
    kinds = schema.BuiltinOperator
    names = {number: name for name, number in vars(kinds).items() if name.isupper()}
    found = {names[code.builtinCode] for code in model.operatorCodes}
    assert not found & {"CUSTOM", "VAR_HANDLE", "CALL_ONCE", "DELEGATE"}
    assert all(code.customCode is None for code in model.operatorCodes)
    tensors = [tensor for graph in model.subgraphs for tensor in graph.tensors]
    assert not any(tensor.isVariable for tensor in tensors)
    for tensor in tensors:
        assert tensor.shapeSignature is None or -1 not in tensor.shapeSignature


def test_a_quantised_file_keeps_the_tables_once_and_unchanged(subwords: Lite) -> None:
    tables = subwords.module._tables
    for name, table in tables._asdict().items():
        assert subwords.file.count(table.numpy().tobytes()) == 1, name
    assert not subwords.module.variables


def test_a_file_of_half_precision_splits_alike(subwords: Lite) -> None:
    assert_alike(convert(subwords, [tf.float16]), [*corpus("test", 5), *odd_texts(100)])
