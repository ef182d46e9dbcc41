"""A group of workers on this machine, which starts again when one of them is killed."""

import logging
import signal
import socket
import time
from collections.abc import Sequence

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.workers.worker_process import WorkerProcess, describe_end, worker_environment

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2

SECONDS_TO_END = 30.0
"""Seconds in which the other workers notice that one is lost, and end by themselves."""


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
    for started in range(restarts + 1):
        lost = _run_group(words, count)
        if lost is None:
            return
        if started == restarts:
            raise WorkError(f"{lost}, after {started} restarts of the group. See --restarts.")
        logger.warning("%s; starting again with --resume (%d of %d)", lost, started + 1, restarts)
        words = resuming(words)


def resuming(words: Sequence[str]) -> list[str]:
    """Returns the arguments of a training that continue it, or start it if nothing is there."""
    return [word for word in words if word not in ("--resume", "--overwrite")] + ["--resume"]


def _run_group(words: Sequence[str], count: int) -> str | None:
    """Runs a group to its end; returns a sentence about the worker that was killed, if one was."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(count)]
    workers = [
        WorkerProcess(words, index, worker_environment(addresses, index, on_this_machine=count))
        for index in range(count)
    ]
    try:
        failed = _first_failure(workers)
        for worker in workers:
            worker.end(SECONDS_TO_END)
    except KeyboardInterrupt:
        for worker in workers:
            worker.send(signal.SIGINT)
        for worker in workers:
            worker.end(SECONDS_TO_END)
        raise
    except BaseException:
        for worker in workers:
            worker.end(0.0)
        raise
    if failed is None:
        return None
    killed = [worker for worker in workers if (worker.exit_code() or 0) < 0]
    if killed:  # Also a worker that did not respond, and that `end` killed.
        return f"worker {killed[0].index} {describe_end(killed[0].exit_code() or 0)}"
    if code_of_chief := workers[0].exit_code():
        raise SystemExit(code_of_chief)  # It has printed its error.
    code = failed.exit_code() or 0
    kind = UsageError if code == UsageError.exit_code else WorkError
    raise kind(f"worker {failed.index}: {failed.error() or describe_end(code)}")


def _first_failure(workers: Sequence[WorkerProcess]) -> WorkerProcess | None:
    """Waits until all workers are done, or one fails; returns that one."""
    while True:
        ended = [(code, worker) for worker in workers if (code := worker.exit_code()) is not None]
        failed = [worker for code, worker in ended if code]
        killed = [worker for code, worker in ended if code < 0]
        if failed:
            return (killed or failed)[0]
        if len(ended) == len(workers):
            return None
        time.sleep(POLL_SECONDS)


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
