"""A translator with a pointer predicts alike in its run, its SavedModel and its `.tflite`."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nlp_apps
from nlp_apps.litert.lite_model import LiteModel
from tests import tiny_runs
from tests.commands import run
from tests.tiny_models import export_run, once

TEXTS = ["the old house", "Zorblatt sings 4711 times", "sea moon river mountain bread winter"]


@pytest.fixture(scope="module")
def folder(shelf: Path) -> Path:
    """Folder of the run `run`, its SavedModel `out/1` and its `out/out.tflite`."""
    made = shelf / "pointer"

    def make() -> None:
        tiny_runs.write_corpus("translation", made)
        recipe = (made / "tiny.toml").read_text(encoding="utf-8")
        recipe = recipe.replace("[model]\n", "[model]\npointer = true\n")
        (made / "tiny.toml").write_text(recipe, encoding="utf-8")
        app = tiny_runs.APPS["translation"]
        words = ["train", "tiny.toml", "--run-dir", made / "run"]
        done = run(app, [*words, "--set", "training.coverage_loss=0.1"], made)
        assert done.code == 0, done.err
        formats = ["--format", "saved_model", "--format", "tflite", "--quantize", "none"]
        export_run("translation", made / "run", made / "out", *formats, num_texts=10)

    once(made, make)
    return made


def test_every_artefact_predicts_as_the_run(folder: Path):
    expected = nlp_apps.load(folder / "run").predict(TEXTS)
    for artefact in ("out/1", "out/out.tflite"):
        found = nlp_apps.load(folder / artefact).predict(TEXTS)
        for one, other in zip(found, expected, strict=True):
            assert one.text == other.text
            assert one.score == pytest.approx(other.score, abs=1e-3)


def test_a_search_by_the_host_copies_from_the_source(folder: Path):
    model = LiteModel(folder / "out" / "out.tflite", "translation")
    ids = np.zeros((1, model.metadata["tokens"]), np.int32)
    tokens = model.encode(TEXTS[0])
    ids[0, : len(tokens)] = tokens
    wanted = model.run("greedy", ids=ids)
    encoded = model.run("encode", ids=ids)
    assert encoded["source"][0, : len(tokens)].tolist() == tokens
    memory: Any = {name: encoded[name] for name in ("memory", "keys", "length", "source")}
    found: list[int] = []
    token, state = np.array([2], np.int32), encoded["state"]
    while not found or found[-1] != 3:
        output = model.run("decode_step", token=token, state=state, **memory)
        np.testing.assert_allclose(np.exp(output["log_probabilities"]).sum(), 1.0, atol=1e-2)
        state, token = output["state"], output["log_probabilities"].argmax(axis=1).astype(np.int32)
        found.append(int(token[0]))
        if len(found) == wanted["count"][0] - 1:
            found.append(3)  # at the limit the search ends
    assert found == wanted["ids"][0, : wanted["count"][0]].tolist()
