"""Tests of training on text in files, as on text that is larger than memory."""

import json
import random
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from nlp_apps import sentiment, translation
from nlp_apps.errors import WorkError
from nlp_apps.recipe.auto import TextSize, settle
from nlp_apps.recipe.load import from_dict
from nlp_apps.text import corpora
from nlp_apps.text.batches import augmented_pairs
from nlp_apps.text.storage import example_store
from nlp_apps.text.storage.corpus_cache import CorpusCache
from nlp_apps.training.checkpoints import load_checkpoint
from nlp_apps.training.run_folder import RunFolder

MODEL: dict[str, Any] = {
    "model": {"embedding_size": 12, "units": 16, "num_layers": 1, "dropout": 0.0},
    "training": {
        **{"epochs": 2, "batch_tokens": 200, "num_buckets": 2, "learning_rate": 0.01},
        **{"warmup_steps": 2, "ema_decay": 0.5, "jit_compile": False, "monitor": "loss"},
    },
}


def test_settings_that_follow_the_text_do_not_change_the_place_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(example_store, "MAX_BYTES", 1_000)
    cache = CorpusCache(tmp_path / "cache", is_writable=True)
    recipe: Any = from_dict({"data": pairs_recipe(tmp_path)["data"]}, task="translation")
    settled, _ = settle(recipe, TextSize(2_000_000, 10**8, 100, 10**6, 90))
    assert settled.data.augment_case > 0
    for one in (recipe, settled):
        corpora.read_translation(one.data, Path, cache=cache)
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_bad_line_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example_store, "MAX_BYTES", 1_000)
    recipe = pairs_recipe(tmp_path)
    with open(tmp_path / "pairs.tsv", "a", encoding="utf-8") as file:
        file.write("no tab\n")
    with pytest.raises(WorkError, match="line 301"):
        translation.train(recipe, run_dir=str(tmp_path / "run"), overwrite=True)
    assert not list((tmp_path / "run").rglob("*.text"))
    with pytest.raises(WorkError, match="line 301"):
        translation.train(recipe, run_dir=str(tmp_path / "run"), overwrite=True)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text is larger than memory allows, and augmented in several parts."""
    monkeypatch.setattr(example_store, "MAX_BYTES", 1_000)
    monkeypatch.setattr(augmented_pairs, "PART", 50)


def pairs_recipe(folder: Path, **data: Any) -> dict[str, Any]:
    """A recipe for 300 numbered sentences and the same in capitals."""
    choice = random.Random(0).choice
    lines = [
        f"{choice(['one', 'two', 'ten'])} {choice('abcdef')} {number}\t{number} {choice('XYZ')}\n"
        for number in range(300)
    ]
    (folder / "pairs.tsv").write_text("".join(lines), encoding="utf-8")
    return {
        **{"task": "translation", "name": "stored", **MODEL},
        "data": {
            **{"train": str(folder / "pairs.tsv"), "validation": "split:10", "test": "split:10"},
            **data,
        },
        "tokenizer": {"kind": "characters", "vocabulary_size": 300},
        "decoding": {"beam_size": 1, "max_length": 12},
    }


def texts_recipe(folder: Path, **data: Any) -> dict[str, Any]:
    """A recipe for 200 texts of two labels."""
    choice = random.Random(0).choice
    lines = [
        f"{label}\t{' '.join(choice(['soup', 'room', 'tea', label]) for _ in range(9))} {number}\n"
        for number, label in enumerate(["good", "bad"] * 100)
    ]
    (folder / "texts.tsv").write_text("".join(lines), encoding="utf-8")
    return {
        **{"task": "sentiment", "name": "stored"},
        "model": {**MODEL["model"], "ngrams": 2_000},
        "training": {**MODEL["training"], "monitor": "loss"},
        "data": {
            **{"train": str(folder / "texts.tsv"), "validation": "split:20", "test": "split:20"},
            **{"max_length": 8, "truncation": "windows"},
            **data,
        },
        "tokenizer": {"kind": "words", "vocabulary_size": 300},
    }


def weights(run: Path) -> list[np.ndarray]:
    """The arrays of the last checkpoint."""
    arrays, _ = load_checkpoint(RunFolder(run).found_checkpoints()[-1])
    return arrays


def losses(run: Path) -> list[float]:
    """The losses of all evaluations."""
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]
    return [row["train_loss"] for row in rows]


class Interruption(keras.callbacks.Callback):
    """Interrupts a run after its first evaluation."""

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        if epoch == 1:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("app", "recipe_of"), [(translation, pairs_recipe), (sentiment, texts_recipe)]
)
def test_stored_text_trains_the_same_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: Any, recipe_of: Any
) -> None:
    recipe = recipe_of(tmp_path)
    app.train(recipe, run_dir=str(tmp_path / "memory"))
    monkeypatch.setattr(example_store, "MAX_BYTES", 1_000)
    app.train(recipe, run_dir=str(tmp_path / "files"))
    assert not (tmp_path / "memory" / "cache").exists()
    assert (tmp_path / "files" / "cache").is_dir()
    assert losses(tmp_path / "memory") == losses(tmp_path / "files")
    for one, other in zip(weights(tmp_path / "memory"), weights(tmp_path / "files"), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("app", "recipe_of", "data"),
    [
        (translation, pairs_recipe, {"augment_case": 0.3, "augment_numbers": 0.5}),
        (sentiment, texts_recipe, {"augment_case": 0.3}),
    ],
)
def test_a_resumed_run_on_stored_text_reads_no_text_and_ends_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: Any, recipe_of: Any, data: Any
) -> None:
    recipe = recipe_of(tmp_path, **data)
    app.train(recipe, run_dir=str(tmp_path / "whole"))
    run = str(tmp_path / "parts")
    with pytest.raises(KeyboardInterrupt):
        app.train(recipe, run_dir=run, callbacks=[Interruption()])

    def unread(*_: object, **__: object) -> None:
        pytest.fail("the text was read again")

    monkeypatch.setattr(corpora, "read_pairs", unread)
    monkeypatch.setattr(corpora, "read_labelled_texts", unread)
    monkeypatch.setattr(corpora, "held_out_positions", unread)
    app.train(recipe, run_dir=run, resume=True)
    assert losses(tmp_path / "whole") == losses(tmp_path / "parts")
    for one, other in zip(weights(tmp_path / "whole"), weights(tmp_path / "parts"), strict=True):
        np.testing.assert_array_equal(one, other)
    scores = app.evaluate(run, split="test")
    assert scores["loss"] == pytest.approx(
        json.loads((tmp_path / "parts" / "summary.json").read_text())["scores"]["test"]["loss"]
    )


@pytest.mark.usefixtures("files")
def test_another_text_is_not_that_of_the_cache(tmp_path: Path) -> None:
    recipe = pairs_recipe(tmp_path)
    translation.train(recipe, run_dir=str(tmp_path / "run"))
    before = sorted(path.name for path in (tmp_path / "run" / "cache").iterdir())
    with open(tmp_path / "pairs.tsv", "a", encoding="utf-8") as file:
        file.write("one a 301\t301 X\n")
    translation.train(recipe, run_dir=str(tmp_path / "run"), overwrite=True)
    after = sorted(path.name for path in (tmp_path / "run" / "cache").iterdir())
    assert len(before) == len(after) == 1
    assert before != after
    assert (tmp_path / "run" / "cache" / after[0] / "corpus.json").is_file()
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["data"]["train"]["pairs"] == 281
