"""Tests of nlp_apps.recipe.from_data."""

import tomllib
from pathlib import Path

import pytest

from nlp_apps.recipe.from_data import as_toml, from_data, is_data
from nlp_apps.recipe.load import from_dict, load


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pairs.tsv", True),
        ("missing/reviews.CSV.GZ", True),
        ("book.txt", True),
        ("table.xlsx", True),
        ("tfds:imdb_reviews:train", True),
        ("texts", True),
        ("odd.dat", True),
        ("mine.toml", False),
        ("my.recipe.TOML", False),
        ("run", False),
        ("sentiment-reviews", False),
        ("missing", False),
        ("missing.dat", False),
    ],
)
def test_a_name_is_that_of_text_or_of_a_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("texts").mkdir()
    Path("odd.dat").touch()
    Path("run").mkdir()
    Path("run/recipe.toml").touch()
    assert is_data(name) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/pairs.en-fr.tsv.gz", "pairs.en-fr"),
        ("tfds:imdb_reviews/plain_text:train", "imdb_reviews-plain_text"),
        ("my texts.v2", "my-texts.v2"),
        (".hidden.tsv", "hidden"),
        ("данные.tsv", "sentiment"),
    ],
)
def test_the_name_is_the_file_name_without_suffixes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my texts.v2").mkdir()
    assert from_data(name, "sentiment")["name"] == expected


def test_the_saved_lines_are_the_same_recipe(tmp_path: Path) -> None:
    settings = from_data('odd "name".tsv', "translation")
    text = as_toml(settings)
    assert len([line for line in text.splitlines() if line]) == 3
    assert tomllib.loads(text)["data"] == {"train": 'odd "name".tsv'}
    path = tmp_path / f"{settings['name']}.toml"
    path.write_text(text, encoding="utf-8")
    assert load(path, task="translation") == from_dict(settings, task="translation")
