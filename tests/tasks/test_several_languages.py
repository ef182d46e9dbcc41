"""A translator into two languages: training, scores, predictions, signatures."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps import translation
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.export.saved_model.translation_signatures import TranslationSignatures
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.tasks.predictors import load_predictor
from nlp_apps.tasks.run import load
from nlp_apps.text.batches import augmented_pairs
from nlp_apps.text.storage import example_store
from tests.tasks.test_stored_text import MODEL, Interruption, losses, weights

TEXTS = ["the old house", "<2up>", "tea. Sea!", "green"]


def recipe_of(folder: Path, **training: Any) -> dict[str, Any]:
    """A recipe for words that are reversed, and a third as many words in capitals."""
    words = ["the", "old", "new", "green", "house", "tea", "sea", "moon", "garden", "letter"]
    lines = [f"{words[n % 10]} {words[n * 7 % 9]} {n % 13}" for n in range(240)]
    for code, change, step in (("rv", reverse, 1), ("up", str.upper, 3)):
        for split, part in (("train", lines[:200:step]), ("valid", lines[200::step])):
            rows = "".join(f"{line}\t{change(line)}\n" for line in part)
            (folder / f"{split}.{code}.tsv").write_text(rows, "utf-8")
    names = {
        split: {code: str(folder / f"{split}.{code}.tsv") for code in ("rv", "up")}
        for split in ("train", "valid")
    }
    return {
        **{"task": "translation", "name": "two", **MODEL},
        "training": {**MODEL["training"], **training},
        "data": {
            **{"train": names["train"], "validation": names["valid"], "test": names["valid"]},
            **{"augment_case": 0.3},
        },
        "tokenizer": {"kind": "characters", "vocabulary_size": 330},
        "decoding": {"beam_size": 2, "max_length": 12, "split_sentences": True},
    }


def reverse(text: str) -> str:
    return text[::-1]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("languages")
    recipe = recipe_of(folder, epochs=6, learning_rate=0.03, monitor="greedy_bleu")
    translation.train(recipe, run_dir=str(folder / "run"))
    return folder / "run"


@pytest.fixture(scope="module")
def translator(run: Path) -> TextTranslator:
    found: TextTranslator = load(run).predictor()
    return found


def test_scores_of_each_language_and_their_mean(run: Path) -> None:
    summary = json.loads((run / "summary.json").read_text())
    for split in ("validation", "test"):
        scores = summary["scores"][split]
        assert set(scores["languages"]) == {"rv", "up"}
        for name in ("bleu", "chrf"):
            each = [one[name] for one in scores["languages"].values()]
            assert scores[name] == pytest.approx(np.mean(each))
            baseline = summary["baselines"][split]["source_copy"]
            assert baseline[name] == pytest.approx(
                np.mean([baseline[f"{name}_rv"], baseline[f"{name}_up"]])
            )
    assert summary["data"]["train"]["languages"] == {"rv": 200, "up": 67}
    row = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    each = [row[f"validation_greedy_bleu_{code}"] for code in ("rv", "up")]
    assert row["validation_greedy_bleu"] == pytest.approx(np.mean(each))
    scores = translation.evaluate(str(run), split="test")
    assert scores["bleu"] == pytest.approx(summary["scores"]["test"]["bleu"])


def test_each_text_has_its_language(translator: TextTranslator) -> None:
    up, rv = (list(translator.translate(TEXTS, to)) for to in ("UP", "rv"))
    assert [one.text for one in up] != [one.text for one in rv]
    mixed = list(translator.translate(TEXTS, ["up", "rv", "up", "rv"]))
    expected = [up[0], rv[1], up[2], rv[3]]
    assert [one.text for one in mixed] == [one.text for one in expected]
    with pytest.raises(UsageError, match="Choose one of: rv, up"):
        list(translator.translate(TEXTS))


def test_the_tag_changes_the_language_of_a_translation(translator: TextTranslator) -> None:
    texts = [f"{word} tea" for word in ("the", "old", "new", "moon", "garden")]
    capitals = {
        code: "".join(one.text for one in translator.translate(texts, code)).isupper()
        for code in ("up", "rv")
    }
    assert capitals == {"up": True, "rv": False}


def test_the_attention_has_the_tag(run: Path, translator: TextTranslator) -> None:
    alignment = translator.align("tea", "up")
    assert alignment.source_ids[0] == translator.targets.tags["up"]
    rows = translation.explain(str(run), "the tea", to="up").rows
    assert rows[0][0] == "word"


def test_signatures_translate_into_the_language_of_each_text(translator: TextTranslator) -> None:
    functions = TranslationSignatures(translator).functions
    to = ["up", "RV", "up", "rv"]
    found = functions["serving_default"](tf.constant(TEXTS), tf.constant(to))
    expected = list(translator.translate(TEXTS, to))
    texts = [text.decode() for text in found["translation"].numpy()]
    assert texts == [one.text for one in expected]
    np.testing.assert_allclose(found["score"], [one.score for one in expected], atol=1e-4)
    for code in ("rv", "up"):
        one_for_all = functions["greedy"](tf.constant(TEXTS), tf.constant([code]))
        each = functions["greedy"](tf.constant(TEXTS), tf.constant([code] * len(TEXTS)))
        np.testing.assert_array_equal(one_for_all["translation"], each["translation"])
    pieces = functions["align"](tf.constant(["tea"]), tf.constant(["up"]))["source_pieces"]
    assert pieces.numpy()[0, 0] == b"<2up>"
    with pytest.raises(tf.errors.InvalidArgumentError, match="to must be one of rv, up"):
        functions["serving_default"](tf.constant(TEXTS), tf.constant(["up", "xx", "up", "up"]))


@pytest.fixture(scope="module")
def exported(run: Path) -> dict[str, Any]:
    """The result of the export; the artefacts are in `run.parent / "two"`."""
    return translation.export(
        str(run), run.parent / "two", formats=("saved_model", "tflite"), quantize="none"
    )


def artefacts(run: Path) -> list[Path]:
    return [run.parent / "two", run.parent / "two" / "two.tflite"]


def test_every_artefact_is_compared_in_every_language(run: Path, exported: dict[str, Any]) -> None:
    modes = {"greedy_rv", "greedy_up", "beam_rv", "beam_up", "constrained"}
    assert set(exported["saved_model"]["num_equal"]) == modes
    assert set(exported["tflite"]["num_equal"]) == modes
    assert {"bleu_rv", "bleu_up"} <= set(exported["tflite"])
    expected = [one.text for one in load_predictor(str(run)).translate(TEXTS, "up")]
    for artefact in artefacts(run):
        found = list(translation.predict(str(artefact), TEXTS, to="up"))
        assert [one["translation"] for one in found] == expected
        with pytest.raises(UsageError, match="several target languages"):
            list(translation.predict(str(artefact), TEXTS))


@pytest.mark.usefixtures("exported")
def test_spans_and_terms_in_every_language(run: Path, translator: TextTranslator) -> None:
    texts = ["the old {name} tea", "green sea", "<keep>A  B</keep>. The tea!", "green sea"]
    wanted: list[list[str]] = [["{name}", "thé"], [], ["A  B", "thé"], []]
    to, glossary = ["up", "rv", "rv", "up"], {"tea": "thé"}
    expected = [one.text for one in translator.translate(texts, to, glossary)]
    for text, words in zip(expected, wanted, strict=True):
        assert all(word.casefold() in text.casefold() for word in words)
    assert expected[1] != expected[3]
    (other,) = translator.translate(texts[:1], "rv", glossary)
    assert other.text != expected[0]
    for artefact in artefacts(run):
        found = translation.predict(str(artefact), texts, to=to, glossary=glossary)
        assert [one["translation"] for one in found] == expected


def test_tags_of_a_text_in_every_language(run: Path) -> None:
    predictor = load(run).predictor()
    predictor.keeps_markup = True
    text = "<b>tea</b> {name} sea"
    found = [next(predictor.translate([text], to)).text for to in ("up", "rv")]
    assert found[0] != found[1]
    for one in found:
        assert one.count("<b>") == one.count("</b>") == one.count("{name}") == 1


def test_a_test_text_of_another_language_is_an_error(run: Path, tmp_path: Path) -> None:
    from nlp_apps.tasks.translation_scorer import TranslationScorer
    from nlp_apps.text.corpus import Pair
    from nlp_apps.text.language_examples import LanguageExamples

    task = load(run)
    examples = LanguageExamples({"xx": [Pair("tea", "tea")]})
    with pytest.raises(WorkError, match="the language xx, which the model does not have"):
        TranslationScorer(task.predictor(), task.recipe, examples)


def in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    del monkeypatch


def in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example_store, "MAX_BYTES", 1_000)
    monkeypatch.setattr(augmented_pairs, "PART", 50)


@pytest.mark.parametrize("prepare", [in_memory, in_files])
def test_a_resumed_run_ends_with_equal_weights(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[pytest.MonkeyPatch], None],
) -> None:
    prepare(monkeypatch)
    recipe = recipe_of(tmp_path, epochs=3)
    translation.train(recipe, run_dir=str(tmp_path / "whole"))
    run = str(tmp_path / "parts")
    with pytest.raises(KeyboardInterrupt):
        translation.train(recipe, run_dir=run, callbacks=[Interruption()])
    translation.train(recipe, run_dir=run, resume=True)
    assert losses(tmp_path / "whole") == losses(tmp_path / "parts")
    for one, other in zip(weights(tmp_path / "whole"), weights(tmp_path / "parts"), strict=True):
        np.testing.assert_array_equal(one, other)
