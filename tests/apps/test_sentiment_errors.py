"""Errors of the sentiment app: labels, columns, foreign run folders."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from nlp_apps import sentiment
from nlp_apps.tasks import sentiment_task as sentiment_task
from tests.apps import moods
from tests.apps.moods import RECIPE, command
from tests.apps.trained_run import Trained
from tests.commands import Result, fails, run

FEW_LABELS = ("good", "bad")
FEW = "good\tsoup good\nbad\tsoup bad\n"


@pytest.fixture(scope="module")
def trained(shelf: Path) -> Trained:
    return moods.train(shelf)


def test_evaluate_names_the_file_of_a_label_that_train_has_not(
    trained: Trained, tmp_path: Path
) -> None:
    (tmp_path / "test.tsv").write_text("strange\tsoup good\n", encoding="utf-8")
    fails(
        command("evaluate", trained.run, "--data-dir", tmp_path),
        1,
        "test.tsv: the label 'strange' (1 times)",
        "'mixed', 'negative', 'positive'",
    )


def train_on(folder: Path, **files: str) -> Result:
    for name, text in files.items():
        (folder / f"{name}.tsv").write_text(text, encoding="utf-8")
    (folder / "moods.toml").write_text(RECIPE, encoding="utf-8")
    return run(sentiment.APP, ["train", "moods.toml", "--run-dir", "run"], folder)


def test_a_label_that_train_has_not_is_an_error(tmp_path: Path) -> None:
    result = train_on(tmp_path, train=FEW, validation=FEW, test=FEW + "odd\tsoup\n")
    fails(
        result,
        1,
        "test.tsv: the label 'odd' (1 times)",
        "'bad', 'good'",
    )


def test_many_labels_that_train_has_not_are_one_error(tmp_path: Path) -> None:
    odd = "".join(f"odd{number}\tsoup\n" * (9 - number) for number in range(7))
    fails(
        train_on(tmp_path, train=FEW, validation=FEW, test=FEW * 2 + odd),
        1,
        "test.tsv: 7 labels do not occur in the training text",
        "'odd0' (9 times), 'odd1' (8 times), 'odd2' (7 times), 'odd3' (6 times), 'odd4' (5 times) "
        "and 2 more",
    )


def held_out(folder: Path, rows: Sequence[str], share: str = "split:10%") -> Result:
    """Trains on rows of which a share each is held out."""
    recipe = RECIPE.replace("validation.tsv", share).replace("test.tsv", share)
    (folder / "train.tsv").write_text("".join(rows), encoding="utf-8")
    (folder / "moods.toml").write_text(recipe.replace("epochs = 5", "epochs = 1"), encoding="utf-8")
    return run(sentiment.APP, ["train", "moods.toml", "--run-dir", "run"], folder)


def test_labels_of_a_single_text_are_trained_on(tmp_path: Path) -> None:
    rows = [f"{label}\t{label} soup {number}\n" for number in range(60) for label in FEW_LABELS]
    rows += [f"rare{number}\tthe only text {number}\n" for number in range(30)]
    result = held_out(tmp_path, rows)
    assert result.code == 0, result.err
    data = json.loads((tmp_path / "run" / "data.json").read_text(encoding="utf-8"))
    assert [data[split]["texts"] for split in ("train", "validation", "test")] == [120, 15, 15]
    labels = json.loads((tmp_path / "run" / "labels.json").read_text(encoding="utf-8"))["labels"]
    assert {f"rare{number}" for number in range(30)} < set(labels)


@pytest.mark.parametrize(
    ("num_rows", "parts"),
    [
        (690, ("train.tsv: 690 different labels in 690 texts", "data.label_column")),
        (15, ("train.tsv: data.validation = 'split:10%'", "15 labels", "data.label_column")),
    ],
)
def test_a_column_of_row_numbers_is_no_column_of_labels(
    tmp_path: Path, num_rows: int, parts: tuple[str, ...]
) -> None:
    result = held_out(tmp_path, [f"{number}\tsoup {number}\n" for number in range(num_rows)])
    fails(result, 1, *parts)
    assert not (tmp_path / "run").exists()


def test_to_start_from_a_classifier_is_an_error_that_names_the_key(
    trained: Trained, tmp_path: Path
) -> None:
    for name in ("moods.toml", "train.tsv", "validation.tsv", "test.tsv"):
        shutil.copy(trained.corpus / name, tmp_path)
    words = [
        "train",
        "moods.toml",
        "--run-dir",
        "run",
        "--set",
        f"model.init_encoder_from={trained.run}",
    ]
    fails(
        run(sentiment.APP, words, tmp_path),
        2,
        f"model.init_encoder_from: {trained.run} is a run of sentiment; it must be a "
        "language model (generation).",
    )
    assert not (tmp_path / "run").exists()


def test_one_label_only_is_an_error(tmp_path: Path) -> None:
    result = train_on(tmp_path, train="good\tsoup\n", validation=FEW, test=FEW)
    fails(
        result,
        1,
        "train.tsv: every text has the label 'good'",
        "data.label_column",
    )


def test_a_column_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("mood,words\ngood,soup\n", encoding="utf-8")
    (tmp_path / "moods.toml").write_text(RECIPE.replace("train.tsv", "train.csv"), encoding="utf-8")
    result = run(sentiment.APP, ["train", "moods.toml", "--run-dir", "run"], tmp_path)
    assert result.code == 1
    assert (
        "no column 'label' (data.label_column). Its first line names: 'mood', 'words'."
        in result.err
    )
    assert "Traceback" not in result.err


def test_a_run_of_another_app_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text('task = "translation"\n', encoding="utf-8")
    (tmp_path / "weights.h5").write_bytes(b"")
    result = command("predict", tmp_path, "soup")
    assert result.code == 2
    assert "task must be 'sentiment' for this app, received 'translation'" in result.err
