"""Tests of the sections of recipes of sentiment and generation."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from nlp_apps.errors import UsageError
from nlp_apps.recipe.load import GenerationRecipe, SentimentRecipe, dump, load
from tests.recipe.recipes import GENERATION, SENTIMENT, TRANSLATION, error_of

Write = Callable[[str], Path]


def read_sentiment(path: Path, *overrides: str) -> SentimentRecipe:
    return load(path, overrides, task="sentiment")


def read_generation(path: Path, *overrides: str) -> GenerationRecipe:
    return load(path, overrides, task="generation")


def test_three_lines_are_a_recipe_of_every_task(write: Write):
    sentiment = read_sentiment(write(SENTIMENT))
    assert sentiment.data.truncation == "both"
    assert sentiment.model.attention == "additive"
    assert sentiment.training.monitor == "accuracy"
    generation = read_generation(write(GENERATION))
    assert generation.data.validation == "split:5% max 1000000"
    assert (generation.model.bidirectional, generation.model.attention) == (False, "none")
    assert generation.training.monitor == "loss"


# Columns


def test_columns_have_names_or_numbers(write: Write):
    recipe = read_sentiment(write(SENTIMENT + 'label_column = "stars"\ntext_column = 4\n'))
    assert (recipe.data.label_column, recipe.data.text_column) == ("stars", 4)
    assert read_generation(write(GENERATION)).data.text_column == ""


def test_set_reads_a_column_by_name_and_by_number(write: Write):
    recipe = read_sentiment(
        write(SENTIMENT), "data.label_column=1", "data.text_column=review", "data.on_bad_line=skip"
    )
    assert (recipe.data.label_column, recipe.data.text_column) == (1, "review")
    assert read_generation(write(GENERATION), "data.text_column='2'").data.text_column == "2"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("0", "number from 1 to 10000"),
        ("-1", "number from 1 to 10000"),
        ("10001", "number from 1 to 10000"),
        ("true", "name in quotes or its number"),
        ("1.0", "name in quotes or its number"),
        ("[1]", "name in quotes or its number"),
    ],
)
def test_a_wrong_column_is_an_error_with_the_possible_forms(write: Write, value: str, words: str):
    rule = f"must be .*{words}.*received {re.escape(value)}"
    for key in ("label_column", "text_column"):
        message = error_of(write(SENTIMENT + f"{key} = {value}\n"), task="sentiment")
        assert re.match(rf"mine\.toml: data\.{key} {rule}", message)
    message = error_of(write(GENERATION), f"data.text_column={value}", task="generation")
    assert re.match(rf"--set: data\.text_column {rule}", message)


# Splits


@pytest.mark.parametrize("value", ["utf-9", "base64", "punycode", "", "unicode_escape"])
def test_an_unknown_encoding_is_an_error(write: Write, value: str):
    path = write(SENTIMENT)
    message = error_of(path, f'data.encoding="{value}"', task="sentiment")
    assert message.startswith("--set: data.encoding must be a text encoding that Python knows")


@pytest.mark.parametrize("value", ["utf-8", "cp1252", "UTF-16", "latin-1", "shift_jis", "koi8-r"])
def test_a_known_encoding_is_read(write: Write, value: str):
    assert (
        load(write(SENTIMENT), [f"data.encoding={value}"], task="sentiment").data.encoding == value
    )


def test_a_translator_has_columns(write: Write):
    overrides = ["data.source_column=en", "data.target_column=3"]
    data = load(write(TRANSLATION), overrides, task="translation").data
    assert (data.source_column, data.target_column) == ("en", 3)


def test_a_language_model_needs_no_test_text(write: Write):
    recipe = read_generation(write(GENERATION), "data.test=none")
    assert recipe.data.test == "none"
    assert load(write(dump(recipe)), task="generation").model_dump() == recipe.model_dump()
    assert recipe.overridden_sources == frozenset()


@pytest.mark.parametrize(
    ("text", "share", "keys"),
    [
        (GENERATION, "split:5%", ["data.validation"]),
        (SENTIMENT, "split:10% max 10000", ["data.validation", "data.test"]),
        (TRANSLATION, "split:5% max 5000", ["data.validation", "data.test"]),
    ],
    ids=["generation", "sentiment", "translation"],
)
def test_every_other_split_needs_text(write: Write, text: str, share: str, keys: list[str]):
    for key in keys:
        message = error_of(write(text), f"{key}=none", task=tomllib.loads(text)["task"])
        assert re.match(rf'--set: {key} must be "{share}" .*received \'none\'', message)


def test_texts_can_be_several_files_and_a_list_of_one_is_a_list(write: Write):
    path = write(GENERATION.replace('"book.txt"', '["a.txt", "b.txt.gz", "tfds:lm1b:train"]'))
    assert read_generation(path).data.train == ("a.txt", "b.txt.gz", "tfds:lm1b:train")
    assert read_generation(path, 'data.train=["a.txt"]').data.train == ("a.txt",)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("[]", "must name a file, or a list of files: "),
        ('""', "must name a file, or a list of files: "),
        ('["a", " "]', "must name a file, or a list of files: "),
        ("3", "must name a file, or a list of files: "),
        ('["a", "split:5%"]', "must be files if it is a list, without split:"),
        ('["a", "tfds:imdb"]', "must be tfds:NAME/CONFIG:SPLIT, such as tfds:imdb_reviews:train"),
        ('"split:5%"', "must name text; split: is for validation and test"),
        ('["split:5%"]', "must be files if it is a list, without split:"),
    ],
)
def test_a_wrong_source_of_texts_is_an_error_with_the_possible_forms(
    write: Write, value: str, words: str
):
    message = error_of(write(SENTIMENT.replace('"reviews.tsv"', value)), task="sentiment")
    assert message.startswith(f"mine.toml: data.train {words}")


# Rules


def test_a_classifier_reads_at_least_8_tokens(write: Write):
    path = write(SENTIMENT)
    for length in (0, 8):
        assert read_sentiment(path, f"decoding.max_length={length}").decoding.max_length == length
    for length in (1, 7):
        words = rf"--set: decoding\.max_length must be 0 or at least 8, received {length}"
        with pytest.raises(UsageError, match=words):
            read_sentiment(path, f"decoding.max_length={length}")
    with pytest.raises(UsageError, match=r"data\.max_length must be at least 8 and"):
        read_sentiment(path, "data.max_length=7")


def test_a_language_model_has_one_direction(write: Write):
    path = write(GENERATION + "[model]\nbidirectional = true\n")
    message = error_of(path, task="generation")
    assert re.match(r"mine\.toml: model\.bidirectional must be false.*received true", message)


def test_a_language_model_has_no_attention(write: Write):
    message = error_of(write(GENERATION), "model.attention=dot", task="generation")
    assert message.startswith("--set: model.attention must be none, received 'dot'")


def test_a_batch_of_a_language_model_holds_a_sequence(write: Write):
    path = write(GENERATION)
    both = ["training.sequence_length=64", "training.batch_tokens=63"]
    assert re.match(
        r"--set: training\.batch_tokens .*training\.sequence_length \(64\), received 63",
        error_of(path, *both, task="generation"),
    )
    recipe = read_generation(path, "training.sequence_length=64", "training.batch_tokens=64")
    assert recipe.training.batch_tokens == 64


def test_a_batch_of_a_classifier_holds_the_longest_text(write: Write):
    message = error_of(write(SENTIMENT), "training.batch_tokens=100", task="sentiment")
    words = r"--set: training\.batch_tokens .*data\.max_length \(256\).*received 100"
    assert re.match(words, message)


def test_a_label_needs_no_beam(write: Write):
    assert read_sentiment(write(SENTIMENT), "decoding.beam_size=1").decoding.beam_size == 1
    message = error_of(write(SENTIMENT), "decoding.beam_size=2", task="sentiment")
    assert message.startswith("--set: decoding.beam_size must be 1, received 2")


@pytest.mark.parametrize(
    ("task", "key"),
    [
        ("sentiment", "tokenizer.shared_vocabulary"),
        ("sentiment", "model.tie_embeddings"),
        ("sentiment", "decoding.temperature"),
        ("sentiment", "training.sequence_length"),
        ("generation", "tokenizer.subword_regularization"),
        ("generation", "tokenizer.lowercase"),
        ("generation", "training.label_smoothing"),
        ("generation", "data.label_column"),
        ("generation", "data.max_length"),
    ],
)
def test_a_key_of_another_task_is_not_a_key(write: Write, task: str, key: str):
    text = SENTIMENT if task == "sentiment" else GENERATION
    message = error_of(write(text), f"{key}=1", task=task)
    assert message.startswith(f"--set: {key} is not a key")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("temperature", "0", "above 0 and at most 100"),
        ("top_k", "-1", "at least 0 and at most 1000000000"),
        ("top_p", "1.5", "above 0 and at most 1"),
        ("repetition_penalty", "0.5", "at least 1 and at most 100"),
        ("max_tokens", "0", "at least 1 and at most 1000000"),
    ],
)
def test_a_wrong_sampling_parameter_is_an_error_with_its_range(
    write: Write, key: str, value: str, words: str
):
    message = error_of(write(GENERATION), f"decoding.{key}={value}", task="generation")
    assert message == f"--set: decoding.{key} must be {words}, received {value}."
