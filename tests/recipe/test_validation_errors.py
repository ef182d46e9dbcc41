"""Tests of the messages of a wrong recipe: file or --set, key, rule, received value."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.recipe.recipes import TRANSLATION, error_of

Write = Callable[[str], Path]


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("model.unist=3", r"model\.unist is not a key.* model\.units"),
        ("units=3", r"units is not a key.* model\.units"),
        ("model=3", r"model is a section.*'model=3'"),
        ("model.units", r"write section\.key=value.*'model\.units'"),
        ("=3", r"write section\.key=value.*'=3'"),
        ("a.b.c=3", r"a\.b\.c is not a key.* task, name, data, "),
        ("task=sentiment", r"task cannot be set"),
        ("model.units=many", r"model\.units must be an integer, at least 1 .*'many'"),
        ("model.cell=lstn", r"model\.cell must be one of lstm, gru, .*'lstn'.* lstm\?"),
        ("model.units=0", r"model\.units must be at least 1 and at most 8192, received 0\."),
        ("training.batch_tokens=10", r"training\.batch_tokens .*data\.max_length.*received 10\."),
    ],
)
def test_a_wrong_override_is_an_error_of_set(write: Write, override: str, words: str):
    assert re.match(f"--set: {words}", error_of(write(TRANSLATION), override))


def test_a_long_unknown_key_is_truncated(write: Write):
    for section, key in (("", "x"), ("[model]\n", "x")):
        path = write(f"{TRANSLATION}\n{section}{key * 5000} = 1\n")
        assert len(error_of(path)) < 1500
    assert len(error_of(write(TRANSLATION), f"model.{'x' * 5000}=1")) < 1500


@pytest.mark.parametrize(
    ("addition", "words"),
    [
        ("[model]\nunist = 3", r"model\.unist is not a key.* model\.units"),
        ("[modle]\nunits = 3", r"modle is not a key.* model\?"),
        ("[model]\nlearning_rate = 0.1", r"model\.learning_rate .*training\.learning_rate"),
        (
            "[decoding]\nqqqq = 1",
            r"decoding\.qqqq is not a key\. \[decoding\] has beam_size, length_penalty, "
            "coverage_penalty, no_repeat_ngram_size, max_length, batch_size",
        ),
        ('[model]\ncell = "lstn"', r"model\.cell must be one of lstm, .*'lstn'.* lstm\?"),
        ('[model]\nunits = "256"', r"model\.units must be an integer, at least 1 .*'256'"),
        ("[model]\nunits = true", r"model\.units must be an integer, .*received true"),
        ('[model]\nlayer_norm = "true"', r"model\.layer_norm must be true or false, .*'true'"),
        ("[training]\nlearning_rate = -0.5", r"training\.learning_rate must be above 0 .*-0\.5"),
        ("[training]\nlearning_rate = nan", r"training\.learning_rate .*finite.*received nan"),
        (
            '[model]\ncell = "min_gru"\nweight_drop = 0.2',
            r"model\.weight_drop must be 0 with model\.cell 'min_gru', .*received 0\.2",
        ),
        (
            "[model]\nunits = 257",
            r"model\.units must be even with model\.bidirectional.*received 257",
        ),
        (
            '[model]\nattention = "multi_head"\nunits = 256\nnum_heads = 3',
            r"model\.num_heads must divide model\.units \(256\) .*received 3",
        ),
        (
            "[tokenizer]\nvocabulary_size = 100",
            r"tokenizer\.vocabulary_size must be at least 300 .*'sentencepiece'.*received 100",
        ),
        (
            '[tokenizer]\nkind = "characters"\nvocabulary_size = 260',
            r"tokenizer\.vocabulary_size must be at least 261 .*'characters'.*received 260",
        ),
        (
            '[tokenizer]\nkind = "words"\nvocabulary_size = 8',
            r"tokenizer\.vocabulary_size must be at least 261 .*'words'.*received 8",
        ),
        (
            '[tokenizer]\nkind = "characters"\nsubword_regularization = 0.1',
            r"tokenizer\.subword_regularization must be 0 .*'characters'.*received 0\.1",
        ),
        (
            '[model]\nattention = "none"\n[decoding]\ncoverage_penalty = 0.2',
            r"decoding\.coverage_penalty must be 0 .*model\.attention 'none'.*received 0\.2",
        ),
        (
            "[tokenizer]\nshared_vocabulary = false\n[model]\nshare_embeddings = true",
            r"model\.share_embeddings must be false .*tokenizer\.shared_vocabulary = false",
        ),
        (
            '[model]\nshare_embeddings = true\ninit_encoder_from = "a"\ninit_decoder_from = "b"',
            r"model\.share_embeddings .*model\.init_encoder_from and model\.init_decoder_from",
        ),
    ],
)
def test_a_wrong_key_or_value_is_an_error_with_file_key_rule_and_value(
    write: Write, addition: str, words: str
):
    assert re.match(rf"mine\.toml: {words}", error_of(write(TRANSLATION + addition)))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("3", "must be one name, or a list of two files: "),
        ('["one"]', "must be one name, or a list of two files: "),
        ('["a", ""]', "must be one name, or a list of two files: "),
        ('""', "must name a file, two aligned files, or tfds:NAME/CONFIG:SPLIT"),
        ('"tfds:imdb_reviews"', "must be tfds:NAME/CONFIG:SPLIT, such as"),
        ('["tfds:a:b", "c"]', "must be two files if it is a list"),
        ('"split:5%"', "must name text; split: is for validation and test"),
    ],
)
def test_a_wrong_source_of_pairs_is_an_error_with_the_possible_forms(
    write: Write, source: str, words: str
):
    message = error_of(write(TRANSLATION.replace('"pairs.tsv"', source)))
    assert message.startswith(f"mine.toml: data.train {words}")


@pytest.mark.parametrize("size", ["split:0", "split:", "split:-3", "split:ten", "split:5 %"])
def test_a_wrong_size_of_a_split_is_an_error(write: Write, size: str):
    message = error_of(write(TRANSLATION), f"data.test={size}")
    assert "data.test must be split:NUMBER or split:PERCENT%" in message
    assert repr(size) in message


def test_a_missing_section_or_key_is_an_error_with_its_name(write: Write):
    start = 'task = "translation"\n'
    assert re.match(r"mine\.toml: section \[data\] is missing.* train", error_of(write(start)))
    message = error_of(write(start + '[data]\ntest = "a"'))
    assert message.startswith("mine.toml: data.train is missing")


def test_a_number_in_place_of_a_section_is_an_error(write: Write):
    message = error_of(write("model = 3\n" + TRANSLATION), "model.units=3")
    assert re.match(r"mine\.toml: model must be a section .*received 3", message)


def test_an_unknown_key_is_reported_before_a_missing_one(write: Write):
    message = error_of(write('task = "translation"\n[data]\ntrian = "pairs.tsv"'))
    assert re.match(r"mine\.toml: data\.trian is not a key.* data\.train\?", message)


def test_a_recipe_of_another_task_is_an_error_with_both_tasks(write: Write):
    message = error_of(write('task = "sentiment"'))
    assert re.match(r"mine\.toml: task must be 'translation' .*'sentiment'", message)


def test_a_recipe_without_task_is_an_error_with_the_line_to_write(write: Write):
    message = error_of(write('[data]\ntrain = "a"'))
    assert re.match(r'mine\.toml: task is missing.* task = "translation"', message)


def test_a_name_is_no_path(write: Write):
    assert re.match(
        r"--set: name must have only letters, .*'\.\./up'",
        error_of(write(TRANSLATION), "name=../up"),
    )


def test_a_syntax_error_has_file_line_and_column(write: Write):
    message = error_of(write(TRANSLATION + "[model]\nunits 3\n"))
    assert message.startswith("mine.toml, line 5, column 7: not valid TOML: Expected '='")


def test_a_syntax_error_at_the_end_has_a_line_too(write: Write):
    message = error_of(write(TRANSLATION + "[model]\nunits = [3"))
    assert message.startswith("mine.toml, line 5, column 11: not valid TOML: ")


def test_a_repeated_key_has_a_line(write: Write):
    message = error_of(write(TRANSLATION + "train = 'other.tsv'\n"))
    assert message.startswith("mine.toml, line 4, column ")


def test_bytes_that_are_not_utf_8_have_a_line(tmp_path: Path):
    path = tmp_path / "latin.toml"
    path.write_bytes(b'task = "translation"\n# caf\xe9\n')
    assert re.match(r"latin\.toml, line 2: not UTF-8 \(byte 0xe9\)", error_of(path))


def test_a_missing_recipe_and_a_folder_are_errors(tmp_path: Path):
    assert error_of(tmp_path / "none.toml").startswith("none.toml: no such recipe")
    folder = tmp_path / "folder"
    folder.mkdir()
    assert error_of(folder).startswith("folder: a folder, not a file")
