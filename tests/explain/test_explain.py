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
def test_explain_draws_a_page_and_prints_what_counts(app, runs, tmp_path):
    path = tmp_path / "pages" / "text.html"
    result = command(app, runs[app], "The <script> fox didn't mind.", "--to", path)
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
    result = command("generation", runs["generation"], word, "--to", tmp_path / "a.html")
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


def test_a_picture_of_a_script_that_the_font_lacks_warns_and_tells_of_the_page(runs, tmp_path):
    path = tmp_path / "a.png"
    result = command("generation", runs["generation"], "\u597d\u8bc4 fox", "--to", path)
    assert result.code == 0
    assert result.err == (
        f"nlp-apps: warning: {path}: the font lacks characters of the text: they are drawn as "
        "\u25a1. For a page that has them: --to FILE.html.\n"
    )
    result = command("generation", runs["generation"], "\u597d fox", "--to", tmp_path / "a.html")
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("app", APPS)
def test_without_a_name_the_picture_is_in_the_run(app, runs, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(runs[app], folder)
    result = command(app, folder, "The fox.")
    assert result.code == 0, result.err  # what the translator says may need a warning
    assert result.out.splitlines()[-1] == str(folder / "explain.png")
    assert (folder / "explain.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        (" \t", (), "TEXT is empty"),
        ("a\udcff", (), "TEXT is not valid UTF-8"),
        ("a", ("--to", "a.jpg"), "--output a.jpg: must end in .png (picture) or .html (page)"),
        ("a", ("--to", "a"), "--output a: must end in .png (picture) or .html (page)"),
    ],
)
@pytest.mark.parametrize("app", APPS)
def test_a_wrong_command_is_an_error(app, text, words, message, runs):
    fails(command(app, runs[app], text, *words), 2, message)


@pytest.mark.parametrize("app", APPS)
def test_a_missing_run_is_an_error(app, tmp_path):
    message = f"{tmp_path / 'none'}: no such run folder. Give the folder that train wrote."
    fails(command(app, tmp_path / "none", "a"), 2, message)


def test_a_translator_without_attention_is_an_error(make_translator):
    folder = make_translator("none")
    result = command("translation", folder, "fox")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("nlp-apps: error: this model has no attention to show")
    assert len(result.err.splitlines()) == 1
    assert not (folder / "explain.png").exists()


def test_blanks_that_only_the_tokenizer_knows_are_blanks(runs, tmp_path):
    for app, folder in runs.items():
        result = command(app, folder, "\u2581", "--to", tmp_path / f"{app}.png")
        fails(result, 2, "TEXT is empty")


def test_a_model_without_gates_says_so(make_writer):
    result = command("generation", make_writer("rnn"), "fox", "--gates")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(
        'nlp-apps: error: this model has no gates to show (model.cell = "rnn").'
    )


def test_only_generation_has_the_flag_gates(runs):
    assert command("sentiment", runs["sentiment"], "fox", "--gates").code == 2
