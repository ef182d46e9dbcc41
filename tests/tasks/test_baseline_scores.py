"""Tests of nlp_apps.tasks.baseline_scores."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.errors import WorkError
from nlp_apps.recipe.load import from_dict
from nlp_apps.tasks.base import Task
from nlp_apps.tasks.baseline_scores import (
    compare_with_baselines,
    find_baselines,
    fit_baselines,
)
from nlp_apps.tasks.sentiment_task import SentimentTask
from nlp_apps.tasks.translation_task import TranslationTask
from nlp_apps.text.corpus import Corpus, LabelledText, Pair
from nlp_apps.training.run_folder import RunFolder

TEXTS = [LabelledText(f"the {word} soup", label) for word, label in (("good", "+"), ("bad", "-"))]
TRAIN = Corpus(TEXTS * 10, 0, "train-sum", ["train.tsv"])
TEST = Corpus(TEXTS * 3, 0, "test-sum", ["test.tsv"])


def task_of(settings: Mapping[str, Any], kind: Any = SentimentTask) -> Task[Any, Any]:
    recipe = {"data": {"train": "train.tsv"}, "name": "x", **settings}
    return kind(from_dict(recipe, (), task=kind.name))


@pytest.fixture
def task() -> Task[Any, Any]:
    found: Any = task_of({})
    found.labels = ("+", "-")
    return found


def write_run(folder: Path, task: Task[Any, Any], **summary: Any) -> RunFolder:
    run = RunFolder(folder)
    data = {"train": task.data_stats(TRAIN), "test": task.data_stats(TEST)}
    run.write_json(run.summary, {"data": data, **summary})
    return run


def read_nothing() -> Corpus[Any]:
    raise WorkError("train.tsv: missing")


def test_baselines_are_fitted_on_train_and_the_monitored_score_is_logged(
    task: Task[Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        found = fit_baselines(task, TRAIN, {"validation": TEST, "test": TEST})
    assert found["test"]["tfidf_logistic_regression"]["accuracy"] == 1.0
    assert found["test"]["majority_label"]["accuracy"] == 0.5
    assert caplog.messages == [
        "baselines: fitting on 20 texts",
        "baselines: validation accuracy: majority label 0.500, tfidf logistic regression 1.000",
    ]


def test_the_baselines_of_the_summary_are_used_for_the_same_text(
    task: Task[Any, Any], tmp_path: Path
) -> None:
    known = {"majority_label": {"accuracy": 0.25}}
    run = write_run(tmp_path, task, baselines={"test": known})
    assert find_baselines(task, run, "test", TEST, read_nothing) == known
    assert find_baselines(task, run, "train", TRAIN, read_nothing) == {}


@pytest.mark.parametrize(
    "summary",
    [
        {},
        {"baselines": {"validation": {"majority_label": {"accuracy": 0.25}}}},
        {"baselines": {"test": {"unigram_loss": 6.0}}},  # 0.1.0
    ],
)
def test_baselines_that_the_summary_lacks_are_fitted(
    task: Task[Any, Any], tmp_path: Path, summary: dict[str, Any]
) -> None:
    run = write_run(tmp_path, task, **summary)
    found = find_baselines(task, run, "test", TEST, lambda: TRAIN)
    assert found["tfidf_logistic_regression"]["accuracy"] == 1.0


def test_other_text_of_a_split_is_scored_again(task: Task[Any, Any], tmp_path: Path) -> None:
    run = write_run(tmp_path, task, baselines={"test": {"majority_label": {"accuracy": 0.25}}})
    other = Corpus(TEXTS[:1], 0, "other-sum", ["test.tsv"])
    found = find_baselines(task, run, "test", other, lambda: TRAIN)
    assert found["tfidf_logistic_regression"]["accuracy"] == 1.0


def test_training_text_that_is_missing_or_not_that_of_the_run_is_a_warning(
    task: Task[Any, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = write_run(tmp_path, task)
    assert find_baselines(task, run, "test", TEST, read_nothing) == {}
    assert "train.tsv: missing" in caplog.text
    assert find_baselines(task, run, "test", TEST, lambda: TEST) == {}
    assert "has changed since the run" in caplog.text


def test_a_training_text_with_an_unknown_label_is_a_warning(
    task: Task[Any, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    setattr(task, "labels", ("+", "0"))  # noqa: B010
    run = write_run(tmp_path, task)
    assert find_baselines(task, run, "test", TEST, lambda: TRAIN) == {}
    assert "the label '-' (10 times)" in caplog.text


@pytest.mark.parametrize(
    ("splits", "used"),
    [(["validation", "test"], "test"), (["validation"], "validation"), ([], None)],
)
def test_the_test_split_is_compared_if_there_is_one(
    task: Task[Any, Any], splits: Sequence[str], used: str | None
) -> None:
    scores = {split: {"accuracy": 0.9} for split in splits}
    baselines = {split: {"majority_label": {"accuracy": 0.5}} for split in splits}
    found = compare_with_baselines(task, scores, baselines)
    assert found.get("split") == used
    assert found.get("result") == ("better" if used else None)


def test_translation_is_compared_by_bleu_or_without_four_words_by_chrf() -> None:
    pairs = [Pair("one house", "ein Haus"), Pair("two dogs", "zwei Hunde")]
    for monitor, name in (("greedy_bleu", "bleu"), ("bleu", "bleu"), ("loss", "chrf")):
        task = task_of({"training": {"monitor": monitor}}, TranslationTask)
        assert task.compared_score == name
        found = task.baselines(pairs, {"test": [Pair("two houses", "zwei Hunde")]})["test"]
        assert list(found) == ["source_copy", "translation_memory"]
        assert found["source_copy"]["chrf"] < 50
        assert set(found["translation_memory"]) == {"bleu", "chrf"}
