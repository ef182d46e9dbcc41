"""Runs a command under attack: in a process of its own, with bounds of time and memory."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

ROOT = Path(__file__).parents[2]

MAX_MEGABYTES = 3000
"""Memory at which a command is killed, to spare the machine."""


class Outcome(NamedTuple):
    """The end of a command.

    Attributes:
        code: its exit code; negative if it was killed.
        out: standard output.
        err: standard error.
        seconds: its duration.
        megabytes: the most memory that it had.
    """

    code: int
    out: str
    err: str
    seconds: float
    megabytes: float

    def __str__(self) -> str:
        last = (self.err.strip().splitlines() or ["no message"])[-1]
        return f"code {self.code}, {self.seconds:.1f} s, {self.megabytes:.0f} MB: {last[:300]}"


def run(
    words: Sequence[str | Path],
    *,
    seconds: float = 60,
    stdin: int | IO[Any] | None = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Outcome:
    """Runs `python -m nlp_apps WORDS`, and kills it after `seconds` or at `MAX_MEGABYTES`."""
    command = [sys.executable, "-m", "nlp_apps", *map(str, words)]
    return run_command(
        command, seconds=seconds, stdin=stdin, environment=environment, folder=folder
    )


def run_command(
    command: Sequence[str],
    *,
    seconds: float = 60,
    stdin: int | IO[Any] | None = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Outcome:
    """Runs a command; see `run`."""
    import nlp_apps

    place = str(Path(nlp_apps.__file__).parents[1])
    variables = {**os.environ, "PYTHONPATH": place, **(environment or {})}
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=variables,
        cwd=folder,
    )
    most = 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.02):
            most = max(most, _megabytes(process.pid))
            if most > MAX_MEGABYTES or time.monotonic() - started > seconds:
                process.kill()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        out, err = process.communicate()
    finally:
        done.set()
        watcher.join()
    return Outcome(
        process.returncode,
        out.decode("utf-8", "replace"),
        err.decode("utf-8", "replace"),
        time.monotonic() - started,
        most,
    )


def assert_refused(outcome: Outcome, *parts: str, megabytes: float = 1500) -> None:
    """Checks that a command ended with one line of error, within its bounds of memory."""
    assert outcome.code in (1, 2), outcome
    assert "Traceback" not in outcome.err, outcome.err
    assert "unexpected error" not in outcome.err, outcome.err
    errors = [line for line in outcome.err.splitlines() if line.startswith("nlp-apps: error: ")]
    assert len(errors) == 1, outcome.err
    for part in parts:
        assert part in errors[0], errors[0]
    assert outcome.megabytes < megabytes, outcome


def _megabytes(process: int) -> float:
    """Returns the resident memory of a process; 0 after its end."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
