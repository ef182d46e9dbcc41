"""A worker in a process of its own: its environment, its messages, its end."""

import glob
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence

from nlp_apps.workers.cluster import LAUNCHED, VARIABLE, tf_config
from nlp_apps.workers.restarts import WorkerEnd

KEPT_LINES = 50
"""Last lines of a worker's standard error that are kept."""


def worker_environment(addresses: list[str], index: int) -> dict[str, str]:
    """Returns the environment of a worker, which shares cores and GPUs with those of its host.

    Args:
        addresses: the addresses of all workers.
        index: number of the worker.
    """
    hosts = [address.rpartition(":")[0] for address in addresses]
    on_this_machine = hosts.count(hosts[index])
    place = hosts[:index].count(hosts[index])
    found = {**os.environ, VARIABLE: tf_config(addresses, index), LAUNCHED: "1"}
    if on_this_machine > 1:
        cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
        found.setdefault("TF_NUM_INTRAOP_THREADS", str(max(1, cores // on_this_machine)))
    devices = _gpus()
    if on_this_machine > 1 and len(devices) >= on_this_machine:
        found["CUDA_VISIBLE_DEVICES"] = devices[place]
    return found


def _gpus() -> list[str]:
    """Returns the numbers of the GPUs that this process may use."""
    if (chosen := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [name for name in chosen.split(",") if name]
    return [str(number) for number in range(len(glob.glob("/dev/nvidia[0-9]*")))]


class WorkerProcess:
    """A worker that runs a command of `nlp-apps`.

    The chief writes to standard error of this process; of the others the last lines are kept.

    Args:
        words: the arguments of `nlp-apps`.
        index: number of the worker.
        environment: see `worker_environment`.
    """

    def __init__(self, words: Sequence[str], index: int, environment: dict[str, str]):
        self.index = index
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        is_chief = index == 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nlp_apps", *words],
            env=environment,
            stdout=None if is_chief else subprocess.DEVNULL,
            stderr=None if is_chief else subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # An interrupt of the terminal comes from the launcher alone.
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        if self._process.stderr is not None:
            with self._process.stderr as lines:
                self.lines.extend(line.rstrip("\n") for line in lines)

    def exit_code(self) -> int | None:
        """Returns the exit code, minus the signal that ended it; None while it runs."""
        return self._process.poll()

    def send(self, number: int) -> None:
        """Sends a signal, unless the worker has ended."""
        if self._process.poll() is None:
            self._process.send_signal(number)

    def end(self, seconds: float | None = None) -> WorkerEnd:
        """Waits for the end, and kills a worker that has not ended after these seconds."""
        is_killed = False
        try:
            code = self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            is_killed = True
            self._process.kill()
            code = self._process.wait()
        self._reader.join(timeout=2.0)
        beginning = "nlp-apps: error: "
        found = [line for line in self.lines if line.startswith(beginning)]
        error = found[-1].removeprefix(beginning) if found else ""
        return WorkerEnd(code, error, is_killed=is_killed)
