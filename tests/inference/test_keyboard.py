"""The keyboards of a run, a SavedModel and a `.tflite`: equal words, and words that they learn."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

import nlp_apps
from nlp_apps import generation
from nlp_apps.errors import NlpAppsError
from tests.commands import run
from tests.tiny_models import Made

TEXTS = ["", "the ", "the h", "the sea.", "two\n", "  ", "日本", "x" * 200, "a\u0301 te", "\ufeff"]

OWN = 3 * "the hoonsea sleeps. the hoonsea runs. the hoonsea sleeps and the hoonsea runs. "


@pytest.fixture(params=["run", "tflite"])
def board(request: pytest.FixtureRequest, tiny_run: Made, tiny_lite: Made):
    return generation.keyboard(
        str({"run": tiny_run, "tflite": tiny_lite}[request.param]("generation"))
    )


def test_run_and_tflite_suggest_and_learn_the_same(tiny_run: Made, tiny_lite: Made):
    boards = [generation.keyboard(str(made("generation"))) for made in (tiny_run, tiny_lite)]
    for text in TEXTS:
        one, other = (board.suggest(text, number=6) for board in boards)
        assert [each.word for each in one] == [each.word for each in other], text
        np.testing.assert_allclose(
            [each.probability for each in one], [each.probability for each in other], rtol=1e-3
        )
        nats, other_nats = (board.learn(text).nats for board in boards)
        np.testing.assert_allclose(nats, other_nats, atol=1e-3)


def test_the_shipped_keyboard_suggests_and_learns_words():
    board = generation.keyboard("generation-tatoeba-en")
    assert board.suggest("What is your na")[0].word == "name"
    assert "hall" not in [one.word for one in board.suggest("We climb at the ")]
    board.learn(3 * "We climb at the hall. ")
    assert board.suggest("We climb at the ")[0].word == "hall"


def test_learning_lowers_the_surprisal_and_forgetting_restores_it(board):
    before = board.learn(OWN).total
    after = board.learn(OWN).total
    assert after < before - 5
    board.forget()
    assert board.learn(OWN).total == pytest.approx(before, abs=1e-3)


def test_without_a_cache_the_surprisals_are_those_of_score(board, tiny_run: Made):
    (scored,) = generation.score(str(tiny_run("generation")), ["the"])
    found = board.learn("the")
    assert found.nats[0] == pytest.approx(scored["tokens"][0]["nats"], abs=1e-3)


def test_a_learned_word_becomes_more_probable(board):
    def probabilities() -> dict[str, float]:
        return {one.word: one.probability for one in board.suggest("the ", number=6)}

    before = probabilities()
    word = max(before, key=lambda one: before[one])
    board.learn(20 * f"the {word} ")
    assert probabilities()[word] > 1.5 * before[word]


def test_every_word_completes_the_begun_one(board):
    for begun in ("h", "s", "qu"):
        for one in board.suggest(f"the {begun}", number=6):
            assert one.word.startswith(begun) and len(one.word) > len(begun)
            assert 0 < one.probability < 1


def test_the_command_prints_a_line_for_each_text(tiny_lite: Made, tmp_path):
    model, notes = str(tiny_lite("generation")), tmp_path / "notes.txt"
    notes.write_text(OWN, "utf-8")
    words = ["suggest", model, "the ", "the h"]
    rows = [json.loads(line) for line in command(*words, "--learn", str(notes), "--json")]
    assert [row["text"] for row in rows] == ["the ", "the h"]
    plain = [line.split("\t") for line in command(*words)]
    assert [len(line) for line in plain] == [3, 3]
    assert [one["word"] for one in rows[1]["words"]] != plain[1]


def command(*words: str) -> list[str]:
    done = run(generation.APP, words)
    assert done.code == 0, done.err
    return done.out.splitlines()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--top", "7", "a"], "the number of words must be from 1 to 6, received 7."),
        (["--learn", "missing.txt", "a"], "error: --learn missing.txt: cannot be read: "),
    ],
)
def test_a_wrong_command_is_one_line(tiny_lite: Made, words: list[str], message: str):
    done = run(generation.APP, ["suggest", str(tiny_lite("generation")), *words])
    assert done.code in (1, 2) and message in done.err
    assert "Traceback" not in done.err and done.out == ""


def test_a_file_without_text_is_not_learned_in_silence(tmp_path):
    for content in ("", "\n  \n"):
        (tmp_path / "notes.txt").write_text(content, "utf-8")
        words = ["suggest", "generation-tatoeba-en", "the ", "--learn", tmp_path / "notes.txt"]
        done = run(generation.APP, words)
        assert done.code == 2 and done.out == ""
        assert done.err == (
            f"nlp-apps: error: --learn {tmp_path / 'notes.txt'}: contains no text.\n"
        )


def test_a_wrong_number_is_an_error_before_the_model_is_loaded():
    with pytest.raises(NlpAppsError, match="from 1 to 6, received 0"):
        next(iter(generation.suggest("missing", ["the "], number=0)))


def test_a_saved_model_suggests_as_a_run_without_a_cache(tiny_run: Made, tiny_saved_model: Made):
    board = generation.keyboard(str(tiny_run("generation")))
    generator = nlp_apps.load(tiny_saved_model("generation"))
    for text, found in zip(TEXTS, generator.suggestions(TEXTS, number=6), strict=True):
        expected = board.suggest(text, number=6)
        assert [each.word for each in found] == [each.word for each in expected], text
        np.testing.assert_allclose(
            [each.probability for each in found],
            [each.probability for each in expected],
            rtol=1e-3,
        )
        assert [each.word for each in generator.suggest(text)] == [
            each.word for each in board.suggest(text)
        ]


def test_a_saved_model_does_not_learn(tiny_saved_model: Made, tmp_path):
    model, notes = str(tiny_saved_model("generation")), tmp_path / "notes.txt"
    notes.write_text(OWN, "utf-8")
    done = run(generation.APP, ["suggest", model, "--learn", str(notes), "the "])
    assert done.code == 2 and "does not learn. Use a run folder, a .tflite or an .onnx" in done.err
    assert done.out == "" and len(done.err.splitlines()) == 1
    board = generation.keyboard(model)
    board.forget()
    assert len(board.suggest("the ")) == 3
    with pytest.raises(NlpAppsError, match="from 1 to 6, received 7"):
        board.suggest("the ", number=7)


def test_the_command_prints_the_words_of_a_saved_model(tiny_run: Made, tiny_saved_model: Made):
    models = [str(made("generation")) for made in (tiny_run, tiny_saved_model)]
    expected, found = (command("suggest", model, "the ", "the h", "--top", "6") for model in models)
    assert found == expected


def test_a_saved_model_without_the_signature_is_an_error(tiny_saved_model: Made):
    generator = nlp_apps.load(tiny_saved_model("generation"))
    generator.model.loaded = SimpleNamespace(signatures={"serving_default": None, "score": None})
    with pytest.raises(NlpAppsError, match="no signature suggest. Export the run again"):
        generator.suggest("the ")
