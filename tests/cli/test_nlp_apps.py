"""Tests of the command `nlp-apps`: its help, its apps and its programs."""

import resource
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from nlp_apps import __main__ as entry
from nlp_apps.cli import main as cli

ROOT = Path(__file__).parents[2]
Capture = pytest.CaptureFixture[str]


def test_help_fits_on_a_screen_and_names_every_app_verb_and_program(capsys: Capture):
    assert entry.main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    first_words = {line.split()[0] for line in lines if line.startswith("  ")}
    verbs = {verb.__name__.rpartition(".")[2] for verb in cli.VERBS}
    assert first_words >= {*entry.APPS, *entry.PROGRAMS, *verbs}


def test_help_imports_nothing_heavy_and_prints_at_once():
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "nlp_apps", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    # It takes a tenth of a second of processor time; the machine may be busy.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 1.5
    for heavy in ("tensorflow", "keras", "pydantic", "numpy", "fastapi"):
        assert f" {heavy}\n" not in done.stderr


def test_version_is_printed(capsys: Capture):
    assert entry.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("nlp-apps 0.")


@pytest.mark.parametrize("words", [[], ["translate"], ["--verbose"]])
def test_a_wrong_first_argument_is_an_error(capsys: Capture, words: list[str]):
    assert entry.main(words) == 2
    err = capsys.readouterr().err
    assert err.startswith("nlp-apps: error: ")
    assert err.endswith("\nSee nlp-apps --help\n")


@pytest.mark.parametrize(
    ("word", "nearest"),
    [("tranlsation", "translation"), ("sentimnt", "sentiment"), ("sevre", "serve")],
)
def test_the_error_of_a_misspelled_name_has_the_nearest(capsys: Capture, word: str, nearest: str):
    assert entry.main([word, "train"]) == 2
    assert f" Did you mean {nearest}?\n" in capsys.readouterr().err


def test_a_verb_without_its_app_is_an_error_with_the_commands(capsys: Capture):
    assert entry.main(["train", "pairs.tsv"]) == 2
    assert "Run nlp-apps translation train or " in capsys.readouterr().err


def test_a_verb_of_one_app_names_that_app_alone(capsys: Capture):
    assert entry.main(["suggest", "model", "See "]) == 2
    message = "nlp-apps: error: suggest is a verb of an app. Run nlp-apps generation suggest.\n"
    assert capsys.readouterr().err == message


@pytest.mark.parametrize("name", [*entry.APPS, *entry.PROGRAMS])
def test_every_app_and_program_prints_its_help(capsys: Capture, name: str):
    assert entry.main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: nlp-apps {name} ")


@pytest.mark.parametrize("words", ["generation predict", "generation suggest", "generation score"])
def test_help_names_the_kinds_of_models_that_a_verb_reads(capsys: Capture, words: str):
    assert entry.main([*words.split(), "--help"]) == 0
    found = " ".join(capsys.readouterr().out.split())
    assert "run folder" in found and ".tflite or .onnx" in found


def test_help_of_batch_names_the_kinds_of_models(capsys: Capture):
    assert entry.main(["batch", "--help"]) == 0
    found = " ".join(capsys.readouterr().out.split())
    assert "run folder, SavedModel, .tflite, .onnx, or name of a shipped model" in found


@pytest.mark.parametrize("name", entry.PROGRAMS)
def test_a_program_gets_the_arguments_after_its_name(name: str, monkeypatch: pytest.MonkeyPatch):
    calls: list[list[str]] = []

    def fake(argv: list[str]) -> int:
        calls.append(argv)
        return 7

    module = import_module(f"nlp_apps.{entry.PROGRAMS[name][0]}")
    monkeypatch.setattr(module, "main", fake)
    assert entry.main([name, "a", "--b"]) == 7
    assert calls == [["a", "--b"]]
