"""Lines of several sentences: the run, the SavedModel and the `.tflite` translate them alike."""

from collections.abc import Callable
from typing import Any

import pytest

import nlp_apps
from nlp_apps.inference.text_translator import TextTranslator
from tests.tiny_models import Made

SENTENCES = ["the sea sleeps!", "old paper?", "1. Quiet green tea.", "Mr. Moon sings."]
LINES = [" ".join(SENTENCES), "the old house", " sea!  the moon ", "", "tea! " * 5]


@pytest.fixture(scope="module", params=["run", "saved_model", "tflite"])
def translator(
    request: pytest.FixtureRequest, tiny_run: Made, tiny_saved_model: Made, tiny_lite: Made
) -> Any:
    made = {"run": tiny_run, "saved_model": tiny_saved_model, "tflite": tiny_lite}
    return nlp_apps.load(made[request.param]("translation"))


def test_a_line_is_translated_sentence_by_sentence(translator: Any) -> None:
    (line,), parts = translator.predict([LINES[0]]), translator.predict(SENTENCES)
    assert line.text == " ".join(part.text for part in parts if part.text).rstrip(" ")
    counts = [len(part.alternatives) for part in parts]
    assert len(line.alternatives) == min(counts)
    scores = [part.score for part in parts]
    assert min(scores) < line.score < max(scores)


def test_every_artefact_predicts_as_the_run(translator: Any, tiny_run: Made) -> None:
    expected = nlp_apps.load(tiny_run("translation")).predict(LINES)
    found = translator.predict(LINES)
    for one, other in zip(found, expected, strict=True):
        if other is expected[3]:
            continue  # An empty text has no translation, in a SavedModel also no hypothesis.
        assert [text for text, _ in one.alternatives] == [text for text, _ in other.alternatives]
        scores = [score for _, score in other.alternatives]
        assert [score for _, score in one.alternatives] == pytest.approx(scores, abs=1e-3)


def test_without_rules_a_line_is_one_sentence(tiny_run: Made) -> None:
    splitting = nlp_apps.load(tiny_run("translation"))

    def translator(**rules: Any) -> Callable[[list[str]], Any]:
        model, source, target = splitting.model, splitting.tokenizer, splitting.target_tokenizer
        return TextTranslator(model, source, target, splitting.decoding, **rules).predict

    whole = translator()
    single = ["the old house", "no end of sentence"]
    assert whole(single) == splitting.predict(single)
    assert whole(LINES[:1]) != splitting.predict(LINES[:1])
