"""Tests of nlp_apps.text.tokenizer."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentencepiece import sentencepiece_model_pb2

from nlp_apps.decoding.text_stream import TextStream
from nlp_apps.errors import WorkError
from nlp_apps.text.special_ids import BOS, EOS, MIN_VOCABULARY, NUM_RESERVED, PAD, UNKNOWN
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from tests.text.made_up import LINES, VOCABULARY_SIZE


@pytest.fixture(scope="module")
def characters() -> Tokenizer:
    return train_tokenizer(LINES, kind="characters", vocabulary_size=VOCABULARY_SIZE)


@pytest.fixture(params=["subwords", "characters"])
def either(request: pytest.FixtureRequest) -> Tokenizer:
    tokenizer: Tokenizer = request.getfixturevalue(request.param)
    return tokenizer


def with_single_spaces(text: str) -> str:
    """Returns the text that the tokenizer decodes: U+2581 and runs of spaces are one space."""
    return " ".join(part for part in text.replace("\u2581", " ").split(" ") if part)


def test_the_special_ids_are_those_of_the_suite(either: Tokenizer) -> None:
    assert (PAD, UNKNOWN, BOS, EOS) == (0, 1, 2, 3)
    assert len(set(either.vocabulary)) == either.vocabulary_size
    assert either.vocabulary[4] == "<0x00>"
    assert either.vocabulary[NUM_RESERVED - 1] == "<0xFF>"


def test_the_training_text_comes_back(either: Tokenizer) -> None:
    assert either.decode(either.encode(LINES)) == LINES


@settings(max_examples=300)
@given(text=st.text(max_size=40))
def test_any_text_comes_back_except_repeated_spaces(subwords: Tokenizer, text: str) -> None:
    (token_ids,) = subwords.encode([text])
    assert subwords.decode([token_ids]) == [with_single_spaces(text)]
    assert UNKNOWN not in token_ids


@settings(max_examples=50)
@given(text=st.text(max_size=40))
def test_any_text_comes_back_from_characters_too(characters: Tokenizer, text: str) -> None:
    (token_ids,) = characters.encode([text])
    assert characters.decode([token_ids]) == [with_single_spaces(text)]
    assert UNKNOWN not in token_ids


@pytest.mark.parametrize(
    "text",
    [
        "😀👩\u200d👩\u200d👧",
        "我们明天去北京。",
        "un café\u202f?",
        "a\tb",
        "\u3000wide\u3000",
        "\u00a0no break\u00a0",
        "ﬁ ligature, K is not K, e\u0301 is not é",
        "<s> </s> <unk> <pad> <0x41>",
        "\u2028\x85\x00\ufffd",
    ],
)
def test_no_character_is_normalized_or_unknown(either: Tokenizer, text: str) -> None:
    (token_ids,) = either.encode([text])
    assert either.decode([token_ids]) == [text]
    assert min(token_ids) > EOS


def test_a_character_outside_the_vocabulary_is_encoded_in_bytes(either: Tokenizer) -> None:
    (token_ids,) = either.encode(["🙂"])
    assert [either.vocabulary[index] for index in token_ids[-4:]] == [
        f"<0x{byte:02X}>" for byte in "🙂".encode()
    ]


def test_special_ids_are_dropped_and_broken_bytes_become_a_mark(subwords: Tokenizer) -> None:
    (token_ids,) = subwords.encode([LINES[0]])
    assert subwords.decode([[BOS, *token_ids, EOS, PAD, PAD]]) == [LINES[0]]
    (smile,) = subwords.encode(["🙂"])
    assert subwords.decode([smile[:-1]])[0].strip("\ufffd") == ""
    assert subwords.decode([[], [EOS]]) == ["", ""]


def test_every_character_has_an_id_of_its_own(characters: Tokenizer) -> None:
    (token_ids,) = characters.encode(["da ri"])
    pieces = [characters.vocabulary[index] for index in token_ids]
    assert pieces == ["\u2581", "d", "a", "\u2581", "r", "i"]
    # The size is an upper limit: the text has few letters.
    assert characters.vocabulary_size == NUM_RESERVED + len({*"".join(LINES)})


def test_the_same_text_trains_the_same_bytes(subwords: Tokenizer) -> None:
    assert train_tokenizer(iter(LINES), vocabulary_size=VOCABULARY_SIZE).model == subwords.model
    assert train_tokenizer(LINES[1:], vocabulary_size=VOCABULARY_SIZE).model != subwords.model


def test_scores_are_multiples_of_a_power_of_two(either: Tokenizer) -> None:
    pieces = sentencepiece_model_pb2.ModelProto.FromString(either.model).pieces
    scores = [piece.score for piece in pieces]
    assert all((score * 1024).is_integer() for score in scores)
    assert len(set(scores[NUM_RESERVED:])) > 5


def test_a_vocabulary_too_large_for_the_text_is_an_error_with_the_largest_size() -> None:
    with pytest.raises(WorkError) as caught:
        train_tokenizer(LINES, vocabulary_size=50_000)
    words = r"tokenizer\.vocabulary_size must be at most (\d+) .*50000\. .* to \1 or less"
    match = re.match(words, str(caught.value))
    assert match
    most = int(match[1])
    assert train_tokenizer(LINES, vocabulary_size=most).vocabulary_size == most
    with pytest.raises(WorkError, match=f"at most {most} "):
        train_tokenizer(LINES, vocabulary_size=most + 1)


def test_a_text_too_short_for_subwords_is_an_error_with_advice() -> None:
    words = r'tokenizer\.vocabulary_size .*265 .*300\. .*tokenizer\.kind to "characters"'
    with pytest.raises(WorkError, match=words):
        train_tokenizer(["a b", "c d"], vocabulary_size=300)
    assert train_tokenizer(["a b", "c d"], kind="characters", vocabulary_size=300)


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_the_smallest_vocabulary_of_the_recipe_can_be_trained(kind: str) -> None:
    tokenizer = train_tokenizer(LINES, kind=kind, vocabulary_size=MIN_VOCABULARY)
    assert tokenizer.vocabulary_size == MIN_VOCABULARY


def test_a_vocabulary_too_small_for_the_characters_is_an_error_with_the_smallest_size() -> None:
    signs = "".join(chr(0x4E00 + number) for number in range(400))
    chinese = [signs[start : start + 20] for start in range(0, 400, 20)]
    with pytest.raises(WorkError) as caught:
        train_tokenizer(chinese * 3, vocabulary_size=300)
    words = r"tokenizer\.vocabulary_size must be at least (\d+) .*300\. .*character_coverage"
    match = re.match(words, str(caught.value))
    assert match
    needed = int(match[1])
    assert train_tokenizer(chinese * 3, vocabulary_size=needed).vocabulary_size == needed


def test_characters_need_ids_beside_the_reserved_ones() -> None:
    with pytest.raises(WorkError, match=r"tokenizer\.vocabulary_size .*above 260 .*100"):
        train_tokenizer(LINES, kind="characters", vocabulary_size=100)


def test_rare_characters_are_encoded_in_bytes_with_a_lower_coverage() -> None:
    lines = [*LINES, "a 界 b"]
    full = train_tokenizer(lines, vocabulary_size=VOCABULARY_SIZE)
    most = train_tokenizer(lines, vocabulary_size=VOCABULARY_SIZE, character_coverage=0.999)
    assert "界" in full.vocabulary
    assert "界" not in most.vocabulary
    assert most.decode(most.encode(["a 界 b"])) == ["a 界 b"]


def test_a_saved_tokenizer_is_the_same_tokenizer(subwords: Tokenizer, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.model"
    subwords.save(path)
    loaded = Tokenizer.load(path)
    assert loaded.model == subwords.model
    assert loaded.encode(LINES) == subwords.encode(LINES)
    assert [file.name for file in tmp_path.iterdir()] == ["tokenizer.model"]


def test_a_truncated_tokenizer_is_an_error(subwords: Tokenizer, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.model"
    for length in {0, 1, *range(2, len(subwords.model), 50), len(subwords.model) - 1}:
        path.write_bytes(subwords.model[:length])
        with pytest.raises(WorkError) as caught:
            Tokenizer.load(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: cannot read the tokenizer: not a SentencePiece model: ")
        assert message.endswith(". Train again.")


def test_a_tokenizer_without_its_last_part_is_an_error(subwords: Tokenizer) -> None:
    proto = sentencepiece_model_pb2.ModelProto.FromString(subwords.model)
    proto.ClearField("normalizer_spec")
    with pytest.raises(ValueError, match="not a SentencePiece model: it is empty or truncated"):
        Tokenizer(proto.SerializeToString())


def test_a_tokenizer_with_a_token_that_is_not_utf8_is_an_error(subwords: Tokenizer) -> None:
    damaged = subwords.model.replace(b"<pad>", b"<p\x80d>")
    with pytest.raises(ValueError, match="not a SentencePiece model: a token is not UTF-8"):
        Tokenizer(damaged)


def test_a_missing_tokenizer_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.model"
    with pytest.raises(WorkError, match="cannot read the tokenizer: .*No such file"):
        Tokenizer.load(path)


# Documents


@pytest.fixture(scope="module", params=["sentencepiece", "characters"])
def keeping_spaces(request: pytest.FixtureRequest) -> Tokenizer:
    return train_tokenizer(
        LINES, kind=request.param, vocabulary_size=VOCABULARY_SIZE, keep_spaces=True
    )


DOCUMENTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2581")
    | st.sampled_from("\n\n   \t\r")
    | st.sampled_from("abdei.!"),
    max_size=40,
)


@settings(max_examples=150)
@given(text=DOCUMENTS)
def test_a_document_comes_back_to_the_last_space_and_newline(
    keeping_spaces: Tokenizer, text: str
) -> None:
    (token_ids,) = keeping_spaces.encode_documents([text])
    assert keeping_spaces.decode_document(token_ids) == text


@settings(max_examples=100)
@given(prompt=DOCUMENTS, draw=st.randoms(use_true_random=False))
def test_generated_text_does_not_depend_on_the_start_of_its_decoding(
    keeping_spaces: Tokenizer, subwords: Tokenizer, prompt: str, draw: random.Random
) -> None:
    for tokenizer in (keeping_spaces, subwords):
        text = TextStream(tokenizer, prompt, [])
        for _ in range(draw.randrange(30)):
            text.add(draw.randrange(EOS + 1, tokenizer.vocabulary_size), 0.0)
        whole = tokenizer.decode_document([*text.prompt_ids, *text.generated_ids])
        assert text.continuation() == whole[len(tokenizer.decode_document(text.prompt_ids)) :]


def test_a_document_is_its_lines_with_newlines_between(
    keeping_spaces: Tokenizer,
) -> None:
    first, second = keeping_spaces.encode(["da ri.", " bo"])
    end = keeping_spaces.newline_id
    assert keeping_spaces.vocabulary[end] == "<0x0A>"
    assert keeping_spaces.encode_documents(["da ri.\n\n bo\n", "", " bo"]) == [
        [*first, end, end, *second, end],
        [],
        second,
    ]


def test_special_ids_are_dropped_from_a_document(keeping_spaces: Tokenizer) -> None:
    (token_ids,) = keeping_spaces.encode_documents([" da\n ri"])
    assert keeping_spaces.decode_document([BOS, *token_ids, EOS, PAD]) == " da\n ri"


def test_a_growing_document_can_be_decoded(keeping_spaces: Tokenizer) -> None:
    (token_ids,) = keeping_spaces.encode_documents([" da  ri.\n bo"])
    grown = [keeping_spaces.decode_document(token_ids[:end]) for end in range(len(token_ids) + 1)]
    for shorter, longer in zip(grown, grown[1:], strict=False):
        assert longer.startswith(shorter)
    assert grown[0] == ""


# Words

WORDY = ["the cat sat", "the <unk> sat", "the end", "the <unk>"]


@pytest.fixture(scope="module")
def words() -> Tokenizer:
    return train_tokenizer(WORDY, kind="words", vocabulary_size=NUM_RESERVED + 4)


def test_the_most_frequent_words_have_ids_in_that_order_then_by_alphabet(
    words: Tokenizer,
) -> None:
    assert words.vocabulary[:4] == ["<pad>", "<unk>", "<s>", "</s>"]
    assert words.vocabulary[4] == "<0x00>"
    assert words.vocabulary[NUM_RESERVED:] == [
        "\u2581the",
        "\u2581<unk>",
        "\u2581sat",
        "\u2581cat",
    ]
    assert words.vocabulary_size == NUM_RESERVED + 4


def test_the_word_unk_is_an_ordinary_word(words: Tokenizer) -> None:
    (token_ids,) = words.encode(["the <unk> <s>"])
    assert token_ids[:2] == [NUM_RESERVED, NUM_RESERVED + 1]
    assert UNKNOWN not in token_ids
    assert words.decode([token_ids]) == ["the <unk> <s>"]


def test_a_word_without_an_id_is_encoded_in_bytes(words: Tokenizer) -> None:
    (token_ids,) = words.encode(["the end sat"])
    assert [words.vocabulary[index] for index in token_ids] == [
        "\u2581the",
        *(f"<0x{byte:02X}>" for byte in "\u2581end".encode()),
        "\u2581sat",
    ]


@pytest.mark.parametrize("text", ["end the cat", "the end", "end", "end end the", "the😀 cat,", ""])
def test_words_with_and_without_ids_come_back(words: Tokenizer, text: str) -> None:
    assert words.decode(words.encode([text])) == [text]


@settings(max_examples=100)
@given(
    text=st.lists(
        st.sampled_from(["the", "cat", "<unk>", "sat"])
        | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
    ).map(" ".join)
)
def test_any_words_come_back_except_repeated_spaces(words: Tokenizer, text: str) -> None:
    (token_ids,) = words.encode([text])
    assert words.decode([token_ids]) == [with_single_spaces(text)]
    assert UNKNOWN not in token_ids


def test_words_of_a_document_come_back_line_by_line(words: Tokenizer) -> None:
    text = "the cat\n\nend sat\n"
    (token_ids,) = words.encode_documents([text])
    assert words.decode_document(token_ids) == text
    assert token_ids.count(words.newline_id) == 3


def test_fewer_words_than_ids_are_a_smaller_vocabulary() -> None:
    assert train_tokenizer(WORDY, kind="words", vocabulary_size=5000).vocabulary_size == 265


def test_the_same_words_train_the_same_bytes_and_can_be_loaded(
    words: Tokenizer, tmp_path: Path
) -> None:
    again = train_tokenizer(iter(WORDY), kind="words", vocabulary_size=NUM_RESERVED + 4)
    assert again.model == words.model
    words.save(tmp_path / "words.model")
    assert Tokenizer.load(tmp_path / "words.model").encode(WORDY) == words.encode(WORDY)


def test_words_need_ids_beside_the_reserved_ones() -> None:
    with pytest.raises(WorkError, match=r"tokenizer\.vocabulary_size .*above 260 .*260"):
        train_tokenizer(WORDY, kind="words", vocabulary_size=NUM_RESERVED)


@pytest.mark.parametrize("kind", ["sentencepiece", "characters", "words"])
def test_a_tokenizer_that_lowercases_sees_no_capitals(kind: str, tmp_path: Path) -> None:
    upper = [line.upper() for line in LINES]
    tokenizer = train_tokenizer(upper, kind=kind, vocabulary_size=VOCABULARY_SIZE, lowercases=True)
    lower = train_tokenizer(LINES, kind=kind, vocabulary_size=VOCABULARY_SIZE)
    assert tokenizer.lowercases and not lower.lowercases
    assert tokenizer.vocabulary == lower.vocabulary
    tokenizer.save(tmp_path / "tokenizer.model")
    loaded = Tokenizer.load(tmp_path / "tokenizer.model")
    for one in (tokenizer, loaded, lower.lowercased()):
        assert one.encode(upper) == one.encode(LINES) == lower.encode(LINES)
        assert one.encode_documents(["DA\nRI"]) == lower.encode_documents(["da\nri"])
    if kind == "sentencepiece":
        draws = [
            one.sample(lines, alpha=0.1, seed=1) for one, lines in ((loaded, upper), (lower, LINES))
        ]
        assert draws[0] == draws[1]
