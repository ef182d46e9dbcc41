"""Training from text in place of a recipe: `train pairs.tsv`."""

import tomllib
from pathlib import Path

import pytest

from tests.apps.backwards import command, write_corpus
from tests.commands import fails

SMALL = (
    *("tokenizer.kind=characters", "model.units=8", "model.embedding_size=8", "model.num_layers=1"),
    *("training.epochs=1", "training.jit_compile=false", "data.max_length=12"),
    *("training.batch_tokens=400", "decoding.max_length=12", "decoding.beam_size=1"),
)


def test_text_trains_and_the_printed_recipe_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_corpus(tmp_path)
    settings = [word for one in SMALL for word in ("--set", one)]
    result = command("train", "train.tsv", *settings)
    assert result.code == 0, result.err
    assert "train.tsv is text" in result.err
    assert "train.toml, with the same --set:" in result.err
    text = result.err[result.err.index('task = "translation"') :]
    lines = text[: text.index("\n", text.index("train = "))]
    assert tomllib.loads(lines) == {"task": "translation", "data": {"train": "train.tsv"}}
    assert tomllib.loads(Path("runs/train/recipe.toml").read_text())["name"] == "train"
    Path("train.toml").write_text(lines)
    fails(
        command("train", "train.toml", "--resume", "--set", "training.seed=9", *settings),
        2,
        "--resume: the recipe differs",
    )
    assert command("train", "train.toml", "--resume", *settings).code == 0
    assert not list(tmp_path.rglob("*.lock"))


def test_text_that_does_not_exist_is_an_error_about_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pairs.tsv").touch()
    result = command("train", "pair.tsv")
    assert result.code == 1
    assert "no file 'pair.tsv'" in result.err
    assert "Did you mean 'pairs.tsv'" in result.err
    assert not Path("runs").exists()
