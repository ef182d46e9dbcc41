"""A trial: a training in a process of its own, which a lack of memory may kill alone."""

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp_apps.cli import main as cli
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.io.folder_lock import NAME, locked_folder
from nlp_apps.training.run_folder import RunFolder

POLL_SECONDS = 0.5
"""Seconds between two reads of the evaluations of a trial."""

SECONDS_TO_END = 60.0
"""Seconds after SIGTERM until a trial is killed."""


@dataclass(frozen=True)
class TrialEnd:
    """The end of a trial.

    Attributes:
        error: the error of a trial that failed; empty: it is complete, or was stopped.
        is_stopped: whether `on_score` or the deadline ended it.
    """

    error: str = ""
    is_stopped: bool = False


def run_trial(
    words: Sequence[str],
    run: RunFolder,
    log: Path,
    score: str,
    on_score: Callable[[int, float], bool],
    deadline: float | None = None,
) -> TrialEnd:
    """Trains, and passes the score of each evaluation to a function that may end the training.

    Args:
        words: the app and the arguments of `nlp-apps APP`.
        run: the run folder.
        log: the file that gets the output.
        score: key of the rows of `metrics.jsonl`.
        on_score: receives evaluation and score; True ends the training.
        deadline: end of the sweep in seconds of `time.monotonic`.

    Raises:
        WorkError: another process trains into the run folder.
    """
    _wait_until_free(run.path)
    parent = str(os.getpid())
    command = [sys.executable, "-m", "nlp_apps.sweep.trial_process", parent, *words]
    with open(log, "a", encoding="utf-8") as out, _started(command, out) as process:
        start, seen = log.stat().st_size, 0
        while True:
            code = process.poll()
            for row in run.read_metrics()[seen:]:
                seen += 1
                if on_score(row["evaluation"], row[score]) and code is None:
                    return TrialEnd(is_stopped=True)
            if code is not None:
                return TrialEnd(_error(log, start, code) if code else "")
            if deadline is not None and time.monotonic() > deadline:
                return TrialEnd(is_stopped=True)
            time.sleep(POLL_SECONDS)


def _wait_until_free(folder: Path) -> None:
    """Waits for the trial of a killed sweep, which ends within seconds.

    Raises:
        WorkError: it does not.
    """
    latest = time.monotonic() + SECONDS_TO_END
    while (folder / NAME).exists():
        try:
            with locked_folder(folder):
                return
        except UsageError:
            if time.monotonic() > latest:
                raise WorkError(
                    f"{folder}: the trial of a sweep that was killed still runs. End the process "
                    f"whose number is in {folder / NAME}, and continue with --resume."
                ) from None
            time.sleep(POLL_SECONDS)


@contextlib.contextmanager
def _started(command: Sequence[str], out: object) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs a process for the block; at its end, the process ends too, after its checkpoint."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=out,  # type: ignore[call-overload]
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C reaches the sweep alone.
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _error(log: Path, start: int, code: int) -> str:
    """Returns the error that a process printed last, or its signal.

    Args:
        log: the output, which may begin with that of earlier processes.
        start: bytes of theirs.
        code: the exit code.
    """
    if code < 0:
        name = signal.Signals(-code).name
        return f"killed by {name}" + (", perhaps for its memory" if name == "SIGKILL" else "")
    lines = log.read_bytes()[start:].decode("utf-8", "replace").splitlines()
    errors = [line for line in lines if line.startswith("nlp-apps: error: ")]
    return errors[-1].removeprefix("nlp-apps: error: ") if errors else f"exit code {code}"


def _end_with_parent(parent: int) -> None:
    """Interrupts this process when the sweep ends, also by `kill -9`."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Runs `nlp-apps APP ...` until its end or that of the parent."""
    parent, app, *words = sys.argv[1:]
    # The sweep may have been killed already. On Windows, the parent may be a launcher of Python.
    known = os.getppid() if sys.platform == "win32" else int(parent)
    threading.Thread(target=_end_with_parent, args=[known], daemon=True).start()
    return cli.main(importlib.import_module(f"nlp_apps.{app}").APP, words)


if __name__ == "__main__":
    sys.exit(main())
