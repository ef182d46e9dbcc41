"""Several labels a text, from the recipe to every artefact."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nlp_apps
from nlp_apps import sentiment
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.litert.lite_classifier import LiteClassifier
from nlp_apps.litert.metadata import read_metadata
from nlp_apps.results import LabelSet
from tests.apps import topics
from tests.apps.topics import RECIPE, command
from tests.apps.trained_run import Trained
from tests.commands import fails, run

TEXTS = [
    "the parcel is late and you charged me twice",
    "hello and good morning",
    "the screen is broken and the courier never came and the invoice is wrong",
]
SETS = [{"billing", "delivery"}, set(), {"billing", "damage", "delivery"}]


@pytest.fixture(scope="module")
def trained(shelf: Path) -> Trained:
    return topics.train(shelf)


@pytest.fixture(scope="module")
def exported(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "topics"
    words = ["--format", "saved_model", "--format", "tflite", "--output", folder]
    result = command("export", trained.run, *words)
    assert result.code == 0, result.err
    return folder


def test_training_learns_the_sets_and_compares_them_with_baselines(trained: Trained) -> None:
    summary = json.loads((trained.run / "summary.json").read_text("utf-8"))
    assert summary["scores"]["test"]["micro_f1"] > 0.95
    assert summary["comparison"]["score"] == "micro_f1"
    baselines = summary["baselines"]["test"]
    assert baselines["most_frequent_label"]["micro_f1"] < 0.7
    assert baselines["tfidf_logistic_regression"]["micro_f1"] > 0.9
    labels = json.loads((trained.run / "labels.json").read_text("utf-8"))
    assert labels["labels"] == ["billing", "damage", "delivery"]
    assert all(0 < one < 1 for one in labels["thresholds"])
    assert "3 labels: " in trained.logged


def test_predict_prints_every_label_above_its_threshold(trained: Trained) -> None:
    result = command("predict", trained.run, *TEXTS, " ")
    lines = result.out.split("\n")
    assert [set(line.split("\t")[::2]) for line in lines[:1] + lines[2:3]] == [SETS[0], SETS[2]]
    assert lines[1] == "(no label)"
    assert lines[3] == ""
    probabilities = [float(one) for one in lines[2].split("\t")[1::2]]
    assert probabilities == sorted(probabilities, reverse=True)


def test_predict_prints_sets_as_json(trained: Trained) -> None:
    rows = [
        json.loads(line)
        for line in command("predict", trained.run, *TEXTS, " ", "--json").out.splitlines()
    ]
    assert [set(row["labels"]) for row in rows] == [*SETS, set()]
    assert rows[0].keys() == {"labels", "probabilities", "too_long"}
    assert rows[0]["probabilities"].keys() == {"billing", "damage", "delivery"}
    assert rows[3] == {"labels": []}


def test_evaluate_prints_thresholds_and_no_confusion_matrix(trained: Trained) -> None:
    result = command("evaluate", trained.run)
    assert "label     precision  recall      F1  threshold  support" in result.out
    assert "true \\ predicted" not in result.out
    assert (trained.run / "labels-test.png").is_file()
    scores = json.loads(command("evaluate", trained.run, "--json").out)
    assert scores["labels"]["damage"].keys() >= {"precision", "recall", "f1", "threshold"}
    assert "confusion" not in scores


def test_a_chosen_label_is_explained(trained: Trained, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = command("explain", trained.run, TEXTS[0], "--label", "delivery", "--output", page)
    assert result.out.startswith("delivery\t"), result.err
    rows = [line.split() for line in result.out.split("\n\n")[1].splitlines()]
    change = {row[0]: float(row[1]) for row in rows[1:]}
    assert min(change, key=lambda word: change[word]) in ("parcel", "late")
    assert "threshold" in page.read_text("utf-8")
    fails(command("explain", trained.run, "hello", "--label", "odd"), 2, "--label 'odd'", "billing")


def test_a_resumed_run_is_the_same(trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.corpus, tmp_path / "corpus")
    words = ["train", "topics.toml", "--run-dir", "again", "--set"]
    first = run(sentiment.APP, [*words, "training.epochs=2"], tmp_path / "corpus")
    assert first.code == 0, first.err
    result = run(sentiment.APP, [*words, "training.epochs=4", "--resume"], tmp_path / "corpus")
    assert result.code == 0, result.err
    again = json.loads((tmp_path / "corpus/again/labels.json").read_text("utf-8"))
    assert again["labels"] == ["billing", "damage", "delivery"]
    assert again["multi_label"]


def test_artefacts_predict_the_sets_of_the_run(trained: Trained, exported: Path) -> None:
    expected = nlp_apps.load(trained.run).predict([*TEXTS, ""])
    lite = exported / "topics.tflite"
    for path in (exported / "1", lite):
        found = nlp_apps.load(path).predict([*TEXTS, ""])
        for one, other in zip(found, expected, strict=True):
            assert isinstance(one, LabelSet)
            assert set(one.labels) == set(other.labels)
            np.testing.assert_allclose(
                list(one.probabilities.values()), list(other.probabilities.values()), atol=0.02
            )
    assert expected[0].label in SETS[0]
    assert expected[3] == LabelSet((), dict.fromkeys(expected[3].probabilities, 0.0))
    thresholds = json.loads((trained.run / "labels.json").read_text("utf-8"))["thresholds"]
    assert read_metadata(lite)["thresholds"] == thresholds
    assert LiteClassifier(lite).model.metadata["labels"] == ["billing", "damage", "delivery"]


def test_signatures_have_padded_labels_and_a_mask(exported: Path) -> None:
    model = SavedModel(exported / "1", "sentiment")
    rows = list(model.rows("serving_default", [*TEXTS, ""]))
    assert [set(row["labels"]) - {""} for row in rows] == [*SETS, set()]
    masked = list(model.rows("probabilities", [*TEXTS, ""]))
    for row, wanted in zip(masked, [*SETS, set()], strict=True):
        pairs = zip(row["labels"], row["selected"], strict=True)
        assert {label for label, is_selected in pairs if is_selected} == wanted
        assert len(row["thresholds"]) == 3
    assert next(iter(model.rows("attend", TEXTS[:1])))["label"] in SETS[0]


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.tsv").write_text(text, encoding="utf-8")
    (folder / "topics.toml").write_text(RECIPE, encoding="utf-8")


GOOD = "billing,delivery\tpay the parcel\n\thello\nbilling\tpay\n"


@pytest.mark.parametrize(
    ("files", "parts"),
    [
        ({"train": "\tone\n\ttwo\n"}, ["train.tsv: no text has a label", "data.label_column"]),
        (
            {"train": "a,b\tone\nb,a\ttwo\n"},
            ["train.tsv: every text has the same labels, 'a', 'b'", "data.label_column"],
        ),
        (
            {"train": GOOD, "test": "billing,odd\tpay\n"},
            ["test.tsv: the label 'odd' (1 times)", "'billing', 'delivery'"],
        ),
    ],
)
def test_labels_that_do_not_fit_are_one_error(
    tmp_path: Path, files: dict[str, str], parts: list[str]
) -> None:
    write(tmp_path, **{"train": GOOD, "validation": GOOD, "test": GOOD, **files})
    result = run(sentiment.APP, ["train", "topics.toml", "--run-dir", "run"], tmp_path)
    fails(result, 1, *parts)


@pytest.mark.parametrize(
    ("override", "parts"),
    [
        ("training.monitor=accuracy", ["training.monitor", "micro_f1", "'accuracy'"]),
        ("data.label_separator=", ["data.label_separator"]),
    ],
)
def test_settings_that_do_not_fit_are_one_error(
    tmp_path: Path, override: str, parts: list[str]
) -> None:
    write(tmp_path, train=GOOD, validation=GOOD, test=GOOD)
    fails(run(sentiment.APP, ["train", "topics.toml", "--set", override], tmp_path), 2, *parts)


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        (["training.monitor=micro_f1"], "training.monitor"),
        (["data.label_separator=|"], "data.label_separator"),
    ],
)
def test_settings_of_sets_need_multi_label(tmp_path: Path, overrides: list[str], key: str) -> None:
    write(tmp_path, train=GOOD)
    words: list[Any] = ["train", "topics.toml", "--set", "data.multi_label=false"]
    for override in overrides:
        words += ["--set", override]
    fails(run(sentiment.APP, words, tmp_path), 2, key, "data.multi_label")


def test_texts_with_one_label_each_are_a_warning(tmp_path: Path) -> None:
    write(tmp_path, train="a|b\tone\na\ttwo\nb\tthree\n")
    words = ["train", "topics.toml", "--run-dir", "run", "--set", "data.validation=missing.tsv"]
    for split in ("validation", "test"):
        (tmp_path / f"{split}.tsv").write_text("a\tone\nodd\ttwo\n", encoding="utf-8")
    result = run(sentiment.APP, words[:4], tmp_path)
    assert result.code == 1  # the unknown label comes before the warning
    (tmp_path / "validation.tsv").write_text("a\tone\n", encoding="utf-8")
    (tmp_path / "test.tsv").write_text("a\tone\n", encoding="utf-8")
    result = run(sentiment.APP, [*words[:4], "--set", "training.max_steps=1"], tmp_path)
    assert "no text has several labels, separated by ','" in result.err
