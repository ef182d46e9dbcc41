"""Fine-tuning of a classifier with several labels a text, also from one of a single label."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nlp_apps import sentiment
from nlp_apps.errors import UsageError
from nlp_apps.metrics.label_set_calibration import LabelSetCalibration, fit_label_sets
from nlp_apps.metrics.label_set_scores import f1_scores
from nlp_apps.networks.pretrained_weights import weight_name
from nlp_apps.recipe.load import from_dict
from nlp_apps.tasks.label_set_table import LabelSetTable
from nlp_apps.tasks.multi_label_task import MultiLabelTask
from nlp_apps.tasks.run import load
from nlp_apps.text.corpus import LabelledText
from tests.tasks.test_fine_tuned_labels import TOKENIZER, written
from tests.tasks.test_fine_tuning import MODEL, OLD, TRAINING, interrupted

OLD_SETS = "".join(
    f"red,round\ta red ball {n}\nred\ta red box {n}\n\ta box {n}\nround\ta ball {n}\n"
    for n in range(12)
)
NEW_SETS = "".join(
    f"red,wet\ta red rain {n}\nwet\train again {n}\nred\ta red sky {n}\n\ta sky {n}\n"
    for n in range(10)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run `general` of several labels a text."""
    found = tmp_path_factory.mktemp("sets")
    sentiment.train(
        {
            "data": {**written(found / "old.tsv", OLD_SETS), "multi_label": True},
            "tokenizer": TOKENIZER,
            "model": {**MODEL, "ngrams": 256},
            "training": {**TRAINING, "max_steps": 20, "learning_rate": 0.02},
        },
        run_dir=str(found / "general"),
    )
    return found


def tune(folder: Path, name: str = "tuned", **options: Any) -> dict[str, Any]:
    data = {**written(folder / "new.tsv", NEW_SETS), "multi_label": True, **options.pop("data", {})}
    training = {**TRAINING, **options.pop("training", {})}
    start = options.pop("start", "general")
    found: dict[str, Any] = sentiment.train(
        {"data": data, "model": {"init_from": str(folder / start)}, "training": training},
        run_dir=str(folder / name),
        **options,
    )
    return found


@pytest.fixture(scope="module")
def tuned(folder: Path) -> dict[str, Any]:
    return tune(folder)


def labels_of(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "labels.json").read_text("utf-8"))
    return found


def test_labels_grow_and_the_old_ones_come_first(folder: Path, tuned: dict[str, Any]) -> None:
    assert labels_of(folder / "general")["labels"] == ["red", "round"]
    assert labels_of(folder / "tuned")["labels"] == ["red", "round", "wet"]
    assert tuned["fine_tuning"]["start"] == str(folder / "general")
    assert load(folder / "tuned").recipe.data.mix_in_share == 0.5
    (found,) = sentiment.predict(str(folder / "tuned"), ["a red ball"])
    assert set(found["probabilities"]) == {"red", "round", "wet"}


def test_scores_before_are_those_of_the_finished_model(folder: Path, tuned: dict[str, Any]) -> None:
    general = sentiment.evaluate(str(folder / "general"), "validation")
    old = tuned["fine_tuning"]["old_text"]
    for name in ("micro_f1", "macro_f1", "loss"):
        assert old["before"][name] == pytest.approx(general[name], rel=1e-5)
    assert old["before"]["loss"] != old["after"]["loss"]
    before = tuned["fine_tuning"]["before"]["test"]
    assert tuned["baselines"]["test"]["before_fine_tuning"] == before


def test_scores_on_new_text_leave_out_labels_that_it_does_not_decide(
    folder: Path, tuned: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    assert labels_of(folder / "tuned")["undecided"] == ["round"]
    assert "undecided" not in labels_of(folder / "general")
    test = tuned["scores"]["test"]
    assert set(test["labels"]) == {"red", "wet"}
    assert "round" not in test["untested_labels"]
    with caplog.at_level(logging.INFO):
        again = sentiment.evaluate(str(folder / "tuned"), "test")
    assert "leave out 1 of 3 labels, which no new training text has: 'round'" in caplog.text
    assert set(again["labels"]) == {"red", "wet"}
    for name in ("micro_f1", "subset_accuracy", "loss"):
        assert again[name] == test[name]
    # The finished model predicts the undecided label for new texts.
    before = tuned["fine_tuning"]["before"]["test"]
    rows = [line.split("\t") for line in NEW_SETS.splitlines()]
    found = sentiment.predict(str(folder / "general"), [text for _, text in rows])
    predicted = np.array([["red" in one["labels"], False] for one in found])
    known = np.array([[one in labels.split(",") for one in ("red", "wet")] for labels, _ in rows])
    assert before["micro_f1"] == pytest.approx(f1_scores(predicted, known)["micro_f1"])


def test_a_label_without_new_text_is_calibrated_on_old_text_or_keeps_its_threshold(
    folder: Path, tuned: dict[str, Any]
) -> None:
    tune(folder, "alone", data={"mix_in": "none"})
    old, new = labels_of(folder / "general"), labels_of(folder / "alone")
    for key in ("temperatures", "biases", "thresholds"):
        assert new[key][1] == old[key][1]
        assert len(new[key]) == 3
    general, alone = (load(folder / name).model for name in ("general", "alone"))
    kernel, first = (np.asarray(model.labels.kernel) for model in (alone, general))
    np.testing.assert_allclose(kernel[:, 1], first[:, 1], rtol=0.01)  # weight decay
    np.testing.assert_array_equal(
        alone.ngrams.table.numpy()[:, 1], general.ngrams.table.numpy()[:, 1]
    )


def test_thresholds_from_old_text_leave_out_labels_that_it_does_not_decide(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = from_dict({"data": {"train": "a.tsv", "multi_label": True}}, task="sentiment")
    task: Any = MultiLabelTask(recipe)  # type: ignore[arg-type]
    task.labels, task.undecided = ("old", "new"), frozenset(["old"])
    task.first_calibration = LabelSetCalibration.identity(2)
    task.finished = SimpleNamespace(labels=("old",))
    task.old_text = SimpleNamespace(train=[], validation=[LabelledText("a", "old")])
    # The model predicts the new label for the old texts, which do not name it.
    logits = np.array([[-1.0, 9.0], [-3.0, 9.0]] * 4)
    known = np.array([[True, False], [False, False]] * 4)
    monkeypatch.setattr(task, "predictor", lambda: None)
    monkeypatch.setattr(task, "logits", lambda *_: (logits, known))
    found = task._with_old_labels(LabelSetCalibration.identity(2), known[:, ::-1])
    expected = fit_label_sets(logits[:, :1], known[:, :1])
    assert found.thresholds == (expected.thresholds[0], 0.5)
    assert expected.thresholds != fit_label_sets(logits, known).thresholds[:1]


def test_a_run_that_is_resumed_ends_with_the_same_bits(
    folder: Path, tuned: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with interrupted(monkeypatch):
        tune(folder, "resumed")
    again = tune(folder, "resumed", resume=True)
    assert again["scores"] == tuned["scores"]
    assert again["fine_tuning"] == tuned["fine_tuning"]
    assert labels_of(folder / "resumed") == labels_of(folder / "tuned")
    weights = [load(folder / name).model.weights for name in ("resumed", "tuned")]
    for new, old in zip(*weights, strict=True):
        np.testing.assert_array_equal(np.asarray(new), np.asarray(old))


def test_frozen_parts_and_balanced_labels(folder: Path, tuned: dict[str, Any]) -> None:
    tune(folder, "frozen", training={"freeze": ["encoder"], "class_weight": "balanced"})
    weights = [
        {weight_name(one): np.asarray(one) for one in load(folder / name).model.weights}
        for name in ("general", "frozen", "tuned")
    ]
    kept = [name for name in weights[0] if name.startswith("encoder/")]
    assert kept
    for name in kept:
        np.testing.assert_array_equal(weights[0][name], weights[1][name])
    assert any(not np.array_equal(weights[0][name], weights[2][name]) for name in kept)


def test_every_artefact_of_a_fine_tuned_run_predicts_its_sets(
    folder: Path, tuned: dict[str, Any]
) -> None:
    run, artefacts = str(folder / "tuned"), folder / "artefacts"
    sentiment.export(run, str(artefacts), formats=("saved_model", "tflite"), quantize="none")
    texts = ["a red ball", "rain again", "a box", "a red rain"]
    expected = [one["labels"] for one in sentiment.predict(run, texts)]
    for path in (artefacts / "1", artefacts / "artefacts.tflite"):
        found = sentiment.predict(str(path), texts)
        assert [one["labels"] for one in found] == expected


def test_a_classifier_of_one_label_learns_several(folder: Path) -> None:
    sentiment.train(
        {
            "data": written(folder / "moods.tsv", OLD["sentiment"]),
            "tokenizer": TOKENIZER,
            "model": {**MODEL, "ngrams": 256},
            "training": {**TRAINING, "max_steps": 20, "learning_rate": 0.02},
        },
        run_dir=str(folder / "single"),
    )
    found = tune(folder, "from_single", start="single")
    assert labels_of(folder / "from_single")["labels"] == ["bad", "good", "red", "wet"]
    assert found["fine_tuning"]["old_text"]["before"]["micro_f1"] > 0.9
    assert found["fine_tuning"]["old_text"]["mixed"] == 40


def test_several_labels_do_not_become_one(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"predicts several labels a text\. Set data\.multi_label"):
        sentiment.train(
            {
                "data": written(folder / "moods.tsv", OLD["sentiment"]),
                "model": {"init_from": str(folder / "general")},
            },
            run_dir=str(folder / "bad"),
        )


def test_texts_decide_the_labels_that_were_known_when_they_were_labelled() -> None:
    table = LabelSetTable(["old", "both", "new"])
    assert table.add_new([LabelledText("", label) for label in ("both\nnew", "new", "")]) == [
        *("", "both\nnew", "new")
    ]
    sets = table.add_old([LabelledText("", label) for label in ("", "old")], ["old", "both"])
    assert sets == ["", "both\nnew", "new", "", "old"]
    assert table.is_decided[1:].tolist() == [[False, True, True]] * 3 + [[True, True, False]] * 2
    weights = table.balanced_weights(np.array([0.0, 1.0, 2.0, 1.0, 3.0, 1.0]))
    # old: 1 of 4 texts; both: 2 of 8; new: 3 of 4.
    np.testing.assert_allclose(weights, [[4 / 6, 8 / 12, 4 / 2], [4 / 2, 8 / 4, 4 / 6]])


def test_a_label_that_new_text_lacks_does_not_select_the_weights() -> None:
    recipe = from_dict({"data": {"train": "a.tsv", "multi_label": True}}, task="sentiment")
    task = MultiLabelTask(recipe)  # type: ignore[arg-type]
    task.labels, task.undecided = ("old", "new"), frozenset(["old"])
    targets = np.array([[False, True], [False, False], [False, False], [False, True]])
    knows_old = np.array([[4.0, 1.0], [4.0, -3.0], [-4.0, -3.0], [4.0, 1.0]])
    forgot = np.array([[-9.0, 1.0], [-9.0, -3.0], [-9.0, -3.0], [-9.0, -1.0]])
    for name in ("micro_f1", "macro_f1", "loss"):
        scores = [task.monitored_score(name, one, targets) for one in (knows_old, forgot)]
        assert scores[0] >= scores[1], name
    losses = [task.mean_cross_entropy(one, targets) for one in (knows_old, forgot)]
    assert losses[0] < losses[1]
    task.undecided = frozenset()  # a label that new text decides counts
    assert task.monitored_score("micro_f1", knows_old, targets) < 0.9


def test_baselines_of_a_split_do_not_depend_on_the_labels_of_another() -> None:
    recipe = from_dict({"data": {"train": "a.tsv", "multi_label": True}}, task="sentiment")
    task = MultiLabelTask(recipe)  # type: ignore[arg-type]
    task.labels, task.undecided = ("old", "new", "wet"), frozenset(["old"])
    train, test = (
        [LabelledText(f"{label} {place} {n}", label) for label in ("new", "wet") for n in range(9)]
        for place in ("here", "there")
    )
    splits = {"validation": [*test, LabelledText("old one", "old")], "test": test}
    found = task.baselines(train, splits)["test"]
    alone = task.baselines(train, {"validation": test, "test": test})["test"]
    assert found["most_frequent_label"] == alone["most_frequent_label"]
    both = task.baselines(train, {"test": splits["validation"]})["test"]
    assert both["most_frequent_label"] != alone["most_frequent_label"]
