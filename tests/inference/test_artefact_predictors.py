"""Predictors over a SavedModel and over a `.tflite` have one interface."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.errors import UsageError
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.inference.saved_model_classifier import SavedModelClassifier
from nlp_apps.inference.saved_model_generator import SavedModelGenerator
from nlp_apps.inference.saved_model_translator import SavedModelTranslator
from nlp_apps.litert.lite_classifier import LiteClassifier
from nlp_apps.litert.lite_generator import LiteGenerator
from nlp_apps.litert.lite_translator import LiteTranslator
from nlp_apps.results import Classification, GeneratedText, Translation
from tests.litert.test_metadata import with_old_names
from tests.tiny_models import Made

TEXTS = ["the old house", "tea", "the sea and the moon"]
PREDICTORS: dict[str, dict[str, Any]] = {
    "saved_model": {
        "translation": SavedModelTranslator,
        "sentiment": SavedModelClassifier,
        "generation": SavedModelGenerator,
    },
    "tflite": {
        "translation": LiteTranslator,
        "sentiment": LiteClassifier,
        "generation": LiteGenerator,
    },
}


@pytest.fixture(scope="module", params=PREDICTORS)
def open_predictor(
    request: pytest.FixtureRequest, tiny_saved_model: Made, tiny_lite: Made
) -> Callable[[str], Any]:
    """Function that opens the predictor of a task."""
    made = {"saved_model": tiny_saved_model, "tflite": tiny_lite}[request.param]
    return lambda task: PREDICTORS[request.param][task](made(task))


def test_a_translator_predicts_translations(open_predictor: Callable[[str], Any]) -> None:
    translator = open_predictor("translation")
    found = translator.predict(TEXTS)
    assert [type(one) for one in found] == [Translation] * len(TEXTS)
    assert found == list(translator.translate(iter(TEXTS)))
    assert translator.predict([]) == []


def test_a_classifier_predicts_classifications(open_predictor: Callable[[str], Any]) -> None:
    classifier = open_predictor("sentiment")
    found = classifier.predict(TEXTS)
    assert [type(one) for one in found] == [Classification] * len(TEXTS)
    assert found == list(classifier.classify(iter(TEXTS)))


def test_a_generator_predicts_texts_with_the_settings_of_the_recipe_or_others(
    open_predictor: Callable[[str], Any],
) -> None:
    generator = open_predictor("generation")
    decoding = generator.model.metadata["decoding"]
    for changes in ({}, {"temperature": 2.0, "top_k": 3}):
        sampling = SamplingConfig.from_decoding(decoding, **changes)
        found = generator.predict(TEXTS, max_tokens=6, seed=3, **changes)
        assert [type(one) for one in found] == [GeneratedText] * len(TEXTS)
        expected = generator.generate(TEXTS, sampling, max_tokens=6, seed=3)
        assert found == [one for (one,) in expected]
    longest = max(one.num_tokens for one in generator.predict(TEXTS))
    assert longest <= decoding["max_tokens"]


def test_a_generator_rejects_unknown_settings_and_other_penalties(
    open_predictor: Callable[[str], Any],
) -> None:
    generator = open_predictor("generation")
    with pytest.raises(TypeError, match="warmth"):
        generator.predict(TEXTS, warmth=2.0)
    with pytest.raises(UsageError, match="repetition_penalty is fixed at 1.2 .* received 3.0"):
        generator.predict(TEXTS, repetition_penalty=3.0)


def test_a_saved_model_of_version_0_1_0_predicts_the_same(
    tiny_saved_model: Made, tmp_path: Path
) -> None:
    folder = tiny_saved_model("generation")
    shutil.copytree(folder, tmp_path / "old")
    file = tmp_path / "old" / "assets.extra" / "nlp_apps.json"
    old = with_old_names(json.loads(file.read_text("utf-8")))
    assert "no_repeat_ngram" in old["decoding"]
    file.write_text(json.dumps(old), "utf-8")
    model = SavedModel(tmp_path / "old", "generation")
    assert model.metadata == SavedModel(folder, "generation").metadata
    found, expected = (
        SavedModelGenerator(one).predict(TEXTS) for one in (tmp_path / "old", folder)
    )
    assert found == expected


@pytest.mark.parametrize("name", ["a[1]", "a\\b", "a*"])
def test_a_saved_model_loads_from_a_folder_with_wildcards_in_its_name(
    tiny_saved_model: Made, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name / "1"
    shutil.copytree(tiny_saved_model("sentiment"), folder)
    expected = SavedModelClassifier(tiny_saved_model("sentiment")).predict(TEXTS)
    assert SavedModelClassifier(folder).predict(TEXTS) == expected
