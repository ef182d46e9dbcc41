"""Tests of predict --output: finished lines survive, and --resume ends with the same bytes."""

import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.cli import line_warnings, prediction_output
from nlp_apps.inference import saved_model, text_classifier, text_translator
from nlp_apps.io import partial_file, stages
from nlp_apps.io.partial_file import PartialFile
from nlp_apps.tasks import predictors
from tests.cli.conftest import FakeApp
from tests.commands import fails, run
from tests.tiny_models import Made
from tests.tiny_runs import APPS, WORDS

NUM_LINES = 70
WINDOW = 16
"""Texts that a predictor reads ahead in these tests."""


class Killed(BaseException):
    """The end of a process by `kill -9`."""


@pytest.fixture(autouse=True)
def stored_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores every mark."""
    monkeypatch.setattr(partial_file, "STATE_SECONDS", 0.0)


def write_lines(path: Path, count: int = NUM_LINES) -> Path:
    """Writes short and long lines; some are empty."""
    lines = []
    for number in range(count):
        start = number * 7 % len(WORDS)
        lines.append("" if number % 9 == 4 else " ".join(WORDS[start : start + number * 5 % 13]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def stop_at(
    monkeypatch: pytest.MonkeyPatch, number: int, error: type[BaseException], *, keep: bool = True
) -> None:
    """Raises an error before the line `number` of this process is written."""
    write, count = PartialFile.write, 0

    def failing(self: PartialFile, line: str) -> None:
        nonlocal count
        count += 1
        if count == number:
            write(self, line[: len(line) // 2])
            raise error
        write(self, line)

    monkeypatch.setattr(PartialFile, "write", failing)
    if not keep:
        monkeypatch.setattr(PartialFile, "keep", lambda self: None)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# The same bytes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["run", "saved_model", "tflite"])
@pytest.mark.parametrize("task", APPS)
def test_a_resumed_output_is_the_unbroken_one(
    task: str, kind: str, tmp_path: Path, request: pytest.FixtureRequest
):
    fixture = {"run": "tiny_run", "saved_model": "tiny_saved_model", "tflite": "tiny_lite"}[kind]
    made: Made = request.getfixturevalue(fixture)
    model = made(task)
    source = write_lines(tmp_path / "in.txt")
    load = functools.cache(predictors.load_predictor)  # Loading takes most of the time.
    for flags in ([], ["--json"]):
        if task == "generation":
            flags = [*flags, "--seed", "5", "--num-samples", "2", "--max-tokens", "4"]
        words = ["predict", model, "--input", source, *flags, "--output"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(text_translator, "CHUNK", WINDOW)
            patch.setattr(text_classifier, "CHUNK", WINDOW)
            patch.setattr(saved_model, "CHUNK", WINDOW)
            patch.setattr(predictors, "load_predictor", load)
            whole, broken = tmp_path / "whole", tmp_path / "broken"
            assert run(APPS[task], [*words, whole]).code == 0
            for number, error in ((40, KeyboardInterrupt), (1, Killed), (23, Killed)):
                with pytest.MonkeyPatch.context() as failing:
                    stop_at(failing, number, error, keep=error is not Killed)
                    if error is Killed:
                        with pytest.raises(Killed):
                            run(APPS[task], [*words, broken, "--resume"])
                    else:
                        assert run(APPS[task], [*words, broken]).code == 130
                assert not broken.exists()
                done = json.loads(broken.with_name("broken.partial.json").read_text())["mark"]
                assert 0 < done["lines"] < NUM_LINES
            result = run(APPS[task], [*words, broken, "--resume"])
            assert result.code == 0, result.err
        assert broken.read_bytes() == whole.read_bytes()
        assert whole.read_bytes().count(b"\n") == NUM_LINES
        broken.unlink()
    assert names(tmp_path) == {"in.txt", "whole"}


def test_a_bad_line_keeps_the_lines_before_it_and_can_be_repaired(
    fake: FakeApp, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_bytes(b"\xef\xbb\xbfa\n\nb\n\xff\nd\n")
    words = ["predict", "m", "--input", str(source), "--output", str(target)]
    assert fake.run(*words) == 1
    err = capsys.readouterr().err
    assert f"{source}, line 4: " in err
    assert "out.txt.partial has 3 finished lines." in err
    assert err.endswith(f"{' '.join(words)} --resume\n")
    assert err.count("\n") == 1
    source.write_bytes(b"\xef\xbb\xbfa\n\nb\ncccc\nd\ne")
    assert fake.run(*words, "--resume") == 0
    assert target.read_bytes() == b"A\n\nB\nCCCC\nD\nE\n"
    assert names(tmp_path) == {"in.txt", "out.txt"}


# Protection --------------------------------------------------------------------------------------


def interrupted(fake: FakeApp, folder: Path, *flags: str) -> list[str]:
    """Interrupts a command before line 40; returns its words."""
    source = write_lines(folder / "in.txt")
    words = ["predict", "m", "--input", str(source), "--output", str(folder / "out"), *flags]
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, 40, KeyboardInterrupt)
        assert run(fake.app, words).code == 130
    return words


def test_finished_lines_are_not_replaced_without_overwrite(fake: FakeApp, tmp_path: Path):
    words = interrupted(fake, tmp_path)
    before = (tmp_path / "out.partial").read_bytes()
    fails(run(fake.app, words), 2, "out.partial", "39 finished", "--resume", "--overwrite")
    assert (tmp_path / "out.partial").read_bytes() == before
    assert run(fake.app, [*words, "--overwrite"]).code == 0
    assert names(tmp_path) == {"in.txt", "out"}


def change_input(folder: Path) -> None:
    content = (folder / "in.txt").read_bytes()
    (folder / "in.txt").write_bytes(content.replace(b"\n", b"!\n", 1))


def shorten_input(folder: Path) -> None:
    (folder / "in.txt").write_bytes((folder / "in.txt").read_bytes()[:50])


def change_output(folder: Path) -> None:
    content = (folder / "out.partial").read_bytes()
    (folder / "out.partial").write_bytes(content.swapcase())


def shorten_output(folder: Path) -> None:
    os.truncate(folder / "out.partial", 10)


def damage_state(folder: Path) -> None:
    (folder / "out.partial.json").write_text('{"mark": {"lines": -1}}')


def change_model(folder: Path) -> None:
    (folder / "m.tflite").write_bytes(b"another")


@pytest.mark.parametrize(
    ("change", "flags", "parts"),
    [
        (change_input, (), ("in.txt", "first 39 lines")),
        (shorten_input, (), ("in.txt", "first 39 lines")),
        (change_output, (), ("out.partial", "was changed")),
        (shorten_output, (), ("out.partial", "was changed")),
        (damage_state, (), ("out.partial.json", "damaged")),
        (change_model, (), ("model was",)),
        (lambda folder: None, ("--json",), ("flags was", "json")),
    ],
)
def test_a_change_is_refused_and_nothing_is_touched(
    fake: FakeApp,
    tmp_path: Path,
    change: Callable[[Path], None],
    flags: tuple[str, ...],
    parts: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(
        prediction_output,
        "model_checksum",
        lambda path: str((tmp_path / "m.tflite").exists()),
    )
    words = interrupted(fake, tmp_path)
    change(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    fails(run(fake.app, [*words, *flags, "--resume"]), 2, *parts, "--overwrite")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_last_line_that_became_longer_is_refused(fake: FakeApp, tmp_path: Path):
    (tmp_path / "in.txt").write_text("a\nb")
    words = ["predict", "m", "--input", str(tmp_path / "in.txt"), "--output", str(tmp_path / "out")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PartialFile, "finish", lambda self, final: 1 / 0)
        assert run(fake.app, words).code == 1
    (tmp_path / "in.txt").write_text("a\nbc\n")
    fails(run(fake.app, [*words, "--resume"]), 2, "first 2 lines")


@pytest.mark.parametrize(
    ("flags", "part"),
    [
        (["--resume", "--overwrite", "--input", "in.txt", "--output", "o"], "not both"),
        (["--resume", "--input", "in.txt"], "--output FILE"),
        (["--resume", "--input", "in.txt", "--output", "-"], "--output FILE"),
        (["--resume", "--output", "o", "a text"], "--input FILE"),
        (["--resume", "--input", "-", "--output", "o"], "standard input"),
        (["--overwrite", "--input", "in.txt", "--output", "/dev/null"], "device"),
        (["--resume", "--input", "in.txt", "--output", "done"], "complete"),
        (["--input", "in.txt", "--output", "in.txt"], "would be overwritten"),
        (["--input", "o.partial", "--output", "o"], "would be overwritten"),
    ],
)
def test_flags_without_a_meaning_are_refused(
    fake: FakeApp, tmp_path: Path, flags: list[str], part: str
):
    for name in ("in.txt", "done", "o.partial"):
        (tmp_path / name).write_text("a\n")
    fails(run(fake.app, ["predict", "m", *flags], tmp_path), 2, part)
    assert names(tmp_path) == {"in.txt", "done", "o.partial"}
    assert (tmp_path / "o.partial").read_text() == "a\n"


def test_places_that_cannot_be_written_are_refused_before_the_model_loads(
    fake: FakeApp, tmp_path: Path
):
    source = write_lines(tmp_path / "in.txt")
    (tmp_path / "folder").mkdir()
    for output in (tmp_path / "folder", source / "out", tmp_path / ("x" * 255)):
        words = ["predict", "m", "--input", source, "--output", output]
        fails(run(fake.app, words), 1, "cannot write")
    assert fake.calls == []
    missing = tmp_path / "new" / "out"
    assert run(fake.app, ["predict", "m", "--input", source, "--output", missing]).code == 0
    assert names(missing.parent) == {"out"}


def test_without_finished_lines_nothing_is_left(fake: FakeApp, tmp_path: Path):
    fake.failure = KeyboardInterrupt()
    source = write_lines(tmp_path / "in.txt")
    words = ["predict", "m", "--input", source, "--output", tmp_path / "out"]
    assert run(fake.app, words).code == 130
    assert names(tmp_path) == {"in.txt"}
    fake.failure = None
    assert run(fake.app, [*words, "--resume"]).code == 0  # from line 1


# Processes ---------------------------------------------------------------------------------------

SLOW = """
import resource, sys, time
from nlp_apps.cli import main as cli
from nlp_apps.io import partial_file
from tests.cli.conftest import FakeApp
from dataclasses import replace
partial_file.STATE_SECONDS = 0.0
seconds, limit = float(sys.argv[1]), int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
fake = FakeApp()
def predict(model, texts):
    for one in fake.predict(model, texts):
        time.sleep(seconds)
        yield one
sys.exit(cli.main(replace(fake.app, predict=predict), sys.argv[3:]))
"""


def start(words: list[str], seconds: float, limit: int = 0) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", SLOW, str(seconds), str(limit), *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_for_lines(state: Path, count: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if state.exists() and json.loads(state.read_text())["mark"]["lines"] >= count:
            return
        time.sleep(0.01)
    raise AssertionError(f"{state}: no {count} lines")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_stopped_process_is_continued_and_a_second_one_waits(
    fake: FakeApp, tmp_path: Path, number: int
):
    source, target = write_lines(tmp_path / "in.txt"), tmp_path / "out"
    words = ["predict", "m", "--input", str(source), "--output", str(target)]
    process = start(words, 0.1)
    wait_for_lines(tmp_path / "out.partial.json", 3)
    for flags in ([], ["--resume"], ["--overwrite"]):
        fails(run(fake.app, [*words, *flags]), 2, f"{target}: process {process.pid} is writing")
    process.send_signal(number)
    _, err = process.communicate()
    code, line = {
        signal.SIGKILL: (-9, ""),
        signal.SIGTERM: (143, "--resume\n"),
        signal.SIGINT: (130, "--resume\n"),
    }[signal.Signals(number)]
    assert process.returncode == code
    assert err.endswith(line)
    assert not target.exists()
    assert run(fake.app, [*words, "--resume"]).code == 0
    assert target.read_text() == source.read_text().upper()
    assert names(tmp_path) == {"in.txt", "out"}


def test_a_full_disk_keeps_finished_lines(fake: FakeApp, tmp_path: Path):
    source, target = tmp_path / "in.txt", tmp_path / "out"
    source.write_text(f"{'a' * 99}\n" * 300)
    words = ["predict", "m", "--input", str(source), "--output", str(target)]
    _, err = (process := start(words, 0.0, limit=10_000)).communicate()
    assert process.returncode == 1
    assert err.startswith(f"nlp-apps: error: cannot write {target}: ")
    assert err.endswith("--resume\n")
    assert json.loads((tmp_path / "out.partial.json").read_text())["mark"]["lines"] >= 90
    assert run(fake.app, [*words, "--resume"]).code == 0
    assert target.read_text() == source.read_text().upper()


# Output for people -------------------------------------------------------------------------------


def test_progress_is_in_bytes_and_lines(
    fake: FakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shown: list[tuple[int, int | None, str]] = []

    def predict(model: str, texts: Any) -> Any:
        for text in texts:
            stage = stages._stages[-1]
            shown.append((stage.count, stage.total, stage.status))
            yield {"translation": text}

    source = tmp_path / "in.txt"
    source.write_text("one\ntwo\nthree\n")
    monkeypatch.setattr(fake, "app", fake.app.__class__(**{**vars(fake.app), "predict": predict}))
    words = ["predict", "m", "--input", str(source), "--output", str(tmp_path / "out")]
    assert fake.run(*words) == 0
    assert shown == [(0, 14, "0 lines"), (4, 14, "1 line"), (8, 14, "2 lines")]


def test_warnings_of_many_lines_are_counted(
    fake: FakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def predict(model: str, texts: Any) -> Any:
        for text in texts:
            yield {"translation": text, "too_long": True}

    monkeypatch.setattr(line_warnings, "MAX_WARNINGS", 2)
    monkeypatch.setattr(fake, "app", fake.app.__class__(**{**vars(fake.app), "predict": predict}))
    (tmp_path / "in.txt").write_text("a\n\nb\nc\nd\ne\n")
    result = run(fake.app, ["predict", "m", "--input", tmp_path / "in.txt"])
    lines = result.err.splitlines()
    assert [line.split(": ")[2] for line in lines] == [
        *("line 1", "line 3"),
        "3 more with the same warning",
    ]
