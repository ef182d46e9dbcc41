"""A process that runs training steps on request; needs only the standard library.

Each measured variant has a process of its own, so that none has the memory or the threads of
another. `run_steps` is its loop, `Worker` the other end.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence


def run_steps(step: Callable[[], float]) -> None:
    """Runs as many steps as each line of standard input says.

    Prints a line of JSON for each: the milliseconds of the steps and the last loss.
    """
    for line in sys.stdin:
        times, loss = [], 0.0
        for _ in range(int(line)):
            started = time.perf_counter()
            loss = step()
            times.append(1000 * (time.perf_counter() - started))
        print(json.dumps({"milliseconds": times, "loss": loss}), flush=True)


class Worker:
    """A variant of a step, in a process of its own.

    Args:
        command: starts a program that calls `run_steps`.

    Attributes:
        times: milliseconds of every step; the first compiles.
        loss: the last loss.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.times: list[float] = []
        self.loss = 0.0

    def run(self, steps: int) -> None:
        """Runs steps, while all other workers wait."""
        assert self._process.stdin and self._process.stdout
        print(steps, file=self._process.stdin, flush=True)
        found = json.loads(self._process.stdout.readline())
        self.times += found["milliseconds"]
        self.loss = found["loss"]

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()
