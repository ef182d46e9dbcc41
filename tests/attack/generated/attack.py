"""An attack: makes inputs from a seed, passes them to the package, and finds forbidden outcomes."""

import contextlib
import json
import random
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from nlp_apps.errors import NlpAppsError

MAX_SECONDS = 10.0
"""Time of one input."""

MAX_GROWTH = 400 << 20
"""Bytes by which the largest memory of the process may grow, over all inputs."""

MAX_MESSAGE = 12_000
"""Characters of an error message; it may name three paths of the greatest length."""


MAX_NEWLINES = 2
"""Newlines of an error message: those of paths that it names, which the command line escapes."""


class Input(NamedTuple):
    """An input.

    Attributes:
        call: its receiver, and the arguments.
        files: name -> content; the first one is the mutated one.
    """

    call: tuple[str, ...]
    files: dict[str, bytes]


class Attack:
    """An attack of one kind; a context manager that owns the attacked process or files.

    Args:
        folder: an empty folder of its own.
    """

    name: ClassVar[str]
    share: ClassVar[float]
    """Its part of all inputs."""

    batch: ClassVar[int] = 1
    """Inputs of one call of `run`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> "Attack":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def make(self, draw: random.Random) -> Input:
        """Returns the next input."""
        raise NotImplementedError

    def run(self, inputs: Sequence[Input]) -> list[str]:
        """Passes inputs to the package; returns a problem for each, empty if there is none."""
        return [problem_of(lambda one=one: self.call(one)) for one in inputs]  # type: ignore[misc]

    def call(self, one: Input) -> None:
        """Passes one input to the package."""
        raise NotImplementedError

    def problem_at_the_end(self) -> str:
        """Returns a problem of the attacked process after all inputs; empty if there is none."""
        return ""


class TooSlowError(BaseException):
    """An input takes longer than `MAX_SECONDS`; no `Exception`, which a reader might catch."""


def problem_of(work: Callable[[], object]) -> str:
    """Runs the package on one input.

    Returns:
        Empty for success and for an error of one line; otherwise a description of the outcome,
        which is forbidden.
    """
    try:
        with deadline(MAX_SECONDS):
            work()
    except NlpAppsError as error:
        if problem := _problem_of_message(str(error)):
            return problem
    except TooSlowError:
        return f"takes more than {MAX_SECONDS:g} s"
    except Exception as error:  # any other one is a finding
        return f"{type(error).__name__}: {str(error)[:500]} ({_place(error)})"
    return ""


def _problem_of_message(message: str) -> str:
    if not message.strip():
        return "an error without a message"
    if message.count("\n") > MAX_NEWLINES:
        return f"an error message of several lines: {message[:500]!r}"
    if len(message) > MAX_MESSAGE:
        return f"an error message of {len(message):,} characters: {message[:200]!r}"
    return ""


def _place(error: BaseException) -> str:
    """Returns file and line of the package in which an exception was raised."""
    found, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if "nlp_apps/" in file:
            found = f"{file.rpartition('nlp_apps/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raises `TooSlowError` in the block after some seconds; keeps the timer of a test."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TooSlowError

    handler = signal.signal(signal.SIGALRM, stop)
    began = time.monotonic()
    rest, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        left = max(0.001, rest - (time.monotonic() - began)) if rest else 0.0
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, left)


class Report(NamedTuple):
    """The result of an attack.

    Attributes:
        kind: its name.
        inputs: number of inputs.
        seconds: duration, without the start of the attacked process.
        findings: problem -> number of inputs; equal ones are counted together.
    """

    kind: str
    inputs: int
    seconds: float
    findings: dict[str, int]


def attack(kind: type[Attack], inputs: int, seed: int, folder: Path, output: Path | None) -> Report:
    """Runs an attack.

    Args:
        kind: the attack.
        inputs: number of inputs. Input i of a seed is the same in every run.
        seed: the seed.
        folder: an empty folder.
        output: the folder that receives the inputs of findings, at most ten of each; None: none.
    """
    findings: dict[str, int] = {}

    def add(problem: str, number: int, one: Input | None) -> None:
        findings[problem] = findings.get(problem, 0) + 1
        if output is not None and one is not None and findings[problem] <= 10:
            _keep(output / f"{kind.name}-{seed}-{number}", problem, one)

    with kind(folder) as attacked:
        started, memory = time.monotonic(), _peak_bytes()
        for first in range(0, inputs, kind.batch):
            numbers = range(first, min(first + kind.batch, inputs))
            some = [
                attacked.make(random.Random(f"{seed} {kind.name} {number}")) for number in numbers
            ]
            for number, one, problem in zip(numbers, some, attacked.run(some), strict=True):
                if problem:
                    add(problem, number, one)
            if first % 16 == 0 and (peak := _peak_bytes()) > memory + MAX_GROWTH:
                add("one of the last 16 inputs needs too much memory", first, some[-1])
                memory = peak
        if problem := attacked.problem_at_the_end():
            add(problem, inputs, None)
        seconds = time.monotonic() - started
    return Report(kind.name, inputs, seconds, findings)


def _keep(folder: Path, problem: str, one: Input) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    about: dict[str, Any] = {"call": one.call, "problem": problem}
    (folder / "finding.json").write_text(json.dumps(about, indent=2) + "\n")
    for name, content in one.files.items():
        (folder / name).write_bytes(content)
