"""A classifier that reads letters predicts alike in its run and in each artefact."""

from importlib.util import find_spec
from pathlib import Path

import pytest

import nlp_apps
from nlp_apps.explain.word_importance import word_importance
from nlp_apps.litert.lite_model import LiteModel
from tests import tiny_runs
from tests.commands import run
from tests.tiny_models import export_run, once

TEXTS = [
    "the old house",
    "the odl huose sleeps",
    "an unbelievablyverylongword and \u00e9\u4e16\U0001f600",
    "moon  river " * 7,
    "x",
]
HAS_ONNX = all(map(find_spec, ("onnx", "onnxruntime")))
MODEL = 'cell = "conv_lstm"\nnum_letters = 6\nngrams = 500'


@pytest.fixture(scope="module")
def folder(shelf: Path) -> Path:
    """Folder of the run `run` and of its artefacts `out/1`, `out/out.tflite`, `out/out.onnx`."""
    made = shelf / "letters"

    def make() -> None:
        tiny_runs.write_corpus("sentiment", made)
        recipe = (made / "tiny.toml").read_text(encoding="utf-8")
        recipe = recipe.replace(tiny_runs.MODEL["sentiment"], MODEL)
        recipe = recipe.replace('kind = "words"', 'kind = "characters"')
        recipe = recipe.replace("max_length = 8", "max_length = 50")
        recipe = recipe.replace("max_tokens = 96", "max_tokens = 128")
        (made / "tiny.toml").write_text(recipe, encoding="utf-8")
        app = tiny_runs.APPS["sentiment"]
        done = run(app, ["train", "tiny.toml", "--run-dir", made / "run"], made)
        assert done.code == 0, done.err
        names = ["saved_model", "tflite", *(["onnx"] if HAS_ONNX else [])]
        words = ["--quantize", "none", *(word for name in names for word in ("--format", name))]
        export_run("sentiment", made / "run", made / "out", *words, num_texts=6)

    once(made, make)
    return made


@pytest.mark.parametrize("artefact", ["out/1", "out/out.tflite", "out/out.onnx"])
def test_every_artefact_predicts_as_the_run(folder: Path, artefact: str):
    if artefact.endswith(".onnx") and not HAS_ONNX:
        pytest.skip("ONNX is missing: pip install 'nlp-apps[onnx]'")
    expected = nlp_apps.load(folder / "run").predict(TEXTS)
    found = nlp_apps.load(folder / artefact).predict(TEXTS)
    for one, other in zip(found, expected, strict=True):
        assert one.label == other.label
        for label, probability in other.probabilities.items():
            assert one.probabilities[label] == pytest.approx(probability, abs=1e-3)


def test_the_file_has_the_weights_of_words_at_their_first_letters(folder: Path):
    model = LiteModel(folder / "out" / "out.tflite", "sentiment")
    classifier = nlp_apps.load(folder / "run")
    found = word_importance(classifier, "the old house")
    assert [word.text for word in found.words] == ["the", "old", "house"]
    assert found.attention.min() > 0.0
    assert found.attention.sum() < 1.0
    tokens = model.encode("the old house")
    assert len(tokens) == len(" the old house")
