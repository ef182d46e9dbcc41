"""Tests of nlp_apps.recipe.load and nlp_apps.recipe.renamed_keys."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from nlp_apps.errors import UsageError
from nlp_apps.recipe.load import AnyRecipe, TranslationRecipe, dump, from_dict, load, load_from_run
from nlp_apps.recipe.renamed_keys import RENAMED
from nlp_apps.recipe.schema import RECIPES
from nlp_apps.recipe.validation_errors import sections
from nlp_apps.tasks.resume import resumed_recipe
from nlp_apps.text.corpora import read_sentiment
from nlp_apps.text.corpus import LabelledText
from nlp_apps.text.hold_out import hold_out
from nlp_apps.training.run_folder import RunFolder
from tests.recipe.recipes import GENERATION, ROOT, SENTIMENT, TRANSLATION, error_of

Write = Callable[[str], Path]


def read(path: Path, *overrides: str) -> TranslationRecipe:
    return load(path, overrides, task="translation")


# Files


def test_three_lines_are_a_recipe_and_every_other_key_has_a_default(write: Write):
    recipe = read(write(TRANSLATION))
    assert recipe.data.train == "pairs.tsv"
    assert recipe.model.cell == "lstm"
    assert recipe.training.learning_rate == 0.003
    assert recipe.decoding.beam_size == 5


def test_the_default_name_is_the_file_name(write: Write):
    assert read(write(TRANSLATION)).name == "mine"
    assert read(write('name = "other"\n' + TRANSLATION)).name == "other"


def test_spaces_of_a_file_name_become_dashes(tmp_path: Path):
    path = tmp_path / "my own recipe.toml"
    path.write_text(TRANSLATION)
    assert read(path).name == "my-own-recipe"


def test_a_file_name_without_an_ascii_letter_needs_a_name_in_the_recipe(tmp_path: Path):
    path = tmp_path / "日本語.toml"
    path.write_text(TRANSLATION)
    assert re.match(r"日本語\.toml: the file name .* name = ", error_of(path))
    path.write_text('name = "japanese"\n' + TRANSLATION)
    assert read(path).name == "japanese"


def test_two_aligned_files_are_a_pair(write: Write):
    recipe = read(write(TRANSLATION.replace('"pairs.tsv"', '["a.en.gz", "a.de.gz"]')))
    assert recipe.data.train == ("a.en.gz", "a.de.gz")


def test_an_integer_is_accepted_as_a_number(write: Write):
    rate = read(write(TRANSLATION + "[training]\nlearning_rate = 1\n")).training.learning_rate
    assert rate == 1.0
    assert isinstance(rate, float)


def test_a_recipe_cannot_be_changed(write: Write):
    recipe = read(write(TRANSLATION))
    with pytest.raises(ValidationError, match="frozen"):
        recipe.model.units = 3  # type: ignore[misc]


def test_a_byte_order_mark_and_newlines_of_windows_are_read(tmp_path: Path):
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TRANSLATION.replace("\n", "\r\n").encode())
    assert read(path).data.train == "pairs.tsv"


# dump


def test_a_dumped_recipe_is_loaded_unchanged(write: Write):
    recipe = read(
        write(TRANSLATION),
        'data.test=["a.en", "a.de"]',
        "model.dropout=0.25",
        "training.clip_norm=1e5",
        "name=again",
    )
    text = dump(recipe)
    assert tomllib.loads(text)["data"]["test"] == ["a.en", "a.de"]
    assert read(write(text)).model_dump() == recipe.model_dump()


@pytest.mark.parametrize("text", [SENTIMENT, GENERATION])
def test_a_dumped_recipe_of_every_task_is_loaded_unchanged(write: Write, text: str):
    task = tomllib.loads(text)["task"]
    overrides = ['data.train=["a.csv", "b.jsonl"]', "data.text_column=3", "data.test=c.csv"]
    recipe: AnyRecipe = load(write(text), overrides, task=task)
    dumped = dump(recipe)
    assert tomllib.loads(dumped)["data"]["train"] == ["a.csv", "b.jsonl"]
    assert load(write(dumped), task=task).model_dump() == recipe.model_dump()


def test_the_dump_has_every_key(write: Write):
    dumped = tomllib.loads(dump(read(write(TRANSLATION))))
    for section, values in dumped.items():
        field = TranslationRecipe.model_fields[section].annotation
        if isinstance(values, dict):
            assert field is not None
            assert set(values) == set(field.model_fields)
    assert set(dumped) == set(TranslationRecipe.model_fields)


# --set


def test_set_replaces_a_key_and_the_last_one_counts(write: Write):
    recipe = read(
        write(TRANSLATION), "model.units=64", "model.units=32", "training.jit_compile=false"
    )
    assert recipe.model.units == 32
    assert recipe.training.jit_compile is False


def test_an_error_quotes_the_beginning_of_a_long_value(write: Write):
    for text in ("x" * 5000, "model=" + "x" * 5000):
        with pytest.raises(UsageError, match="--set: ") as caught:
            load(write(TRANSLATION), [text], task="translation")
        assert len(str(caught.value)) < 200


def test_a_text_that_is_not_utf8_is_refused(write: Write):
    path = write(TRANSLATION)
    for key in ("name", "data.train", "data.validation"):
        with pytest.raises(UsageError, match=f"--set: {key} is not valid UTF-8"):
            load(path, [f"{key}=\udcff"], task="translation")
    with pytest.raises(UsageError, match="recipe: data.train is not valid UTF-8"):
        from_dict({"data": {"train": ["a.en", "\ud800"]}}, task="translation")


def test_set_reads_plain_words_as_text(write: Write):
    recipe = read(write(TRANSLATION), "model.cell=gru", "data.test=my data/test = 1.tsv")
    assert recipe.model.cell == "gru"
    assert recipe.data.test == "my data/test = 1.tsv"


def test_set_reads_a_quoted_text_and_a_date_as_text(write: Write):
    assert read(write(TRANSLATION), "model.cell='gru'").model.cell == "gru"
    assert read(write(TRANSLATION), "name=2026-01-31").name == "2026-01-31"


def test_set_replaces_a_list_whole(write: Write):
    path = write(TRANSLATION.replace('"pairs.tsv"', '["a.en", "a.de"]'))
    assert read(path, "data.train=b.tsv").data.train == "b.tsv"


def test_set_can_add_a_section(write: Write):
    assert read(write(TRANSLATION), "decoding.beam_size=1").decoding.beam_size == 1


def test_overridden_sources_are_the_paths_from_set(write: Write):
    recipe = read(
        write(TRANSLATION),
        'data.validation=["v.en", "v.de"]',
        "data.test=split:10",
        "data.tfds_dir=sets",
    )
    assert recipe.overridden_sources == {"v.en", "v.de", "sets"}
    assert read(write(TRANSLATION)).overridden_sources == frozenset()


# Names of version 0.1.0


def test_a_key_of_version_0_1_is_an_error_with_the_new_name(tmp_path: Path) -> None:
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
    assert isinstance(recipe, TranslationRecipe)
    assert recipe.data.sentence_case is False
    assert load_from_run(path, task="translation") == recipe


def test_a_run_without_the_key_stratify_keeps_its_test_text(tmp_path: Path) -> None:
    texts = [("rare" if number % 5 == 0 else "often", f"text {number}") for number in range(90)]
    table = "".join(f"{label}\t{text}\n" for label, text in texts)
    (tmp_path / "texts.tsv").write_text(table, encoding="utf-8")
    new = from_dict({"data": {"train": "texts.tsv"}}, task="sentiment")
    runs = {"new": dump(new), "old": dump(new).replace("stratify = true\n", "")}
    found = {}
    for name, text in runs.items():
        run = RunFolder(tmp_path / name)
        run.create()
        run.recipe.write_text(text, encoding="utf-8")
        data = resumed_recipe(new, run).data
        assert data == load_from_run(run.recipe, task="sentiment").data
        found[name] = read_sentiment(data, lambda path: tmp_path / path)["test"].examples
    examples = [LabelledText(text, label) for label, text in texts]
    sizes = {split: getattr(new.data, split) for split in ("validation", "test")}
    _, by_hash = hold_out(examples, sizes)
    assert found["old"] == by_hash["test"]
    assert [each.label for each in found["new"]].count("rare") == 2
    assert found["new"] != found["old"]
