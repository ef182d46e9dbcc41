"""Tests of nlp_apps.text.training_sample."""

from pathlib import Path

import pytest

from nlp_apps.text import training_sample as module
from nlp_apps.text.corpus import Location, Pair
from nlp_apps.text.storage.example_store import ExampleStore
from nlp_apps.text.tokenizer import train_tokenizer
from nlp_apps.text.training_sample import (
    MAX_LINE_CHARACTERS,
    RESERVED,
    sample_examples,
    training_sample,
)
from tests.text.made_up import LINES, VOCABULARY_SIZE


def test_short_lines_are_the_sample() -> None:
    assert training_sample(iter(LINES)) == LINES


@pytest.mark.parametrize("separator", [" ", "  "])
def test_a_long_line_is_split_before_spaces(
    monkeypatch: pytest.MonkeyPatch, separator: str
) -> None:
    monkeypatch.setattr(module, "MAX_LINE_CHARACTERS", 40)
    line = separator.join(LINES[:20])
    parts = training_sample([line])
    assert "".join(parts) == line
    assert max(map(len, parts)) <= 40
    assert all(part.startswith(" ") for part in parts[1:])
    assert {word for part in parts for word in part.split()} == set(line.split())


def test_a_word_that_is_longer_than_a_line_is_split_anywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_LINE_CHARACTERS", 4)
    assert training_sample(["abcdefghij k"]) == ["abcd", "efgh", "ij k"]
    assert training_sample(["abcd"]) == ["abcd"]


def test_a_line_is_split_at_the_character_that_sentencepiece_reserves() -> None:
    assert training_sample([f"a{RESERVED}b", RESERVED, "c"]) == ["a", "b", "c"]


def test_a_text_that_is_too_long_keeps_random_lines_and_every_character() -> None:
    lines = ["abcd", "efgh"] * 50 + ["z"]
    sample = training_sample(lines, 200)
    assert sample == training_sample(lines, 200)
    assert 48 <= len(sample) <= 51
    assert sample.count("abcd") not in (0, 50)
    assert "z" in sample


def test_examples_in_memory_are_not_sampled() -> None:
    pairs = [Pair("ab", "cd")] * 10
    assert sample_examples(pairs, 4) is pairs


def test_a_sample_of_stored_examples_is_random_and_keeps_their_order(tmp_path: Path) -> None:
    store = ExampleStore(Pair._make, lambda: tmp_path, max_bytes=0)
    for number in range(1_000):
        store.add(Pair(f"{number:04}", f"{number:04}"), Location(0, number + 1))
    examples, _ = store.close()
    sample = sample_examples(examples, 800)
    numbers = [int(pair.source) for pair in sample]
    assert 95 <= len(numbers) <= 105
    assert numbers == sorted(set(numbers))
    assert len({b - a for a, b in zip(numbers, numbers[1:], strict=False)}) > 3
    assert sample_examples(examples, 800) == sample


@pytest.mark.parametrize("kind", ["sentencepiece", "characters"])
def test_a_book_in_one_line_trains_the_tokenizer(kind: str) -> None:
    lines = LINES * (MAX_LINE_CHARACTERS // 5_000)
    size = 2_000 if kind == "characters" else VOCABULARY_SIZE
    book = train_tokenizer([" ".join(lines)], kind=kind, vocabulary_size=size)
    assert set(book.vocabulary) == set(
        train_tokenizer(lines, kind=kind, vocabulary_size=size).vocabulary
    )


@pytest.mark.parametrize("kind", ["sentencepiece", "characters"])
def test_the_characters_of_a_long_line_among_short_ones_are_learned(kind: str) -> None:
    long = "ж" * 600_000  # 1.2 MB, without a space
    tokenizer = train_tokenizer([*LINES, long, f"ш{RESERVED}щ"], kind=kind, vocabulary_size=400)
    assert {"ж", "ш", "щ"} <= {*"".join(tokenizer.vocabulary)}
