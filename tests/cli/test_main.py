"""Tests of the parser of an app, and of the verbs train, evaluate and export."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import FakeApp

Capture = pytest.CaptureFixture[str]


def test_train_without_recipe_uses_the_default(fake: FakeApp):
    assert fake.run("train") == 0
    assert fake.calls == [("translation-phrasebook", None, None, (), False)]


@pytest.mark.parametrize("output", ["--output", "--run-dir"])
def test_train_passes_every_flag_on(fake: FakeApp, output: str):
    words = f"train a.toml --data-dir d {output} r --set model.units=3 --set x.y=z --resume"
    assert fake.run(*words.split()) == 0
    assert fake.calls == [("a.toml", "d", "r", ("model.units=3", "x.y=z"), True)]


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ([], {"budget": "normal", "overwrite": False}),
        (["--quick", "--overwrite"], {"budget": "quick", "overwrite": True}),
        (["--thorough"], {"budget": "thorough", "overwrite": False}),
    ],
)
def test_train_passes_its_budget_on(fake: FakeApp, words: list[str], options: dict[str, Any]):
    assert fake.run("train", *words) == 0
    assert fake.train_options.items() >= options.items()


def test_resume_uses_the_recipe_of_the_run(fake: FakeApp, tmp_path: Path):
    (tmp_path / "recipe.toml").touch()
    assert fake.run("train", "--resume", "--output", str(tmp_path)) == 0
    assert [call[0] for call in fake.calls] == [str(tmp_path / "recipe.toml")]


def test_resume_without_a_run_is_an_error(fake: FakeApp, tmp_path: Path, capsys: Capture):
    for folder in (tmp_path, tmp_path / "typo"):
        assert fake.run("train", "--resume", "--output", str(folder)) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"nlp-apps: error: --output {folder}: ")
        assert "recipe.toml" in error
    assert not fake.calls


def test_resume_with_a_recipe_can_start_a_run(fake: FakeApp, tmp_path: Path):
    assert fake.run("train", "a.toml", "--resume", "--output", str(tmp_path / "new")) == 0
    assert fake.calls == [("a.toml", None, str(tmp_path / "new"), (), True)]


def test_train_prints_the_run_its_speed_and_its_scores(fake: FakeApp, capsys: Capture):
    fake.run("train")
    assert capsys.readouterr().out == (
        "run                runs/x\n"
        "train_seconds      60.50\n"
        "compile_seconds    9.5\n"
        "tokens_per_second  4000.00\n"
        "test.bleu          70.12\n"
    )


def test_evaluate_prints_a_table(fake: FakeApp, capsys: Capture):
    assert fake.run("evaluate", "runs/x") == 0
    assert fake.calls == [("runs/x", "test", None)]
    assert capsys.readouterr().out == "bleu   41.50\npairs  1,000\nloss   unknown\n"


def test_evaluate_json_is_one_object_on_the_last_line(fake: FakeApp, capsys: Capture):
    assert fake.run("evaluate", "runs/x", "--split", "validation", "--json") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(last) == {"bleu": 41.5, "pairs": 1000, "loss": None}


@pytest.mark.parametrize("output", ["--output", "--to"])
def test_export_passes_every_flag_on(fake: FakeApp, tmp_path: Path, capsys: Capture, output: str):
    (tmp_path / "recipe.toml").touch()
    words = f"{output} m --format tflite --format saved_model --quantize float16 --data-dir d"
    assert fake.run("export", str(tmp_path), *words.split()) == 0
    formats = ["tflite", "saved_model"]
    assert fake.calls == [(str(tmp_path), Path("m"), "d", formats, "float16", {})]
    assert capsys.readouterr().out == "tflite.bytes  1,000\n"


def test_export_passes_the_values_of_a_model_card_on(fake: FakeApp, tmp_path: Path):
    (tmp_path / "recipe.toml").touch()
    words = "--format hub --license mit --language en --language fr --dataset me/texts --tag small"
    assert fake.run("export", str(tmp_path), *words.split()) == 0
    card = {"license": ["mit"], "language": ["en", "fr"], "datasets": ["me/texts"]}
    assert fake.calls == [
        (str(tmp_path), None, None, ["hub"], "dynamic", {**card, "tags": ["small"]})
    ]


@pytest.mark.parametrize(
    ("words", "message", "help_of"),
    [
        ([], "required: VERB", ""),
        (["trian"], "invalid choice: 'trian'", ""),
        (["trian"], "Did you mean train?", ""),
        (["train", "--unknown"], "unrecognized arguments: --unknown", " train"),
        (["train", "--otput=x"], "unrecognized arguments: --otput=x. Did you mean --out", " train"),
        (["train", "--data", "x"], "unrecognized arguments: --data", " train"),
        (["evaluate"], "the following arguments are required: RUN", " evaluate"),
        (["evaluate", "r", "--split", "dev"], "invalid choice: 'dev'", " evaluate"),
        (["score", "r"], "invalid choice: 'score'", ""),
    ],
)
def test_a_wrong_command_is_an_error_of_two_lines(
    fake: FakeApp, capsys: Capture, words: list[str], message: str, help_of: str
):
    assert fake.run(*words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()
    assert first.startswith("nlp-apps: error: ")
    assert message in first
    assert second == f"See nlp-apps translation{help_of} --help"
    assert fake.calls == []


@pytest.mark.parametrize("words", [["--debug", "train"], ["train", "--debug"]])
def test_debug_works_before_or_after_the_verb(fake: FakeApp, capsys: Capture, words: list[str]):
    fake.failure = RuntimeError("bad")
    assert fake.run(*words) == 1
    assert capsys.readouterr().err.startswith("Traceback (most recent call last):")
