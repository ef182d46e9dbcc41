"""The tokenizer gives back what it was given, knows every text, and is the same every time."""

import functools
import hashlib
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentencepiece import sentencepiece_model_pb2

from nlp_apps.decoding.text_stream import TextStream
from nlp_apps.errors import WorkError
from nlp_apps.recipe import tokenizer_section as recipe_keys
from nlp_apps.text import subword_sampling
from nlp_apps.text import tokenizer as module
from nlp_apps.text.special_ids import BOS, EOS, PAD, UNKNOWN
from nlp_apps.text.tokenizer import NUM_RESERVED, Tokenizer, train_tokenizer

VOCABULARY_SIZE = 400


def made_up_lines(count: int = 400) -> list[str]:
    """Sentences of 200 made-up words of plain letters."""
    choice = random.Random(1).choice
    words = ["".join(choice("bdklmnrst") + choice("aeiou") for _ in range(3)) for _ in range(200)]
    return [" ".join(choice(words) for _ in range(5)) + choice(".!?") for _ in range(count)]


LINES = made_up_lines()


@pytest.fixture(scope="module")
def subwords() -> Tokenizer:
    return train_tokenizer(LINES, vocabulary_size=VOCABULARY_SIZE)


@pytest.fixture(scope="module")
def characters() -> Tokenizer:
    return train_tokenizer(LINES, kind="characters", vocabulary_size=VOCABULARY_SIZE)


@pytest.fixture(params=["subwords", "characters"])
def either(request: pytest.FixtureRequest) -> Tokenizer:
    tokenizer: Tokenizer = request.getfixturevalue(request.param)
    return tokenizer


def with_single_blanks(text: str) -> str:
    """What the tokenizer keeps of a text: U+2581 is its blank, and it keeps no more than one."""
    return " ".join(part for part in text.replace("\u2581", " ").split(" ") if part)


def test_the_special_ids_are_what_the_suite_takes_them_for(either: Tokenizer) -> None:
    assert (PAD, UNKNOWN, BOS, EOS) == (0, 1, 2, 3)
    assert len(set(either.vocabulary)) == either.vocabulary_size
    assert either.vocabulary[4] == "<0x00>"
    assert either.vocabulary[NUM_RESERVED - 1] == "<0xFF>"


def test_the_training_text_comes_back(either: Tokenizer) -> None:
    assert either.decode(either.encode(LINES)) == LINES


@settings(max_examples=300)
@given(text=st.text(max_size=40))
def test_any_text_comes_back_but_for_repeated_blanks(subwords: Tokenizer, text: str) -> None:
    (token_ids,) = subwords.encode([text])
    assert subwords.decode([token_ids]) == [with_single_blanks(text)]
    assert UNKNOWN not in token_ids


@settings(max_examples=50)
@given(text=st.text(max_size=40))
def test_any_text_comes_back_from_characters_too(characters: Tokenizer, text: str) -> None:
    (token_ids,) = characters.encode([text])
    assert characters.decode([token_ids]) == [with_single_blanks(text)]
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
def test_nothing_is_normalised_and_nothing_is_unknown(either: Tokenizer, text: str) -> None:
    (token_ids,) = either.encode([text])
    assert either.decode([token_ids]) == [text]
    assert min(token_ids) > EOS


def test_a_character_never_seen_is_spelt_in_its_bytes(either: Tokenizer) -> None:
    (token_ids,) = either.encode(["🙂"])
    assert [either.vocabulary[index] for index in token_ids[-4:]] == [
        f"<0x{byte:02X}>" for byte in "🙂".encode()
    ]


def test_special_ids_vanish_and_broken_bytes_become_a_mark(subwords: Tokenizer) -> None:
    (token_ids,) = subwords.encode([LINES[0]])
    assert subwords.decode([[BOS, *token_ids, EOS, PAD, PAD]]) == [LINES[0]]
    (smile,) = subwords.encode(["🙂"])
    assert subwords.decode([smile[:-1]])[0].strip("\ufffd") == ""
    assert subwords.decode([[], [EOS]]) == ["", ""]


def test_characters_gives_every_character_an_id_of_its_own(characters: Tokenizer) -> None:
    (token_ids,) = characters.encode(["da ri"])
    pieces = [characters.vocabulary[index] for index in token_ids]
    assert pieces == ["\u2581", "d", "a", "\u2581", "r", "i"]
    # The size is a limit, not a wish: there are only so many letters.
    assert characters.vocabulary_size == NUM_RESERVED + len({*"".join(LINES)})


def test_the_same_text_gives_the_same_bytes(subwords: Tokenizer) -> None:
    assert train_tokenizer(iter(LINES), vocabulary_size=VOCABULARY_SIZE).model == subwords.model
    assert train_tokenizer(LINES[1:], vocabulary_size=VOCABULARY_SIZE).model != subwords.model


def test_scores_are_multiples_of_a_power_of_two(either: Tokenizer) -> None:
    pieces = sentencepiece_model_pb2.ModelProto.FromString(either.model).pieces
    scores = [piece.score for piece in pieces]
    assert all((score * 1024).is_integer() for score in scores)
    assert len(set(scores[NUM_RESERVED:])) > 5


def test_sampling_is_decided_by_the_seed(subwords: Tokenizer) -> None:
    first = subwords.sample(LINES, alpha=0.1, seed=7)
    assert subwords.sample(LINES, alpha=0.1, seed=7) == first
    assert subwords.sample(LINES, alpha=0.1, seed=8) != first
    assert first != subwords.encode(LINES)
    assert subwords.decode(first) == LINES


DRAW = """
import hashlib, sys
from pathlib import Path
from nlp_apps.text.tokenizer import Tokenizer
texts = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
drawn = Tokenizer.load(Path(sys.argv[1])).sample(texts, alpha=0.2, seed=7)
print(hashlib.sha256(repr([list(ids) for ids in drawn]).encode()).hexdigest())
"""


def test_every_process_draws_the_same_pieces(subwords: Tokenizer, tmp_path: Path) -> None:
    subwords.save(tmp_path / "m.model")
    (tmp_path / "lines.txt").write_text("\n".join(LINES), encoding="utf-8")
    command = [sys.executable, "-c", DRAW, str(tmp_path / "m.model"), str(tmp_path / "lines.txt")]
    found = {subprocess.check_output(command, text=True) for _ in range(2)}
    drawn = subwords.sample(LINES, alpha=0.2, seed=7)
    assert found == {hashlib.sha256(repr(drawn).encode()).hexdigest() + "\n"}


def test_a_word_is_cut_as_often_as_kudo_says() -> None:
    choices = random.Random(2).choices
    words = ["".join(choices(["ka", "lo", "mir", "te", "sun"], k=4)) for _ in range(400)]
    subwords = train_tokenizer([" ".join(words)] * 3, vocabulary_size=310)
    word, alpha, times = "kalomirtesun", 0.3, 20_000
    cuts = subwords._processor.nbest_encode(word, nbest_size=subword_sampling.MOST_CUTS)
    scores = [sum(map(subwords._processor.get_score, ids)) for ids in cuts]
    weights = np.exp(alpha * (np.array(scores) - max(scores)))
    drawn = Counter(map(tuple, subwords.sample([word] * times, alpha=alpha, seed=1)))
    shares = [drawn[tuple(ids)] / times for ids in cuts]
    assert len(cuts) > 10
    np.testing.assert_allclose(shares, weights / weights.sum(), atol=0.02)


@pytest.mark.parametrize("keep_spaces", [False, True])
@settings(max_examples=100)
@given(text=st.text(alphabet="abdeikmnorst\u00e9\u65e5\U0001f642 \u2581.", max_size=30))
def test_what_is_drawn_is_the_text(keep_spaces: bool, text: str) -> None:
    tokenizer = _tokenizer(keep_spaces)
    (drawn,) = tokenizer.sample([text], alpha=0.1, seed=1)
    assert tokenizer.decode([drawn]) == tokenizer.decode(tokenizer.encode([text]))
    (best,) = tokenizer.sample([text], alpha=1e6, seed=1)  # always the most probable pieces
    assert _cost(tokenizer, best) == pytest.approx(_cost(tokenizer, tokenizer.encode([text])[0]))


@functools.cache
def _tokenizer(keep_spaces: bool) -> Tokenizer:
    return train_tokenizer(LINES, vocabulary_size=VOCABULARY_SIZE, keep_spaces=keep_spaces)


def _cost(tokenizer: Tokenizer, token_ids: Sequence[int]) -> float:
    return sum(map(tokenizer._processor.get_score, token_ids))


def test_a_seed_of_any_size_is_repeatable(subwords: Tokenizer) -> None:
    for seed in (0, 2**32 - 1, 2**32, 2**63 + 1):
        drawn = [subwords.sample(LINES[:50], alpha=0.1, seed=seed) for _ in range(2)]
        assert drawn[0] == drawn[1]


def test_a_larger_alpha_stays_closer_to_the_most_probable_pieces(subwords: Tokenizer) -> None:
    best = subwords.encode(LINES)

    def share_kept(alpha: float) -> float:
        drawn = subwords.sample(LINES, alpha=alpha, seed=1)
        return sum(a == b for a, b in zip(drawn, best, strict=True)) / len(best)

    assert share_kept(0.1) < share_kept(1.0)


def test_a_vocabulary_larger_than_the_text_supports_names_the_size_that_works() -> None:
    with pytest.raises(WorkError) as caught:
        train_tokenizer(LINES, vocabulary_size=50_000)
    message = str(caught.value)
    most = int(message.split("at most ")[1].split()[0])
    assert message == (
        f"tokenizer.vocabulary_size: the text supports at most {most} pieces, the recipe asks for "
        f"50000. Set tokenizer.vocabulary_size to {most} or less."
    )
    assert train_tokenizer(LINES, vocabulary_size=most).vocabulary_size == most
    with pytest.raises(WorkError, match=f"at most {most} pieces"):
        train_tokenizer(LINES, vocabulary_size=most + 1)


def test_a_text_too_small_for_subwords_is_told_what_else_to_do() -> None:
    with pytest.raises(WorkError) as caught:
        train_tokenizer(["a b", "c d"], vocabulary_size=300)
    assert str(caught.value) == (
        "tokenizer.vocabulary_size: the text supports at most 265 pieces, the recipe asks for 300. "
        "That is too little for subwords: give more text, or set tokenizer.kind to "
        '"characters".'
    )
    assert train_tokenizer(["a b", "c d"], kind="characters", vocabulary_size=300)


def test_the_smallest_vocabulary_is_the_recipes() -> None:
    smallest = recipe_keys.SMALLEST_SENTENCEPIECE_VOCABULARY
    assert smallest == module.SMALLEST_SENTENCEPIECE_VOCABULARY
    assert recipe_keys.SMALLEST_VOCABULARY == NUM_RESERVED + 1


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_the_smallest_vocabulary_of_the_recipe_can_be_trained(kind: str) -> None:
    smallest = recipe_keys.SMALLEST_VOCABULARY
    assert train_tokenizer(LINES, kind=kind, vocabulary_size=smallest).vocabulary_size == smallest


def test_a_vocabulary_too_small_for_the_characters_says_how_many_they_need() -> None:
    signs = "".join(chr(0x4E00 + number) for number in range(400))
    chinese = [signs[start : start + 20] for start in range(0, 400, 20)]
    with pytest.raises(WorkError) as caught:
        train_tokenizer(chinese * 3, vocabulary_size=300)
    message = str(caught.value)
    needed = int(message.split("alone need ")[1].split(".")[0])
    assert message == (
        "tokenizer.vocabulary_size: 300 is too small, the text's characters alone need "
        f"{needed}. Set it higher, or tokenizer.character_coverage lower."
    )
    assert train_tokenizer(chinese * 3, vocabulary_size=needed).vocabulary_size == needed


def test_characters_need_room_for_bytes_and_special_ids() -> None:
    with pytest.raises(WorkError) as caught:
        train_tokenizer(LINES, kind="characters", vocabulary_size=100)
    assert str(caught.value) == (
        "tokenizer.vocabulary_size: 100 is too small, single bytes and special ids alone need 260. "
        "Set it higher."
    )


def test_rare_characters_may_be_left_to_their_bytes() -> None:
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


def test_a_tokenizer_cut_off_anywhere_is_an_error(subwords: Tokenizer, tmp_path: Path) -> None:
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
    with pytest.raises(ValueError, match="not a SentencePiece model: it is empty or cut off"):
        Tokenizer(proto.SerializeToString())


def test_a_missing_tokenizer_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.model"
    with pytest.raises(WorkError, match="cannot read the tokenizer: .*No such file"):
        Tokenizer.load(path)


# Prose


@pytest.fixture(scope="module", params=["sentencepiece", "characters"])
def keeping_spaces(request: pytest.FixtureRequest) -> Tokenizer:
    return train_tokenizer(
        LINES, kind=request.param, vocabulary_size=VOCABULARY_SIZE, keep_spaces=True
    )


PROSE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2581")
    | st.sampled_from("\n\n   \t\r")
    | st.sampled_from("abdei.!"),
    max_size=40,
)


@settings(max_examples=150)
@given(text=PROSE)
def test_prose_comes_back_to_the_last_blank_and_line_end(
    keeping_spaces: Tokenizer, text: str
) -> None:
    (token_ids,) = keeping_spaces.encode_documents([text])
    assert keeping_spaces.decode_document(token_ids) == text


@settings(max_examples=100)
@given(prompt=PROSE, draw=st.randoms(use_true_random=False))
def test_what_is_written_does_not_depend_on_where_its_decoding_begins(
    keeping_spaces: Tokenizer, subwords: Tokenizer, prompt: str, draw: random.Random
) -> None:
    for tokenizer in (keeping_spaces, subwords):
        text = TextStream(tokenizer, prompt, [])
        for _ in range(draw.randrange(30)):
            text.add(draw.randrange(EOS + 1, tokenizer.vocabulary_size), 0.0)
        whole = tokenizer.decode_document([*text.prompt_ids, *text.generated_ids])
        assert text.continuation() == whole[len(tokenizer.decode_document(text.prompt_ids)) :]


def test_a_text_of_several_lines_is_its_lines_with_line_ends_between(
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


def test_special_ids_vanish_from_prose(keeping_spaces: Tokenizer) -> None:
    (token_ids,) = keeping_spaces.encode_documents([" da\n ri"])
    assert keeping_spaces.decode_document([BOS, *token_ids, EOS, PAD]) == " da\n ri"


def test_prose_can_be_decoded_from_its_beginning_as_it_grows(keeping_spaces: Tokenizer) -> None:
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


def test_the_word_unk_is_a_word_like_any_other(words: Tokenizer) -> None:
    (token_ids,) = words.encode(["the <unk> <s>"])
    assert token_ids[:2] == [NUM_RESERVED, NUM_RESERVED + 1]
    assert UNKNOWN not in token_ids
    assert words.decode([token_ids]) == ["the <unk> <s>"]


def test_a_word_without_an_id_is_spelt_in_its_bytes(words: Tokenizer) -> None:
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
def test_any_words_come_back_but_for_repeated_blanks(words: Tokenizer, text: str) -> None:
    (token_ids,) = words.encode([text])
    assert words.decode([token_ids]) == [with_single_blanks(text)]
    assert UNKNOWN not in token_ids


def test_words_of_prose_come_back_line_by_line(words: Tokenizer) -> None:
    text = "the cat\n\nend sat\n"
    (token_ids,) = words.encode_documents([text])
    assert words.decode_document(token_ids) == text
    assert token_ids.count(words.newline_id) == 3


def test_fewer_words_than_ids_make_a_smaller_vocabulary() -> None:
    assert train_tokenizer(WORDY, kind="words", vocabulary_size=5000).vocabulary_size == 265


def test_the_same_words_give_the_same_bytes_and_saved_ones_are_read(
    words: Tokenizer, tmp_path: Path
) -> None:
    again = train_tokenizer(iter(WORDY), kind="words", vocabulary_size=NUM_RESERVED + 4)
    assert again.model == words.model
    words.save(tmp_path / "words.model")
    assert Tokenizer.load(tmp_path / "words.model").encode(WORDY) == words.encode(WORDY)


def test_words_need_room_for_bytes_and_special_ids() -> None:
    with pytest.raises(WorkError) as caught:
        train_tokenizer(WORDY, kind="words", vocabulary_size=NUM_RESERVED)
    assert str(caught.value) == (
        "tokenizer.vocabulary_size: 260 is too small, single bytes and special ids alone need 260. "
        "Set it higher."
    )


def test_of_long_text_every_so_manyth_line_teaches_the_vocabulary(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = ["abcd", "efgh"] * 50
    whole = train_tokenizer(lines, kind="characters", vocabulary_size=300)
    monkeypatch.setattr(module, "MOST_CHARACTERS", 200)
    half = train_tokenizer(lines, kind="characters", vocabulary_size=300)
    assert "h" in whole.vocabulary
    assert "h" not in half.vocabulary
    assert "d" in half.vocabulary
