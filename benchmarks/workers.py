"""Processes that run benchmark cases on request; needs only the standard library.

Each measured variant has a process of its own, so that none has the memory or the threads of
another. The processes run in turn: all variants meet the same state of the machine. `serve` is the
loop of such a process, `Worker` the other end, `measure` the turns.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from benchmarks.spread import Spread, median, spread_of

ROOT = Path(__file__).resolve().parents[1]
"""Folder of the repository, in which `python -m benchmarks.NAME` runs."""


class Measurement(NamedTuple):
    """Times of one case of one variant.

    Attributes:
        first: milliseconds of the first call, which compiles.
        milliseconds: median and spread of the later calls.
    """

    first: float
    milliseconds: Spread


def serve(prepare: Callable[[str], Callable[[], Any]]) -> None:
    """Runs the cases that standard input names, and prints their times as JSON.

    Args:
        prepare: returns the function of a case; called once for each case.
    """
    prepared = cache(prepare)
    for line in sys.stdin:
        case, calls = json.loads(line)
        run, times = prepared(case), []
        for _ in range(calls):
            started = time.perf_counter()
            run()
            times.append(1000 * (time.perf_counter() - started))
        try:
            print(json.dumps(times), flush=True)
        except BrokenPipeError:  # the report was interrupted
            sys.exit(1)


class Worker:
    """A process that calls `serve`.

    Args:
        command: Python and its arguments, run in `ROOT`.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, case: str, calls: int) -> list[float]:
        """Returns the milliseconds of each call of a case.

        Raises:
            RuntimeError: the process ended; its message is on standard error.
        """
        assert self._process.stdin and self._process.stdout
        try:
            print(json.dumps([case, calls]), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(f"{' '.join(self._command)} ended in case {case}")
        times: list[float] = json.loads(line)
        return times

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: object, traceback: TracebackType | None
    ) -> None:
        """Ends the process."""
        if kind is not None:
            self._process.kill()
        self._process.communicate()


def measure(
    commands: Mapping[str, Sequence[str]],
    cases: Sequence[str],
    *,
    repetitions: int,
    calls: int = 3,
    warm_up: int = 2,
) -> dict[str, dict[str, Measurement]]:
    """Measures variants in turn: all of them in each repetition of each case.

    A repetition counts with the median of its calls. A variant that fails in a case is left out of
    all cases, with a message on standard error.

    Args:
        commands: command of each variant's `Worker`.
        cases: names of the cases.
        repetitions: turns of each variant.
        calls: calls of a turn.
        warm_up: calls before the first turn; at least 1.

    Returns:
        The measurements by case and variant.

    Raises:
        RuntimeError: every variant failed.
    """
    first: dict[tuple[str, str], float] = {}
    times: dict[tuple[str, str], list[float]] = {}
    with ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(command)) for name, command in commands.items()}
        for case in cases:
            for turn in range(repetitions + 1):
                for name, worker in list(workers.items()):
                    try:
                        found = worker.run(case, calls if turn else warm_up)
                    except RuntimeError as error:
                        print(f"{name} is left out: {error}", file=sys.stderr, flush=True)
                        del workers[name]
                        continue
                    if turn:
                        times[case, name].append(median(found))
                    else:
                        first[case, name], times[case, name] = found[0], []
    if not workers:
        raise RuntimeError("no variant could be measured")
    return {
        case: {
            name: Measurement(first[case, name], spread_of(times[case, name])) for name in workers
        }
        for case in cases
    }
