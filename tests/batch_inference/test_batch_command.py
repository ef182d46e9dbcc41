"""Tests of `nlp-apps batch`: predictions, dead letters, counts, resuming, errors."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nlp_apps
from nlp_apps import sentiment
from nlp_apps.batch_inference import batch_command
from nlp_apps.io.folder_lock import locked_folder
from tests.batch_inference.conftest import NUM_LINES, Batch, read_parts, snapshot, write_lines
from tests.commands import assert_alike, fails
from tests.tiny_models import Made

ROOT = Path(__file__).parents[2]
BAD = NUM_LINES // 20


def test_every_row_has_a_prediction_or_a_dead_letter(
    batch: Batch, classifier: Path, tmp_path: Path
):
    source = write_lines(tmp_path / "in.txt")
    words = (classifier, source, tmp_path / "out", "--shard-rows", 20)
    result = batch(*words, "--processes", 2, "--json")
    assert result.code == 0, result.err
    summary = json.loads(result.out)
    assert summary == json.loads((tmp_path / "out" / "_summary.json").read_text())
    assert (summary["rows"], summary["predictions"]) == (NUM_LINES, NUM_LINES - BAD)
    assert (summary["dead_letters"], summary["shards"]) == (BAD, 4)
    found = read_parts(tmp_path / "out")
    lines = source.read_bytes().split(b"\n")
    texts = [line.decode() for line in lines[:-1] if line != b"\xff"]
    expected = {
        text: one
        for text, one in zip(
            filter(None, texts),
            sentiment.predict(str(classifier), list(filter(None, texts))),
            strict=True,
        )
    }
    assert [row["input"] for row in found] == [{"text": text} for text in texts]
    assert [row["prediction"] for row in found] == [
        expected.get(text, {"label": ""}) for text in texts
    ]
    letters = read_parts(tmp_path / "out", "dead-letters")
    assert [letter["line"] for letter in letters] == [20, 40, 60]
    assert letters[0]["file"] == str(source) and letters[0]["row"] == "\\xff"
    assert letters[0]["reason"].startswith("not UTF-8")
    places = sorted([row["line"] for row in found] + [letter["line"] for letter in letters])
    assert places == list(range(1, NUM_LINES + 1))


@pytest.mark.parametrize("kind", ["run", "saved_model", "tflite"])
@pytest.mark.parametrize("task", ["sentiment", "generation"])
def test_predictions_are_those_of_predict_for_every_kind_of_model(
    task: str, kind: str, batch: Batch, tmp_path: Path, request: pytest.FixtureRequest
):
    fixture = {"run": "tiny_run", "saved_model": "tiny_saved_model", "tflite": "tiny_lite"}[kind]
    made: Made = request.getfixturevalue(fixture)
    model = made(task)
    texts = ["the sea", "moon and green house", "old", "tea river", "a"]
    settings: dict[str, Any] = {"seed": 3, "max_tokens": 4} if task == "generation" else {}
    (tmp_path / "in.jsonl").write_text(
        "".join(json.dumps({"id": index, "text": text}) + "\n" for index, text in enumerate(texts))
    )
    flags = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    words = (model, tmp_path / "in.jsonl", tmp_path / "out", *flags, "--keep-too-long")
    result = batch(*words, "--processes", 1, "--shard-rows", 2)
    assert result.code == 0, result.err
    app = getattr(nlp_apps, task)
    expected = list(app.predict(str(model), texts, **settings))
    found = read_parts(tmp_path / "out")
    assert [row["input"]["id"] for row in found] == [0, 1, 2, 3, 4]
    for row, one in zip(found, expected, strict=True):
        assert_alike(row["prediction"], dict(one))


def test_a_text_longer_than_the_model_reads_is_a_dead_letter_unless_kept(
    batch: Batch, classifier: Path, tmp_path: Path
):
    (tmp_path / "in.csv").write_text(f"label,text\ngood,{'very ' * 2000}\nbad,fine\n")
    words = (classifier, tmp_path / "in.csv", tmp_path / "out", "--processes", 1)
    assert batch(*words).code == 0
    (letter,) = read_parts(tmp_path / "out", "dead-letters")
    assert letter["line"] == 2 and "--keep-too-long" in letter["reason"]
    assert [row["input"]["label"] for row in read_parts(tmp_path / "out")] == ["bad"]
    assert batch(*words, "--keep-too-long", "--overwrite").code == 0
    assert [row["prediction"]["too_long"] for row in read_parts(tmp_path / "out")] == [True, False]
    assert not (tmp_path / "out" / "dead-letters").exists()


def test_fields_that_json_cannot_hold_make_a_dead_letter(
    batch: Batch, classifier: Path, tmp_path: Path
):
    nested = "[" * 500 + "]" * 500
    lines = [f'{{"text": "a", "more": {nested}}}', '{"text": "a", "more": "\\udc00"}']
    (tmp_path / "in.jsonl").write_text("\n".join([*lines, '{"text": "a", "more": NaN}']))
    assert batch(classifier, tmp_path / "in.jsonl", tmp_path / "out", "--processes", 1).code == 0
    letters = read_parts(tmp_path / "out", "dead-letters")
    assert [letter["line"] for letter in letters] == [1, 2]
    assert [row["input"]["more"] for row in read_parts(tmp_path / "out")] == [None]


@pytest.fixture
def no_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the import of TensorFlow and Keras an error, also in workers."""
    folder = tmp_path / "broken"
    for name in ("tensorflow", "keras"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise RuntimeError('TensorFlow is imported')")
    path = os.pathsep.join([str(folder), str(ROOT), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)


def command(*words: Any) -> list[str]:
    return [sys.executable, "-m", "nlp_apps", "batch", *map(str, words)]


@pytest.mark.usefixtures("no_tensorflow")
def test_a_tflite_is_predicted_without_tensorflow(classifier: Path, tmp_path: Path):
    source = write_lines(tmp_path / "in.txt")
    words = command(classifier, source, tmp_path / "out", "--processes", 2, "--shard-rows", 40)
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(read_parts(tmp_path / "out")) == NUM_LINES - BAD


# Resuming ----------------------------------------------------------------------------------------


def killed_in_the_middle(words: list[str], output: Path, number: int) -> None:
    """Starts a command, and sends it a signal when it has finished two shards."""
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, cwd=ROOT)
    end = time.monotonic() + 120
    while len(list(output.glob("part-*"))) < 2 and time.monotonic() < end:
        assert process.poll() is None, "the command ended before it was killed"
        time.sleep(0.01)
    process.send_signal(number)
    process.wait(60)
    assert process.returncode != 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_continues_with_the_missing_shards(
    number: int, batch: Batch, classifier: Path, tmp_path: Path
):
    source = write_lines(tmp_path / "in.txt", 6_000)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    flags = ("--processes", 2, "--shard-rows", 300)
    assert batch(classifier, source, whole, *flags).code == 0
    killed_in_the_middle(command(classifier, source, broken, *flags), broken, number)
    finished = snapshot(broken)
    expected = snapshot(whole)
    parts = {name for name in finished if name.startswith("part-")}
    assert 2 <= len(parts) < 20
    assert {name: expected[name] for name in parts} == {name: finished[name] for name in parts}
    assert not (broken / "_summary.json").exists()
    times = {name: (broken / name).stat().st_mtime_ns for name in parts}
    fails(batch(classifier, source, broken, *flags), 2, "broken: exists", "--resume")
    result = batch(classifier, source, broken, *flags, "--resume", "--json")
    assert result.code == 0, result.err
    assert 2 * 300 <= json.loads(result.out)["resumed_rows"] < 6_000
    assert snapshot(broken) == expected
    assert {name: (broken / name).stat().st_mtime_ns for name in times} == times
    # A finished run has nothing to do, and keeps its summary.
    before = (broken / "_summary.json").read_bytes()
    result = batch(classifier, source, broken, *flags, "--resume", "--json")
    assert result.code == 0 and json.loads(result.out)["resumed_rows"] == 6_000
    assert (broken / "_summary.json").read_bytes() == before
    assert snapshot(broken) == expected


@pytest.fixture
def finished(batch: Batch, classifier: Path, tmp_path: Path) -> list[Any]:
    """Words of a run that is finished, except for one shard."""
    source = write_lines(tmp_path / "in.txt")
    words = [classifier, source, tmp_path / "out", "--shard-rows", 20, "--processes", 1]
    assert batch(*words).code == 0
    (tmp_path / "out" / "part-00001-of-00004.jsonl").unlink()
    return words


def test_another_model_input_or_setting_is_not_mixed_with_finished_shards(
    finished: list[Any], batch: Batch, tmp_path: Path, request: pytest.FixtureRequest
):
    other = request.getfixturevalue("tiny_lite")("sentiment")
    before = snapshot(tmp_path / "out")
    model, source, *rest = finished
    fails(batch(other, source, *rest, "--resume"), 2, "made with other model")
    fails(batch(*finished, "--keep-too-long", "--resume"), 2, "made with other keep_too_long")
    fails(batch(*finished, "--shard-rows", 30, "--resume"), 2, "made with other shard_rows")
    write_lines(source, 71)
    fails(batch(*finished, "--resume"), 2, "made with other inputs")
    assert snapshot(tmp_path / "out") == before
    assert batch(*finished, "--overwrite").code == 0
    assert len(read_parts(tmp_path / "out")) == 71 - BAD


def test_missing_rows_are_an_error(finished: list[Any], batch: Batch, tmp_path: Path):
    part = tmp_path / "out" / "part-00002-of-00004.jsonl"
    part.write_bytes(part.read_bytes().split(b"\n", 1)[1])
    fails(
        batch(*finished, "--resume"),
        *(1, "part-00002-of-00004.jsonl: 18 predictions and 1 dead letters of 20 rows"),
    )


def test_another_process_in_the_output_is_an_error(
    finished: list[Any], batch: Batch, tmp_path: Path
):
    with locked_folder(tmp_path / "out"):
        fails(batch(*finished, "--resume"), 2, "is predicting into this folder", "another folder")


# Errors ------------------------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Path]:
    """An input; after the test, there must be no other file beside it."""
    path = write_lines(tmp_path / "in.txt")
    yield path
    assert [one.name for one in tmp_path.iterdir()] == ["in.txt"]


@pytest.mark.parametrize(
    ("flags", "code", "message"),
    [
        (["--processes", 0], 2, "--processes must be at least 1"),
        (["--shard-rows", 0], 2, "--shard-rows must be at least 1"),
        (["--resume", "--overwrite"], 2, "not both"),
        (["--ray-address", "auto"], 2, "--ray-address needs --engine ray"),
        (["--set", "seed=1"], 2, "--set seed: no setting of sentiment"),
        (["--set", "seed"], 2, "must be NAME=JSON"),
        (["--column", "text"], 2, "--column text"),
    ],
)
def test_a_wrong_flag_is_one_line_and_nothing_is_written(
    flags: list[Any], code: int, message: str, batch: Batch, classifier: Path, source: Path
):
    fails(batch(classifier, source, source.parent / "out", *flags), code, message)


def test_an_engine_that_is_not_installed_is_an_error(
    batch: Batch, classifier: Path, source: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(batch_command, "find_spec", lambda name: None)
    words = (classifier, source, source.parent / "out", "--engine", "ray")
    fails(batch(*words), 2, "pip install 'nlp-apps[ray]'")


def test_a_file_that_is_no_model_is_an_error(batch: Batch, source: Path):
    for model in ("no-such-model", source, source.parent):
        fails(batch(model, source, source.parent / "out"), 2, str(model))


def test_a_damaged_model_is_an_error_and_nothing_is_written(
    batch: Batch, classifier: Path, source: Path, tmp_path_factory: pytest.TempPathFactory
):
    damaged = tmp_path_factory.mktemp("damaged") / "model.tflite"
    content = bytearray(classifier.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    fails(batch(damaged, source, source.parent / "out"), 1, str(damaged), "checksum")


def test_a_url_or_a_file_is_no_output(batch: Batch, classifier: Path, source: Path):
    fails(batch(classifier, source, "s3://bucket/out"), 2, "OUTPUT must be a folder")
    fails(batch(classifier, source, source), 2, f"{source}: exists")
    fails(batch(classifier, source, source, "--resume"), 2, "no output of this command")


def test_a_foreign_folder_is_not_overwritten(batch: Batch, classifier: Path, source: Path):
    folder = source.parent
    fails(batch(classifier, source, folder, "--overwrite"), 2, "no output of this command")


def test_help_imports_no_heavy_library():
    code = (
        "import sys; from nlp_apps import __main__ as m; m.main(['batch', '--help'])\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert not {"tensorflow", "keras", "numpy", "ray", "fsspec"} & set(done.stderr.split())
    assert "usage: nlp-apps batch" in done.stdout


def test_a_damaged_model_replaces_no_output(finished: list[Any], batch: Batch, tmp_path: Path):
    before = snapshot(tmp_path / "out")
    damaged = tmp_path / "model.tflite"
    content = bytearray(Path(finished[0]).read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    result = batch(damaged, *finished[1:], "--overwrite")
    fails(result, 1, "model.tflite", "checksum")
    assert "are finished" not in result.err
    assert snapshot(tmp_path / "out") == before
