"""A `.tflite` is written if its predictions equal those of the run, and otherwise deleted."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from nlp_apps.export.tflite.lite_sentiment import LiteSentiment
from nlp_apps.litert.metadata import read_metadata
from nlp_apps.text.tokenizer import Tokenizer
from tests import tiny_runs
from tests.commands import run
from tests.export.tflite import trained
from tests.tiny_models import Made


def test_parity_says_how_it_was_proven(file: Path):
    report = json.loads((file.parent / "parity.json").read_text())["tflite"]
    for sizes in report["checks"].values():
        assert sizes["batch_1"]["num_equal"] == sizes["batch_1"]["texts"] > 0
        assert sizes["batch_1"]["passed"]
    assert report["quality"]["passed"]
    assert report["bytes"] == file.stat().st_size
    assert report["milliseconds_per_text"]


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_two_exports_of_a_run_have_equal_bytes(task: str, file: Path, tmp_path: Path, few: None):
    words = ["export", trained(file), "--to", tmp_path / "tiny", "--format", "tflite"]
    done = run(tiny_runs.APPS[task], [*words, "--quantize", "none"])
    assert done.code == 0, done.err
    assert (tmp_path / "tiny" / "tiny.tflite").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("task", ["generation"], indirect=True)
@pytest.mark.parametrize("quantize", ["float16", "dynamic"])
def test_rounded_weights_make_it_smaller_and_as_good(
    task: str, file: Path, tmp_path: Path, few: None, quantize: str
):
    words = ["export", trained(file), "--to", tmp_path / "tiny", "--format", "tflite"]
    done = run(tiny_runs.APPS[task], [*words, "--quantize", quantize])
    assert done.code == 0, done.err
    small = tmp_path / "tiny" / "tiny.tflite"
    assert small.stat().st_size < file.stat().st_size
    assert read_metadata(small)["quantize"] == quantize
    quality = json.loads((small.parent / "parity.json").read_text())["tflite"]["quality"]
    assert quality["name"] == "nats_per_token"
    assert abs(quality["model"] - quality["tflite"]) < 0.01


def export_words(file: Path, folder: Path) -> list[Any]:
    words = ["export", trained(file), "--to", folder, "--format", "tflite"]
    return [*words, "--quantize", "none"]


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_file_with_other_predictions_is_deleted(
    task: str, file: Path, tmp_path: Path, few: None, monkeypatch: pytest.MonkeyPatch
):
    classify = LiteSentiment._classify

    def wrong(self: Any, ids: tf.Tensor) -> Any:
        found = classify(self, ids)
        return {**found, "probabilities": found["probabilities"][:, ::-1]}

    monkeypatch.setattr(LiteSentiment, "_classify", wrong)
    done = run(tiny_runs.APPS[task], export_words(file, tmp_path / "tiny"))
    assert done.code == 1
    assert "predictions of the .tflite differ from the run's" in done.err
    assert not list(tmp_path.iterdir())


def test_texts_that_are_too_long_for_windows_are_named_as_the_cause_and_the_remedy_helps(
    tiny_run: Made, tmp_path: Path, few: None
):
    folder = tmp_path / "run"
    shutil.copytree(tiny_run("sentiment"), folder)
    validation = (tiny_run("sentiment").parent / "validation.tsv").read_text("utf-8").splitlines()
    texts = [line.split("\t")[1] for line in validation]
    lengths = [len(ids) for ids in Tokenizer.load(folder / "tokenizer.model").encode(texts)]
    recipe = folder / "recipe.toml"
    recipe.write_text(recipe.read_text("utf-8").replace("max_tokens = 96", "max_tokens = 8"))
    words = ["export", folder, "--to", tmp_path / "tiny", "--format", "tflite", "--quantize"]
    for quantize in ("none", "dynamic"):
        done = run(tiny_runs.APPS["sentiment"], [*words, quantize])
        assert done.code == 1, quantize
        cause = re.search(
            r"(\d+) of 40 texts have more than the 8 tokens .* Set max_tokens = (\d+) under "
            r"\[export\] in (.*) and export again;[^.]*\.(.*)",
            done.err,
        )
        assert cause, done.err
        assert int(cause[1]) == sum(length > 8 for length in lengths)
        assert cause[2] == str(max(lengths))
        assert cause[3] == str(recipe)
        assert ("--quantize" in cause[4]) == (quantize != "none")
    recipe.write_text(
        recipe.read_text("utf-8").replace("max_tokens = 8", f"max_tokens = {max(lengths)}")
    )
    done = run(tiny_runs.APPS["sentiment"], [*words, "none"])
    assert done.code == 0, done.err


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_converter_that_crashes_is_an_error(
    task: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def crash(words: Sequence[str], **kwargs: Any) -> Any:
        code = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
        return started([sys.executable, "-c", code], **kwargs)

    started = subprocess.run
    monkeypatch.setattr(subprocess, "run", crash)
    done = run(tiny_runs.APPS[task], export_words(file, tmp_path / "tiny"))
    assert done.code == 1
    assert "the TFLite converter failed (signal 11)" in done.err
    assert not list(tmp_path.iterdir())
