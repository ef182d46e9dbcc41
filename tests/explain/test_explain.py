"""Tests of the verb explain."""

import json
import shutil
from typing import Any

import pytest

from nlp_apps import generation, sentiment, translation
from tests.commands import Result, fails, run

APPS = {"translation": translation.APP, "sentiment": sentiment.APP, "generation": generation.APP}


def command(app: str, *words: Any) -> Result:
    """Runs `explain` of an app."""
    return run(APPS[app], ["explain", *words])


@pytest.mark.parametrize("app", APPS)
def test_explain_writes_a_page_and_prints_the_most_important_words(app, runs, tmp_path):
    path = tmp_path / "pages" / "text.html"
    result = command(app, runs[app], "The <script> fox didn't mind.", "--output", path)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[-1] == str(path)
    assert lines[2].startswith("word ")
    assert len(lines) > 5
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "script" in page
    assert [found.name for found in path.parent.iterdir()] == ["text.html"]


def test_a_word_is_printed_with_its_joiners(runs, tmp_path):
    word = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    result = command("generation", runs["generation"], word, "--output", tmp_path / "a.html")
    assert (result.code, result.err) == (0, "")
    assert word in result.out
    assert "\ufffd" not in result.out


def test_lines_of_a_log_are_scored_raw_and_printed_without_their_commands(runs, tmp_path):
    log, raw = tmp_path / "app.log", "\x1b[31mfail\x1b[0m\t\x1b]0;title\x07"
    log.write_text(f"the fox\n{raw}\n", encoding="utf-8")
    words = ["score", runs["generation"], "--input", log, "--top", 9]
    shown = run(APPS["generation"], words).out
    assert "\ufffd[31mfail\ufffd[0m\t\ufffd]0;title\ufffd\n" in shown
    assert not {"\x1b", "\x07"} & set(shown)
    found = json.loads(run(APPS["generation"], [*words, "--json"]).out)
    assert raw in [row["text"] for row in found["lines"]]
    shown = run(APPS["generation"], ["score", runs["generation"], raw]).out
    assert shown.endswith("\t\ufffd[31mfail\ufffd[0m\t\ufffd]0;title\ufffd\n")


def test_a_script_that_the_font_lacks_logs_a_warning_that_names_html(runs, tmp_path):
    path = tmp_path / "a.png"
    result = command("generation", runs["generation"], "\u597d\u8bc4 fox", "--output", path)
    assert result.code == 0
    assert result.err.startswith(f"nlp-apps: warning: {path}: the font lacks characters")
    assert "\u25a1" in result.err
    assert "--output FILE.html" in result.err
    assert result.err.count("\n") == 1
    result = command(
        "generation", runs["generation"], "\u597d fox", "--output", tmp_path / "a.html"
    )
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("app", APPS)
def test_without_a_name_the_picture_is_in_the_run(app, runs, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(runs[app], folder)
    result = command(app, folder, "The fox.")
    assert result.code == 0, result.err  # the translation may cause a warning
    assert result.out.splitlines()[-1] == str(folder / "explain.png")
    assert (folder / "explain.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        (" \t", (), "TEXT is empty"),
        ("a\udcff", (), "TEXT is not valid UTF-8"),
        ("a", ("--output", "a.jpg"), "--output a.jpg: must end in .png (picture) or .html (page)"),
        ("a", ("--output", "a"), "--output a: must end in .png (picture) or .html (page)"),
    ],
)
@pytest.mark.parametrize("app", APPS)
def test_a_wrong_command_is_an_error(app, text, words, message, runs):
    fails(command(app, runs[app], text, *words), 2, message)


@pytest.mark.parametrize("app", APPS)
def test_a_missing_run_is_an_error(app, tmp_path):
    message = f"{tmp_path / 'none'}: no such run folder"
    fails(command(app, tmp_path / "none", "a"), 2, message)


def test_a_translator_without_attention_is_an_error(make_translator):
    folder = make_translator("none")
    fails(command("translation", folder, "fox"), 2, "no attention", 'model.attention = "none"')
    assert not (folder / "explain.png").exists()


def test_the_space_mark_of_the_tokenizer_is_an_empty_text(runs, tmp_path):
    for app, folder in runs.items():
        result = command(app, folder, "\u2581", "--output", tmp_path / f"{app}.png")
        fails(result, 2, "TEXT is empty")


def test_gates_of_a_model_without_gates_are_an_error(make_writer):
    result = command("generation", make_writer("rnn"), "fox", "--gates")
    fails(result, 2, "no gates", 'model.cell = "rnn"')


def test_only_generation_has_the_flag_gates(runs):
    assert command("sentiment", runs["sentiment"], "fox", "--gates").code == 2
