"""Tests of the guard: exit codes, one-line errors, standard output."""

import contextlib
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nlp_apps.cli.guard import run_program
from nlp_apps.errors import UsageError, WorkError
from tests.cli.conftest import FakeApp

ROOT = Path(__file__).parents[2]
Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        (WorkError("a.tsv, line 3: bad"), 1, "error: a.tsv, line 3: bad"),
        (UsageError("x.toml: bad"), 2, "error: x.toml: bad"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left", "/f"), 1, "error: /f: No space left"),
        (OSError(28, "No space left"), 1, "error: No space left"),
        (ValueError("first\nsecond"), 1, "unexpected error: ValueError: first; .* --debug .*"),
        (WorkError("a\x1b[2J\nforged"), 1, r"error: a\\x1b\[2J\\nforged"),
        (KeyError(), 1, "unexpected error: KeyError: no message; .* --debug .*"),
    ],
)
def test_a_failure_is_one_line_and_an_exit_code(
    fake: FakeApp, capsys: Capture, failure: BaseException, code: int, message: str
):
    fake.failure = failure
    assert fake.run("train") == code
    assert re.fullmatch(f"nlp-apps: {message}\n", capsys.readouterr().err)


def test_debug_prints_the_traceback_before_the_error(fake: FakeApp, capsys: Capture):
    fake.failure = WorkError("bad")
    assert fake.run("train", "--debug") == 1
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):")
    assert err.endswith("nlp-apps: error: bad\n")


@pytest.mark.parametrize(("words", "is_flag"), [(["--debug"], True), (["--", "--debug"], False)])
def test_debug_is_a_flag_only_before_two_dashes(capsys: Capture, words: list[str], is_flag: bool):
    def fail(found: list[str]) -> None:
        assert found == words
        raise WorkError("bad")

    assert run_program(fail, words) == 1
    assert ("Traceback" in capsys.readouterr().err) == is_flag


def test_the_library_logs_to_stderr(fake: FakeApp, capsys: Capture):
    fake.run("train")
    logging.getLogger("nlp_apps.text.readers.pairs").warning("3 lines skipped")
    logging.getLogger("nlp_apps.training.loop").info("epoch 1")
    assert capsys.readouterr().err == "nlp-apps: warning: 3 lines skipped\nnlp-apps: epoch 1\n"


# Standard output of a process --------------------------------------------------------------------

PRINT_LINES = """
import sys
from nlp_apps.cli.guard import guarded
def work():
    for line in sys.stdin:
        print(line * 1000, flush=True)
raise SystemExit(guarded(work))
"""
PRINT_ONCE = (
    "from nlp_apps.cli.guard import guarded; raise SystemExit(guarded(lambda: print('hello')))"
)
COMMANDS = {
    "at once": ["-c", PRINT_LINES],
    "at the end": ["-c", PRINT_ONCE],
    "help": ["-m", "nlp_apps", "--help"],
    "help of an app": ["-m", "nlp_apps", "translation", "--help"],
    "help of a verb": ["-m", "nlp_apps", "sentiment", "predict", "--help"],
    "help of a program": ["-m", "nlp_apps", "recall", "--help"],
    "version": ["-m", "nlp_apps", "--version"],
}


def test_a_closed_pipe_prints_no_error():
    process = subprocess.Popen(
        [sys.executable, "-c", PRINT_LINES],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"hello\n"
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(b"hello\n" * 1000)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device always full")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_one_line(name: str):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, *COMMANDS[name]],
            cwd=ROOT,
            input=b"hello\n",
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    message = b"nlp-apps: error: standard output: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, message)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_closed_standard_output_is_one_line(name: str):
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, *COMMANDS[name]],
        cwd=ROOT,
        input=b"hello\n",
        stderr=subprocess.PIPE,
        check=False,
    )
    message = b"nlp-apps: error: standard output: Bad file descriptor\n"
    assert (done.returncode, done.stderr) == (1, message)


def test_a_backend_of_matplotlib_that_only_the_environment_of_a_notebook_has_is_not_used():
    program = (
        "from nlp_apps.cli.guard import guarded\n"
        "def draw():\n    import matplotlib.pyplot\n    print(matplotlib.get_backend())\n"
        "raise SystemExit(guarded(draw))"
    )
    environment = {**os.environ, "MPLBACKEND": "module://missing.backend_inline"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "agg\n", "")
