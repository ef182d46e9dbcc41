"""Tests of the head of a training."""

import logging
from pathlib import Path

import pytest

from nlp_apps.recipe import load as recipes
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.resources import find_recipe
from nlp_apps.tasks import text_head
from nlp_apps.tasks.text_head import log_head
from tests.inspection.made import clean, labelled

Log = pytest.LogCaptureFixture


@pytest.fixture
def recipe() -> AnyRecipe:
    return recipes.from_dict({"data": {"train": "train.tsv"}}, task="sentiment")


def records(caplog: Log, recipe: AnyRecipe, path: Path = Path("x.toml"), **splits):
    with caplog.at_level(logging.INFO):
        log_head(recipe, splits, path, "my data")
    return [(record.levelname, record.getMessage()) for record in caplog.records]


def test_the_head_of_clean_text_has_rows_labels_and_expectation(caplog: Log, recipe: AnyRecipe):
    rows, labels, expected = records(caplog, recipe, train=labelled(*clean()))
    assert rows == ("INFO", "text: train 60 texts")
    assert labels == ("INFO", "2 labels: good 30, bad 30")
    assert expected[1].startswith("expected: ")


def test_warnings_name_the_line_the_fix_and_the_command_for_more(caplog: Log, recipe: AnyRecipe):
    train, test = labelled(*clean(), "Good|Fine."), labelled(clean()[1], name="test.tsv")
    logged = records(caplog, recipe, train=train, test=test)
    leak, similar, rare = [message for level, message in logged if level == "WARNING"]
    assert leak.startswith("1 of 1 texts (100%) of test is also in train. First: test.tsv, line 1.")
    assert "train.tsv, line 61" in similar
    assert rare.endswith("Details: nlp-apps sentiment inspect train.tsv --data-dir 'my data'")


def test_the_command_names_the_recipe(caplog: Log, recipe: AnyRecipe, tmp_path: Path):
    mine = tmp_path / "mine.toml"
    mine.touch()
    for path, name in [(mine, str(mine)), (find_recipe("sentiment-reviews"), "sentiment-reviews")]:
        caplog.clear()
        *_, (_, last) = records(caplog, recipe, path, train=labelled(*clean(), "mixed|Fine."))
        assert f"inspect {name} --data-dir" in last


def test_a_failing_inspection_stops_no_training(
    caplog: Log, recipe: AnyRecipe, monkeypatch: pytest.MonkeyPatch
):
    def fail(*arguments: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(text_head, "inspect_corpora", fail)
    ((level, message),) = records(caplog, recipe, train=labelled(*clean()))
    assert level == "WARNING"
    assert "RuntimeError: a bug" in message
