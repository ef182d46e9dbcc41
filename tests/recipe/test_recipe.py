"""Tests of nlp_apps.recipe.load, nlp_apps.recipe_keys and nlp_apps.recipe.validation_errors."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from nlp_apps.errors import UsageError
from nlp_apps.recipe.load import (
    AnyRecipe,
    GenerationRecipe,
    SentimentRecipe,
    TranslationRecipe,
    dump,
    load,
    load_from_run,
    table,
)
from nlp_apps.recipe.renamed_keys import RENAMED
from nlp_apps.recipe.schema import RECIPES
from nlp_apps.recipe.validation_errors import sections

ROOT = Path(__file__).parents[2]
SMALLEST = 'task = "translation"\n[data]\ntrain = "pairs.tsv"\n'

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_recipe(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_recipe


def read(path: Path, *overrides: str) -> TranslationRecipe:
    return load(path, overrides, task="translation")


def complaint(path: Path, *overrides: str) -> str:
    """What the user reads, without the folder of the test."""
    with pytest.raises(UsageError) as caught:
        read(path, *overrides)
    message = str(caught.value)
    assert message.count("\n") <= 1
    return message.replace(f"{path.parent}/", "")


# ---- reading


def test_three_lines_are_a_recipe_and_every_other_key_has_a_default(write: Write):
    recipe = read(write(SMALLEST))
    assert recipe.data.train == "pairs.tsv"
    assert recipe.model.cell == "lstm"
    assert recipe.training.learning_rate == 0.003
    assert recipe.decoding.beam_size == 5


def test_the_name_is_the_file_name_unless_the_recipe_says_another(write: Write):
    assert read(write(SMALLEST)).name == "mine"
    assert read(write('name = "other"\n' + SMALLEST)).name == "other"


def test_a_file_name_with_spaces_still_gives_a_name(tmp_path: Path):
    path = tmp_path / "my own recipe.toml"
    path.write_text(SMALLEST)
    assert read(path).name == "my-own-recipe"


def test_a_file_name_without_a_letter_of_ascii_gives_no_name(tmp_path: Path):
    path = tmp_path / "日本語.toml"
    path.write_text(SMALLEST)
    with pytest.raises(UsageError) as error:
        read(path)
    assert str(error.value) == (
        f"{path}: the file's name gives the model none. "
        'Write name = "..." above the first section.'
    )
    path.write_text('name = "japanese"\n' + SMALLEST)
    assert read(path).name == "japanese"


def test_two_aligned_files_are_a_pair(write: Write):
    recipe = read(write(SMALLEST.replace('"pairs.tsv"', '["a.en.gz", "a.de.gz"]')))
    assert recipe.data.train == ("a.en.gz", "a.de.gz")


def test_a_whole_number_will_do_where_a_number_is_wanted(write: Write):
    rate = read(write(SMALLEST + "[training]\nlearning_rate = 1\n")).training.learning_rate
    assert rate == 1.0
    assert isinstance(rate, float)


def test_a_recipe_cannot_be_changed(write: Write):
    recipe = read(write(SMALLEST))
    with pytest.raises(ValidationError, match="frozen"):
        recipe.model.units = 3  # type: ignore[misc]


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path):
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode())
    assert read(path).data.train == "pairs.tsv"


# ---- writing


def test_what_is_dumped_is_read_back_the_same(write: Write):
    recipe = read(
        write(SMALLEST),
        'data.test=["a.en", "a.de"]',
        "model.dropout=0.25",
        "training.clip_norm=1e5",
        "name=again",
    )
    text = dump(recipe)
    assert tomllib.loads(text)["data"]["test"] == ["a.en", "a.de"]
    assert read(write(text)).model_dump() == recipe.model_dump()


def test_the_dump_holds_every_key(write: Write):
    dumped = tomllib.loads(dump(read(write(SMALLEST))))
    for section, values in dumped.items():
        field = TranslationRecipe.model_fields[section].annotation
        if isinstance(values, dict):
            assert field is not None
            assert set(values) == set(field.model_fields)
    assert set(dumped) == set(TranslationRecipe.model_fields)


# ---- --set


def test_set_replaces_a_key_and_the_last_one_wins(write: Write):
    recipe = read(write(SMALLEST), "model.units=64", "model.units=32", "training.jit_compile=false")
    assert recipe.model.units == 32
    assert recipe.training.jit_compile is False


def test_set_takes_plain_words_as_text(write: Write):
    recipe = read(write(SMALLEST), "model.cell=gru", "data.test=my data/test = 1.tsv")
    assert recipe.model.cell == "gru"
    assert recipe.data.test == "my data/test = 1.tsv"


def test_set_takes_a_quoted_text_and_a_date_as_text(write: Write):
    assert read(write(SMALLEST), "model.cell='gru'").model.cell == "gru"
    assert read(write(SMALLEST), "name=2026-01-31").name == "2026-01-31"


def test_set_replaces_a_list_whole(write: Write):
    path = write(SMALLEST.replace('"pairs.tsv"', '["a.en", "a.de"]'))
    assert read(path, "data.train=b.tsv").data.train == "b.tsv"


def test_set_can_open_a_section_that_the_file_has_not(write: Write):
    assert read(write(SMALLEST), "decoding.beam_size=1").decoding.beam_size == 1


def test_paths_from_set_are_remembered_and_those_of_the_file_are_not(write: Write):
    recipe = read(
        write(SMALLEST),
        'data.validation=["v.en", "v.de"]',
        "data.test=split:10",
        "data.tfds_dir=sets",
    )
    assert recipe.overridden_sources == {"v.en", "v.de", "sets"}
    assert read(write(SMALLEST)).overridden_sources == frozenset()


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("model.unist=3", "--set: model.unist is not a key. Did you mean model.units?"),
        ("units=3", "--set: units is not a key. Did you mean model.units?"),
        ("model=3", "--set: model is a section; write model.key=value, received 'model=3'."),
        ("model.units", "--set: write section.key=value, received 'model.units'."),
        ("=3", "--set: write section.key=value, received '=3'."),
        ("a.b.c=3", "--set: a.b.c is not a key. A recipe has task, name, data, "),
        ("task=sentiment", "--set: task cannot be set"),
        ("model.units=many", "--set: model.units must be a whole number, at least 1 and at most "),
        ("model.cell=lstn", "--set: model.cell: unknown cell 'lstn', one of lstm, gru, "),
        ("model.units=0", "--set: model.units must be at least 1 and at most 8192, received 0."),
        ("training.batch_tokens=10", "--set: training.batch_tokens must be at least data.max_len"),
    ],
)
def test_a_wrong_set_is_named_as_such(write: Write, override: str, words: str):
    assert complaint(write(SMALLEST), override).startswith(words)


# ---- wrong files


@pytest.mark.parametrize(
    ("addition", "words"),
    [
        ("[model]\nunist = 3", "mine.toml: model.unist is not a key. Did you mean model.units?"),
        ("[modle]\nunits = 3", "mine.toml: modle is not a key. Did you mean model?"),
        (
            "[model]\nlearning_rate = 0.1",
            "mine.toml: model.learning_rate is not a key. Did you mean training.learning_rate?",
        ),
        (
            "[decoding]\nqqqq = 1",
            "mine.toml: decoding.qqqq is not a key. [decoding] has beam_size, length_penalty, "
            "coverage_penalty, no_repeat_ngram_size, max_length, batch_size.",
        ),
        (
            '[model]\ncell = "lstn"',
            "mine.toml: model.cell: unknown cell 'lstn', one of lstm, gru, rnn, peephole, cifg. "
            "Did you mean lstm?",
        ),
        (
            '[model]\nunits = "256"',
            "mine.toml: model.units must be a whole number, at least 1 and at most 8192, received "
            "'256'.",
        ),
        (
            "[model]\nunits = true",
            "mine.toml: model.units must be a whole number, at least 1 and at most 8192, received "
            "true.",
        ),
        (
            '[model]\nlayer_norm = "true"',
            "mine.toml: model.layer_norm must be true or false, without quotes, received 'true'.",
        ),
        (
            "[training]\nlearning_rate = -0.5",
            "mine.toml: training.learning_rate must be above 0 and at most 1, received -0.5.",
        ),
        (
            "[training]\nlearning_rate = nan",
            "mine.toml: training.learning_rate must be a finite number, above 0 and at most 1, "
            "received nan.",
        ),
        (
            '[model]\nattention = "multi_head"\nunits = 256\nnum_heads = 3',
            "mine.toml: model.num_heads must divide model.units (256) with attention "
            "'multi_head', received 3.",
        ),
        (
            "[tokenizer]\nvocabulary_size = 100",
            "mine.toml: tokenizer.vocabulary_size must be at least 300 with kind 'sentencepiece' "
            "(256 bytes, special ids, letters), received 100.",
        ),
        (
            '[tokenizer]\nkind = "characters"\nvocabulary_size = 260',
            "mine.toml: tokenizer.vocabulary_size must be at least 261 with kind 'characters' "
            "(256 bytes, 4 special ids, a piece), received 260.",
        ),
        (
            '[tokenizer]\nkind = "words"\nvocabulary_size = 8',
            "mine.toml: tokenizer.vocabulary_size must be at least 261 with kind 'words' "
            "(256 bytes, 4 special ids, a piece), received 8.",
        ),
        (
            '[tokenizer]\nkind = "characters"\nsubword_regularization = 0.1',
            "mine.toml: tokenizer.subword_regularization must be 0 with kind 'characters': a "
            "text has only one segmentation into characters, received 0.1.",
        ),
        (
            '[model]\nattention = "none"\n[decoding]\ncoverage_penalty = 0.2',
            "mine.toml: decoding.coverage_penalty must be 0 where model.attention is 'none': there "
            "are no weights to tell what was covered.",
        ),
        (
            "[tokenizer]\nshared_vocabulary = false\n[model]\nshare_embeddings = true",
            "mine.toml: model.share_embeddings must be false where tokenizer.shared_vocabulary "
            "is: there is no one vocabulary to embed.",
        ),
        (
            '[model]\nshare_embeddings = true\ninit_encoder_from = "a"\ninit_decoder_from = "b"',
            "mine.toml: model.share_embeddings must be false with both model.init_encoder_from and "
            "model.init_decoder_from: the one table cannot begin as two.",
        ),
    ],
)
def test_a_wrong_key_or_value_is_told_with_file_key_rule_and_value(
    write: Write, addition: str, words: str
):
    assert complaint(write(SMALLEST + addition)) == words


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("3", "data.train must be one text, or a list of two: "),
        ('["one"]', "data.train must be one text, or a list of two: "),
        ('["a", ""]', "data.train must be one text, or a list of two: "),
        ('""', "data.train must name a file, two aligned files, or tfds:NAME/CONFIG:SPLIT"),
        ('"tfds:imdb_reviews"', "data.train must be tfds:NAME/CONFIG:SPLIT, for instance"),
        ('["tfds:a:b", "c"]', "data.train must be two files when it is a list"),
        ('"split:5%"', "data.train must name text; split: is for validation and test."),
    ],
)
def test_a_source_that_is_none_is_told_what_a_source_is(write: Write, source: str, words: str):
    message = complaint(write(SMALLEST.replace('"pairs.tsv"', source)))
    assert message.startswith(f"mine.toml: {words}")


@pytest.mark.parametrize("size", ["split:0", "split:", "split:-3", "split:ten", "split:5 %"])
def test_a_wrong_split_size_is_an_error(write: Write, size: str):
    message = complaint(write(SMALLEST), f"data.test={size}")
    assert "must be split:NUMBER or split:PERCENT%" in message
    assert repr(size) in message


def test_a_recipe_without_data_is_told_what_is_missing(write: Write):
    start = 'task = "translation"\n'
    message = complaint(write(start))
    assert message == "mine.toml: section [data] is missing; it needs at least train."
    message = complaint(write(start + '[data]\ntest = "a"'))
    assert message == "mine.toml: data.train is missing, and it has no default."


def test_a_section_that_is_a_number_is_an_error(write: Write):
    message = complaint(write("model = 3\n" + SMALLEST), "model.units=3")
    assert message == (
        "mine.toml: model must be a section, [model] with keys below it, received 3."
    )


def test_a_misspelt_key_is_told_before_what_it_left_missing(write: Write):
    message = complaint(write('task = "translation"\n[data]\ntrian = "pairs.tsv"'))
    assert message == "mine.toml: data.trian is not a key. Did you mean data.train?"


def test_a_recipe_of_another_task_names_both(write: Write):
    message = complaint(write('task = "sentiment"'))
    assert message == "mine.toml: task is 'sentiment', but this is the app translation."


def test_a_recipe_without_task_is_told_the_line_to_write(write: Write):
    message = complaint(write('[data]\ntrain = "a"'))
    assert (
        message == 'mine.toml: task is missing. Write task = "translation" at the top of the file.'
    )


def test_a_name_may_not_leave_its_folder(write: Write):
    assert complaint(write(SMALLEST), "name=../up").startswith("--set: name must be letters, ")


def test_a_syntax_error_has_file_line_and_column(write: Write):
    message = complaint(write(SMALLEST + "[model]\nunits 3\n"))
    assert message.startswith("mine.toml, line 5, column 7: not valid TOML: Expected '='")


def test_a_syntax_error_at_the_end_has_a_line_too(write: Write):
    message = complaint(write(SMALLEST + "[model]\nunits = [3"))
    assert message.startswith("mine.toml, line 5, column 11: not valid TOML: ")


def test_a_key_given_twice_has_a_line(write: Write):
    message = complaint(write(SMALLEST + "train = 'other.tsv'\n"))
    assert message.startswith("mine.toml, line 4, column ")


def test_bytes_that_are_not_utf8_have_a_line(tmp_path: Path):
    path = tmp_path / "latin.toml"
    path.write_bytes(b'task = "translation"\n# caf\xe9\n')
    assert complaint(path) == "latin.toml, line 2: is not UTF-8 (byte 0xe9). Save it as UTF-8."


def test_a_recipe_that_is_not_there_or_is_a_folder_is_an_error(tmp_path: Path):
    assert complaint(tmp_path / "none.toml") == "none.toml: there is no such recipe."
    folder = tmp_path / "folder"
    folder.mkdir()
    assert complaint(folder) == "folder: is a folder; a recipe is a .toml file."


# ---- sentiment and generation

SENTIMENT = 'task = "sentiment"\n[data]\ntrain = "reviews.tsv"\n'
GENERATION = 'task = "generation"\n[data]\ntrain = "book.txt"\n'


def read_sentiment(path: Path, *overrides: str) -> SentimentRecipe:
    return load(path, overrides, task="sentiment")


def read_generation(path: Path, *overrides: str) -> GenerationRecipe:
    return load(path, overrides, task="generation")


def refusal(path: Path, task: str, *overrides: str) -> str:
    """As `complaint`, for any task."""
    with pytest.raises(UsageError) as caught:
        load(path, overrides, task=task)
    return str(caught.value).replace(f"{path.parent}/", "")


def test_three_lines_are_a_recipe_of_every_task(write: Write):
    sentiment = read_sentiment(write(SENTIMENT))
    assert sentiment.data.truncation == "both"
    assert sentiment.model.attention == "additive"
    assert sentiment.training.monitor == "accuracy"
    generation = read_generation(write(GENERATION))
    assert generation.data.validation == "split:5%"
    assert (generation.model.bidirectional, generation.model.attention) == (False, "none")
    assert generation.training.monitor == "loss"


@pytest.mark.parametrize("text", [SENTIMENT, GENERATION])
def test_what_is_dumped_of_every_task_is_read_back_the_same(write: Write, text: str):
    task = tomllib.loads(text)["task"]
    overrides = ['data.train=["a.csv", "b.jsonl"]', "data.text_column=3", "data.test=c.csv"]
    recipe: AnyRecipe = load(write(text), overrides, task=task)
    dumped = dump(recipe)
    assert tomllib.loads(dumped)["data"]["train"] == ["a.csv", "b.jsonl"]
    assert load(write(dumped), task=task).model_dump() == recipe.model_dump()


def test_columns_are_named_or_numbered(write: Write):
    recipe = read_sentiment(write(SENTIMENT + 'label_column = "stars"\ntext_column = 4\n'))
    assert (recipe.data.label_column, recipe.data.text_column) == ("stars", 4)
    assert read_generation(write(GENERATION)).data.text_column == ""


def test_set_takes_a_column_by_name_and_by_number(write: Write):
    recipe = read_sentiment(
        write(SENTIMENT), "data.label_column=1", "data.text_column=review", "data.on_bad_line=skip"
    )
    assert (recipe.data.label_column, recipe.data.text_column) == (1, "review")
    assert read_generation(write(GENERATION), "data.text_column='2'").data.text_column == "2"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("0", "must be a column's number from 1 to 10000, received 0."),
        ("-1", "must be a column's number from 1 to 10000, received -1."),
        ("10001", "must be a column's number from 1 to 10000, received 10001."),
        ("true", "must be a column's name in quotes or its number, counted from 1, received true."),
        ("1.0", "must be a column's name in quotes or its number, counted from 1, received 1.0."),
        ("[1]", "must be a column's name in quotes or its number, counted from 1, received [1]."),
    ],
)
def test_a_column_that_is_none_is_told_what_a_column_is(write: Write, value: str, words: str):
    for key in ("label_column", "text_column"):
        message = refusal(write(SENTIMENT + f"{key} = {value}\n"), "sentiment")
        assert message == f"mine.toml: data.{key} {words}"
    message = refusal(write(GENERATION), "generation", f"data.text_column={value}")
    assert message == f"--set: data.text_column {words}"


def test_a_recipe_can_do_without_a_test_text(write: Write):
    recipe = read_generation(write(GENERATION), "data.test=none")
    assert recipe.data.test == "none"
    assert load(write(dump(recipe)), task="generation").model_dump() == recipe.model_dump()
    assert recipe.overridden_sources == frozenset()


def test_a_recipe_cannot_do_without_a_validation_text(write: Write):
    with pytest.raises(UsageError) as caught:
        read_generation(write(GENERATION), "data.validation=none")
    assert str(caught.value) == (
        '--set: data.validation must be "split:5%" or another share of train, or name a file: only '
        "data.test may be \"none\", received 'none'."
    )


@pytest.mark.parametrize(
    ("text", "share"), [(SENTIMENT, "split:10%"), (SMALLEST, "split:5%")], ids=["sentiment", "pair"]
)
@pytest.mark.parametrize("key", ["data.validation", "data.test"])
def test_only_a_language_model_can_do_without_a_test_text(
    write: Write, text: str, share: str, key: str
):
    message = refusal(write(text), tomllib.loads(text)["task"], f"{key}=none")
    why = {
        "data.validation": "the weights are picked by it",
        "data.test": "only generation can do without",
    }[key]
    assert message == (
        f'--set: {key} must be "{share}" or another share of train, or name a file: {why}, '
        "received 'none'."
    )


def test_a_text_is_never_judged_by_fewer_tokens_than_it_may_be_trained_on(write: Write):
    path = write(SENTIMENT)
    for length in (0, 8):
        assert read_sentiment(path, f"decoding.max_length={length}").decoding.max_length == length
    for length in (1, 7):
        with pytest.raises(UsageError) as caught:
            read_sentiment(path, f"decoding.max_length={length}")
        assert str(caught.value) == (
            f"--set: decoding.max_length must be 0 or at least 8, received {length}."
        )
    with pytest.raises(UsageError, match=r"data\.max_length must be at least 8 and"):
        read_sentiment(path, "data.max_length=7")


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
        ('["a", "split:5%"]', "must be files when it is a list; split: stands alone, received"),
        ('["a", "tfds:imdb"]', "must be tfds:NAME/CONFIG:SPLIT, for instance tfds:imdb_reviews:tr"),
        ('"split:5%"', "must name text; split: is for validation and test."),
        ('["split:5%"]', "must be files when it is a list; split: stands alone, received"),
    ],
)
def test_a_source_of_texts_that_is_none_is_told_what_a_source_is(
    write: Write, value: str, words: str
):
    message = refusal(write(SENTIMENT.replace('"reviews.tsv"', value)), "sentiment")
    assert message.startswith(f"mine.toml: data.train {words}")


def test_a_language_model_reads_in_one_direction(write: Write):
    message = refusal(write(GENERATION + "[model]\nbidirectional = true\n"), "generation")
    assert message == (
        "mine.toml: model.bidirectional must be false: a language model reads in one direction, "
        "received true."
    )


def test_a_language_model_looks_at_no_other_text(write: Write):
    message = refusal(write(GENERATION), "generation", "model.attention=dot")
    assert message == "--set: model.attention: unknown attention 'dot', one of none."


def test_a_batch_of_a_language_model_holds_a_sequence(write: Write):
    path = write(GENERATION)
    both = ["training.sequence_length=64", "training.batch_tokens=63"]
    assert refusal(path, "generation", *both) == (
        "--set: training.batch_tokens must be at least training.sequence_length (64), received 63."
    )
    recipe = read_generation(path, "training.sequence_length=64", "training.batch_tokens=64")
    assert recipe.training.batch_tokens == 64


def test_a_batch_of_a_classifier_holds_the_longest_text(write: Write):
    message = refusal(write(SENTIMENT), "sentiment", "training.batch_tokens=100")
    assert message == (
        "--set: training.batch_tokens must be at least data.max_length (256), so that a batch "
        "holds the longest example, received 100."
    )


def test_a_label_is_not_searched_for(write: Write):
    assert read_sentiment(write(SENTIMENT), "decoding.beam_size=1").decoding.beam_size == 1
    message = refusal(write(SENTIMENT), "sentiment", "decoding.beam_size=2")
    assert message == "--set: decoding.beam_size: unknown beam size 2, one of 1."


@pytest.mark.parametrize(
    ("task", "key"),
    [
        ("sentiment", "tokenizer.shared_vocabulary"),
        ("sentiment", "model.tie_embeddings"),
        ("sentiment", "decoding.temperature"),
        ("sentiment", "training.sequence_length"),
        ("generation", "tokenizer.subword_regularization"),
        ("generation", "training.label_smoothing"),
        ("generation", "data.label_column"),
        ("generation", "data.max_length"),
    ],
)
def test_a_key_of_another_task_is_not_a_key(write: Write, task: str, key: str):
    text = SENTIMENT if task == "sentiment" else GENERATION
    assert refusal(write(text), task, f"{key}=1").startswith(f"--set: {key} is not a key.")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("temperature", "0", "must be above 0 and at most 10, received 0."),
        ("top_k", "-1", "must be at least 0 and at most 256000, received -1."),
        ("top_p", "1.5", "must be above 0 and at most 1, received 1.5."),
        ("repetition_penalty", "0.5", "must be at least 1 and at most 10, received 0.5."),
        ("max_tokens", "0", "must be at least 1 and at most 1000000, received 0."),
    ],
)
def test_a_wrong_way_to_draw_is_told_with_its_rule(write: Write, key: str, value: str, words: str):
    message = refusal(write(GENERATION), "generation", f"decoding.{key}={value}")
    assert message == f"--set: decoding.{key} {words}"


# ---- what ships


@pytest.mark.parametrize("path", sorted((ROOT / "models").glob("*.toml")), ids=lambda p: p.stem)
def test_every_shipped_recipe_is_valid_and_named_after_its_file(path: Path):
    recipe = load(path, task=tomllib.loads(path.read_text("utf-8"))["task"])
    assert recipe.name == path.stem
    assert recipe.task == path.stem.split("-")[0]


@pytest.mark.parametrize("path", sorted((ROOT / "models").glob("*.toml")), ids=lambda p: p.stem)
def test_a_shipped_recipe_says_nothing_that_is_the_default_and_gives_its_reasons(path: Path):
    settings = tomllib.loads(path.read_text("utf-8"))
    kind = RECIPES[settings["task"]]
    for section, values in settings.items():
        if section in ("task", "data"):
            continue
        owner = kind.model_fields[section].annotation
        assert owner is not None
        for key, value in values.items():
            assert owner.model_fields[key].default != value, f"{section}.{key} is the default"
            line = next(
                line
                for line in path.read_text("utf-8").splitlines()
                if line.startswith(f"{key} = ")
            )
            assert "#" in line, f"{section}.{key} has no reason"


def test_the_list_of_keys_in_the_readme_is_true():
    readme = (ROOT / "models" / "README.md").read_text(encoding="utf-8")
    assert table() in readme, "run: python -m nlp_apps.recipe.load, and put what it prints there"


@pytest.mark.parametrize("kind", RECIPES.values())
def test_every_key_has_a_reason(kind: type[AnyRecipe]):
    for field in kind.model_fields.values():
        for key, inner in getattr(field.annotation, "model_fields", {}).items():
            assert inner.description, key


def test_a_key_of_version_0_1_is_an_error_that_names_the_new_one(tmp_path: Path) -> None:
    shipped = {path.name.split("-")[0]: path.name for path in (ROOT / "models").glob("*.toml")}
    for task, kind in RECIPES.items():
        for section, names in RENAMED.items():
            for old, new in names.items():
                wanted = "init_from" if task == "generation" and old == "start_from" else new
                if wanted not in sections(kind)[section].model_fields:
                    continue
                path = tmp_path / "old.toml"
                path.write_text(f'task = "{task}"\n[data]\ntrain = "a"\n[{section}]\n{old} = 1\n')
                if section == "data":
                    path.write_text(f'task = "{task}"\n[data]\ntrain = "a"\n{old} = 1\n')
                with pytest.raises(UsageError, match=f"{section}.{old} .*{section}.{wanted} "):
                    load(path, task=task)
                with pytest.raises(
                    UsageError, match=f"--set: {section}.{old} .*{section}.{wanted} "
                ):
                    load(ROOT / "models" / shipped[task], [f"{section}.{old}=1"], task=task)


def test_the_recipe_of_a_0_1_run_folder_is_read_under_the_new_names(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    old = "[training]\nema = 0.5\nxla = false\n[tokenizer]\nshared = false\n"
    path.write_text(f'task = "translation"\nname = "old"\n[data]\ntrain = "a.tsv"\n{old}')
    recipe = load_from_run(path, task="translation")
    assert recipe.training.ema_decay == 0.5
    assert recipe.training.jit_compile is False
    assert load_from_run(path, task="translation") == recipe
