"""The sentiment app from end to end: training, evaluation, prediction."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps.plots import confusion
from nlp_apps.recipe.load import load as load_recipe
from nlp_apps.tasks import sentiment_task as sentiment_task
from nlp_apps.tasks.run import load
from nlp_apps.text.special_ids import EOS
from tests.apps import moods
from tests.apps.moods import FILLERS, command, lines_of, load_predictor
from tests.apps.trained_run import Trained


@pytest.fixture(scope="module")
def trained(shelf: Path) -> Trained:
    return moods.train(shelf)


def test_training_prints_a_few_lines_and_fills_the_run_folder(trained: Trained) -> None:
    scores, table, line = trained.printed.split("\n\n")
    names = [line.split()[0] for line in scores.splitlines()]
    assert names == [
        *("run", "train_seconds", "compile_seconds", "tokens_per_second"),
        *(
            f"{split}.{score}"
            for split in ("validation", "test")
            for score in ("accuracy", "macro_f1", "loss", "calibration_error")
        ),
    ]
    names = [row[:25].strip() for row in table.splitlines()]
    assert names == ["", "", "model", "majority label", "tfidf logistic regression"]
    assert line.startswith("The model ")
    assert "tfidf logistic regression" in line
    found = {path.name for path in trained.run.iterdir()}
    assert {"recipe.toml", "tokenizer.model", "labels.json", "weights.h5", "summary.json"} <= found


def test_it_learns_labels_that_a_bag_of_words_cannot_learn(trained: Trained) -> None:
    summary = json.loads((trained.run / "summary.json").read_text(encoding="utf-8"))
    assert summary["scores"]["test"]["accuracy"] >= 0.9
    assert summary["task"] == "sentiment"
    assert summary["data"]["train"]["texts"] == len(lines_of(trained, "train"))


def test_evaluate_returns_the_scores_of_the_training_and_a_picture(trained: Trained) -> None:
    result = command("evaluate", trained.run, "--json")
    assert result.code == 0, result.err
    found = json.loads(result.out)
    summary = json.loads((trained.run / "summary.json").read_text(encoding="utf-8"))
    wanted = summary["scores"]["test"]
    for key in ("accuracy", "macro_f1", "loss", "calibration_error"):
        assert found[key] == pytest.approx(wanted[key], rel=1e-5)
    assert np.array(found["confusion"]).sum() == 100
    picture = Path(found["picture"])
    assert picture == trained.run / "confusion-test.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_labels_that_look_like_formulas_are_scored_and_drawn(
    trained: Trained, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(trained.run, folder)
    names = {"mixed": "$_$", "negative": "up to $5 or $", "positive": "\u597d\u8bc4"}
    path = folder / "labels.json"
    labels = json.loads(path.read_text(encoding="utf-8"))
    labels["labels"] = [names[label] for label in labels["labels"]]
    path.write_text(json.dumps(labels), encoding="utf-8")
    rows = "".join(f"{names[label]}\t{text}\n" for label, text in lines_of(trained, "test"))
    (tmp_path / "test.tsv").write_text(rows, encoding="utf-8")
    result = command("evaluate", folder, "--data-dir", tmp_path, "--json")
    assert result.code == 0, result.err
    where = f"nlp-apps: warning: {folder / 'confusion-test.png'}: "
    assert where in result.err
    assert "1 of 3 labels" in result.err
    found = json.loads(result.out)
    assert sorted(found["labels"]) == sorted(names.values())
    assert Path(found["picture"]).read_bytes().startswith(b"\x89PNG")


def test_scores_are_printed_when_their_picture_cannot_be_drawn(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(*_: Any) -> None:
        raise ValueError("\n  no\nroom")

    monkeypatch.setattr(confusion, "draw", draw)
    result = command("evaluate", trained.run, "--json")
    assert result.code == 0, result.err
    picture = trained.run / "confusion-test.png"
    assert result.err.startswith(f"nlp-apps: warning: {picture}: ")
    assert result.err.endswith("confusion matrix: no room\n")
    found = json.loads(result.out)
    assert found["accuracy"] >= 0.9
    assert "picture" not in found
    assert "accuracy" in command("evaluate", trained.run).out


def test_evaluate_prints_a_row_for_each_label(trained: Trained) -> None:
    out = command("evaluate", trained.run, "--split", "validation").out
    for label in ("mixed", "negative", "positive"):
        rows = [line for line in out.splitlines() if line.startswith(label)]
        assert len(rows) == 2  # report, confusion
        assert len(rows[0].split()) == 5
        assert sum(map(int, rows[1].split()[1:])) == int(rows[0].split()[-1])


def test_predict_prints_label_and_probability_in_order(trained: Trained, tmp_path: Path) -> None:
    rows = lines_of(trained, "test")
    source = tmp_path / "in.txt"
    source.write_text("\n".join(["", *(text for _, text in rows)]), encoding="utf-8")
    result = command("predict", trained.run, "--input", source)
    assert result.code == 0, result.err
    first, *predictions = result.out.splitlines()
    assert first == ""
    right = 0
    for prediction, (label, _) in zip(predictions, rows, strict=True):
        predicted, probability = prediction.split("\t")
        assert 1 / 3 <= float(probability) <= 1.0
        right += predicted == label
    assert right >= 90


def test_json_has_the_probability_of_every_label(trained: Trained) -> None:
    (line,) = command("predict", trained.run, "soup not bad", "--json").out.splitlines()
    found = json.loads(line)
    assert set(found["probabilities"]) == {"mixed", "negative", "positive"}
    assert sum(found["probabilities"].values()) == pytest.approx(1.0, abs=1e-4)
    assert found["probability"] == max(found["probabilities"].values())
    assert found["probabilities"][found["label"]] == found["probability"]


def test_a_run_without_biases_can_still_predict(trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.run, tmp_path / "old")
    path = tmp_path / "old" / "labels.json"
    labels = json.loads(path.read_text(encoding="utf-8"))
    del labels["biases"]
    path.write_text(json.dumps(labels), encoding="utf-8")
    assert load_predictor(tmp_path / "old").calibration.biases == (0.0, 0.0, 0.0)
    path.write_text(json.dumps({**labels, "biases": [1.0]}), encoding="utf-8")
    result = command("predict", tmp_path / "old", "the soup was good")
    assert result.code == 1
    assert f"{path}: damaged" in result.err


def test_damaged_labels_are_an_error(trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.run, tmp_path / "copy")
    (tmp_path / "copy" / "labels.json").write_text("{}", encoding="utf-8")
    result = command("predict", tmp_path / "copy", "soup")
    assert result.code == 1
    assert f"{tmp_path / 'copy' / 'labels.json'}: damaged" in result.err


def test_a_text_does_not_depend_on_the_texts_beside_it(trained: Trained) -> None:
    classifier = load_predictor(trained.run)
    texts = [text for _, text in lines_of(trained, "test")][:20]
    together = classifier.logits(texts)
    for text, wanted in zip(texts[:3], together[:3], strict=True):
        np.testing.assert_allclose(classifier.logits([text])[0], wanted, atol=1e-5)


def test_windows_of_a_long_text_are_averaged(trained: Trained) -> None:
    classifier = load_predictor(trained.run)
    classifier.truncation, classifier.max_length = "windows", 5
    words = ["soup", "good", "but", "bad", "film", "not", "good", "day"]
    halves = [" ".join(words[:4]), " ".join(words[4:])]
    parts = classifier.logits(halves)
    np.testing.assert_allclose(
        classifier.logits([" ".join(words)])[0], parts.mean(axis=0), atol=1e-5
    )


def test_a_text_of_the_tokenizers_space_symbol_is_an_empty_text(trained: Trained) -> None:
    result = command("predict", trained.run, "\u2581", "soup")
    assert result.code == 0, result.err
    empty, other = result.out.splitlines()
    assert (empty, len(other.split("\t"))) == ("", 2)


def test_texts_longer_than_in_training_may_be_classified_whole(trained: Trained) -> None:
    text = " ".join(["soup", *FILLERS * 4, "not", "good", *FILLERS * 4, "and", "lovely"])
    path = trained.run / "recipe.toml"
    for overrides, whole in ([], False), (["decoding.max_length=100"], True):
        known: Any = load(trained.run)
        known.recipe = load_recipe(path, overrides, task="sentiment")
        (token_ids,) = known.tokenizer.encode([text])
        classifier = known.predictor()
        (pooled,) = classifier.pool([np.array([*token_ids, EOS], np.int32)])
        assert np.allclose(classifier.logits([text])[0], pooled.logits, atol=1e-5) is whole
