"""Tests of the verb predict: texts in, lines out."""

import io
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from nlp_apps import generation, resources, sentiment, translation
from nlp_apps.cli.text_io import prediction_lines
from nlp_apps.errors import UsageError
from nlp_apps.inference.artefacts import find
from tests.cli.conftest import FakeApp
from tests.commands import fails, run

Capture = pytest.CaptureFixture[str]


def set_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_predict_prints_one_line_a_text(fake: FakeApp, capsys: Capture):
    assert fake.run("predict", "runs/x", "good morning", "bye") == 0
    assert capsys.readouterr().out == "GOOD MORNING\nBYE\n"


def test_flags_work_before_between_and_after_texts(fake: FakeApp, capsys: Capture):
    for words in (["--json", "m", "hi"], ["m", "--json", "hi"], ["m", "hi", "--json"]):
        assert fake.run("predict", *words) == 0
        assert json.loads(capsys.readouterr().out) == {"translation": "HI", "score": -0.5}


def test_texts_after_two_dashes_are_no_flags(fake: FakeApp, capsys: Capture):
    assert fake.run("predict", "m", "--", "-x", "--json") == 0
    assert capsys.readouterr().out == "-X\n--JSON\n"


def test_an_empty_line_has_an_empty_prediction(fake: FakeApp, capsys: Capture, tmp_path: Path):
    lines = tmp_path / "lines.txt"
    lines.write_bytes(b"\n\na\r\n  \n\nb\n\n")
    assert fake.run("predict", "m", "--input", str(lines)) == 0
    assert capsys.readouterr().out == "\n\nA\n\n\nB\n\n"
    assert fake.run("predict", "m", "--json", "--input", str(lines)) == 0
    rows = [json.loads(line)["translation"] for line in capsys.readouterr().out.splitlines()]
    assert rows == ["", "", "A", "", "", "B", ""]


def test_empty_lines_alone_have_the_form_of_the_model():
    def predict(texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        return ({"labels": [text]} for text in texts)

    app = sentiment.APP
    lines = prediction_lines(
        predict, ["", " "], key="label", as_json=True, empty_prediction=app.empty_prediction
    )
    assert [json.loads(line) for line in lines] == [{"labels": []}] * 2


def test_only_newlines_end_an_input_line(
    fake: FakeApp, capsys: Capture, monkeypatch: pytest.MonkeyPatch
):
    set_stdin(monkeypatch, "a\u2028b\x85c\rd\ne".encode())
    assert fake.run("predict", "m", "--input", "-") == 0
    assert capsys.readouterr().out == "A B C D\nE\n"


def test_an_empty_input_prints_nothing(
    fake: FakeApp, capsys: Capture, monkeypatch: pytest.MonkeyPatch
):
    set_stdin(monkeypatch, b"")
    assert fake.run("predict", "m", "--input", "-") == 0
    assert capsys.readouterr().out == ""


def test_output_is_written_completely_or_not_at_all(fake: FakeApp, capsys: Capture, tmp_path: Path):
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("a\nb\n")
    assert fake.run("predict", "m", "--input", str(source), "--output", str(target)) == 0
    assert target.read_bytes() == b"A\nB\n"
    source.write_bytes(b"c\n\xff\n")
    assert fake.run("predict", "m", "--input", str(source), "--output", str(target)) == 1
    assert target.read_bytes() == b"A\nB\n"
    assert (tmp_path / "out.txt.partial").read_bytes() == b"C\n"
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"nlp-apps: error: {source}, line 2: ")
    assert "0xff" in err


def test_a_missing_input_is_an_error(fake: FakeApp, capsys: Capture):
    assert fake.run("predict", "m", "--input", "/no/such") == 1
    err = capsys.readouterr().err
    assert err.startswith("nlp-apps: error: --input /no/such: ")
    assert "No such file" in err


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["runs/m"], ["TEXT", "--input FILE", "--input -"]),
        (["m", "hi", "--input", "f"], ["TEXT or --input FILE", "not both"]),
        (["m", "ok", "\udcff"], ["TEXT 2", "UTF-8"]),
    ],
)
def test_a_command_without_clear_texts_is_an_error(
    fake: FakeApp, capsys: Capture, words: list[str], parts: list[str]
):
    assert fake.run("predict", *words) == 2
    err = capsys.readouterr().err
    assert err.startswith("nlp-apps: error: ")
    assert all(part in err for part in parts)


def test_a_renamed_flag_names_the_new_one():
    for old, new in (("--samples", "--num-samples"), ("--no-repeat-ngram", "--no-repeat-ngram-s")):
        for words in ([old, "3"], [f"{old}=3"]):
            fails(run(generation.APP, ["predict", "m", "hi", *words]), 2, f"{old} is now {new}")


@pytest.mark.parametrize("synonym", ["--to", "--run-dir", "--samples"])
def test_names_of_earlier_versions_are_not_in_the_help(synonym: str):
    for verb in ("train", "predict", "export", "explain"):
        assert f"{synonym} " not in run(generation.APP, [verb, "--help"]).out


# Lines -------------------------------------------------------------------------------------------


def echo(texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    for text in texts:
        yield {"t": text}


def test_input_is_read_lazily():
    read = []

    def texts() -> Iterator[str]:
        for text in ("a", "", "b", "c"):
            read.append(text)
            yield text

    lines = prediction_lines(echo, texts(), key="t", as_json=False)
    assert next(lines) == "a"
    assert read == ["a"]
    assert list(lines) == ["", "b", "c"]


def test_a_predictor_that_reads_in_batches_keeps_order_and_empty_lines():
    lines = prediction_lines(
        lambda texts: echo(list(texts)), ["", "a", "", "", "b", ""], key="t", as_json=False
    )
    assert list(lines) == ["", "a", "", "", "b", ""]


def test_marks_are_where_no_text_waits_for_its_line():
    def predict_pairs(texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        remaining = iter(texts)
        while pair := list(itertools.islice(remaining, 2)):
            yield from echo(pair)

    marks: list[tuple[int, int]] = []
    done: list[str] = []
    for line in prediction_lines(
        *(predict_pairs, ["", "a", "b", "c", "", "d", "e", ""]),
        key="t",
        as_json=False,
        at_mark=lambda num_texts: marks.append((num_texts, len(done))),
    ):
        done.append(line)
    assert marks == [(0, 0), (2, 3), (4, 6), (5, 8)]


@pytest.mark.parametrize(("count", "message"), [(1, "fewer"), (3, "more")])
def test_a_predictor_with_the_wrong_number_of_predictions_is_an_error(count: int, message: str):
    def predict(texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        list(texts)
        return echo(["a"] * count)

    with pytest.raises(RuntimeError, match=f"{message} predictions than texts"):
        list(prediction_lines(predict, "ab", key="t", as_json=False))


@pytest.mark.parametrize("app", [translation, sentiment, generation])
def test_one_text_instead_of_a_list_is_an_error(app: Any):
    with pytest.raises(UsageError, match=r"texts must be a list.*received one text"):
        next(iter(app.predict("no such model", "good")))


# The shipped model -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        (["Where is the station?"], ["WHERE IS THE STATION?"]),
        (["Hello"], ["HELLO"]),
        (["Good day", "Hello"], ["GOOD DAY", "HELLO"]),
    ],
)
def test_without_a_model_the_shipped_one_predicts(
    fake: FakeApp,
    capsys: Capture,
    tmp_path: Path,
    words: Any,
    texts: Any,
    monkeypatch: pytest.MonkeyPatch,
):
    shipped = tmp_path / "shipped" / "translation-tatoeba-en-fr"
    shipped.mkdir(parents=True)
    (shipped / "translation-tatoeba-en-fr.tflite").touch()
    monkeypatch.setattr(resources, "shipped_folder", lambda name: tmp_path)
    assert fake.run("predict", *words) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == texts
    assert fake.calls == [str(shipped / "translation-tatoeba-en-fr.tflite")]
    assert "shipped model translation-tatoeba-en-fr" in err


def test_a_shipped_model_is_found_by_its_name(
    fake: FakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "shipped" / "other" / "other.tflite"
    file.parent.mkdir(parents=True)
    file.touch()
    monkeypatch.setattr(resources, "shipped_folder", lambda name: tmp_path)
    assert fake.run("predict", "other", "Hello") == 0
    assert fake.calls == ["other"]
    assert find("other") == ("file", file)
    assert fake.run("predict", "other") == 2  # a model, not a text
    with pytest.raises(UsageError, match=r"or a shipped model: other\."):
        find("another")


@pytest.mark.parametrize("words", [["runs/typo", "Hello"], ["typo", "Hello"], ["typo.tflite"]])
def test_a_word_that_must_be_a_model_is_not_a_text(fake: FakeApp, words: list[str]):
    fake.run("predict", *words, *([] if len(words) > 1 else ["Hello"]))
    assert fake.calls == [words[0]]


def test_an_install_without_models_is_an_error(
    fake: FakeApp, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(resources, "shipped_folder", lambda name: tmp_path)
    assert fake.run("predict", "Good day") == 2
    assert "translation-tatoeba-en-fr" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "is_table"), [("a b.CSV", True), ("a.jsonl", True), ("a.txt", False)]
)
def test_a_table_as_lines_of_text_is_a_warning(
    fake: FakeApp, capsys: Capture, tmp_path: Path, name: str, is_table: bool
):
    path = tmp_path / name
    path.write_text("label,text\ngood,a\n")
    assert fake.run("predict", "m", "--input", str(path)) == 0
    found = capsys.readouterr()
    assert found.out == "LABEL,TEXT\nGOOD,A\n"
    assert (f"{name}' OUTPUT --column" in found.err or f"{name} OUTPUT --column" in found.err) is (
        is_table
    )
