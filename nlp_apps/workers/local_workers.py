"""A group of workers on this machine, which starts again when one of them is killed."""

import signal
import socket
import time
from collections.abc import Sequence

from nlp_apps.workers.restarts import SECONDS_TO_END, WorkerEnd, run_again
from nlp_apps.workers.worker_process import WorkerProcess, worker_environment

POLL_SECONDS = 0.2


def run_workers(words: Sequence[str], count: int, *, restarts: int) -> None:
    """Runs a command in several workers of this machine.

    Args:
        words: the arguments of `nlp-apps`.
        count: number of workers.
        restarts: number of times that the group may start again, with `--resume`, after a worker
            was killed.

    Raises:
        NlpAppsError: a worker failed, or was killed once more than `restarts`.
    """
    run_again(lambda words: _run_group(words, count), words, restarts)


def _run_group(words: Sequence[str], count: int) -> dict[int, WorkerEnd]:
    """Runs a group; a worker that does not respond when another one has failed is killed."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(count)]
    workers: list[WorkerProcess] = []
    try:
        for index in range(count):
            workers.append(WorkerProcess(words, index, worker_environment(addresses, index)))
        _wait(workers)
        return _ends(workers)
    except KeyboardInterrupt:
        for worker in workers:
            worker.send(signal.SIGTERM)  # Shells make `command &` ignore SIGINT.
        _ends(workers)
        raise
    finally:
        for worker in workers:
            worker.end(0.0)


def _ends(workers: Sequence[WorkerProcess]) -> dict[int, WorkerEnd]:
    """Returns the ends of all workers; one that does not end in time is killed."""
    latest = time.monotonic() + SECONDS_TO_END
    return {worker.index: worker.end(max(0.0, latest - time.monotonic())) for worker in workers}


def _wait(workers: Sequence[WorkerProcess]) -> None:
    """Waits until all workers are done, or one has failed."""
    codes: list[int | None] = [None]
    while None in codes and not any(codes):
        time.sleep(POLL_SECONDS)
        codes = [worker.exit_code() for worker in workers]


def free_ports(count: int) -> list[int]:
    """Returns ports on which nothing listens."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
