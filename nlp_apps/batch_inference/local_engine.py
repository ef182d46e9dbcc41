"""The engine of one machine: worker processes, each with a loaded model."""

import logging
import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Generator, Sequence
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any

from nlp_apps.batch_inference.engine_events import (
    MAX_RETRIES,
    Event,
    Failure,
    Finished,
    Progress,
    Ready,
)
from nlp_apps.batch_inference.shard_plan import Shard
from nlp_apps.batch_inference.shard_predictor import Job, ShardPredictor
from nlp_apps.errors import WorkError

logger = logging.getLogger(__name__)

_JOIN_SECONDS = 5.0
"""Seconds in which a killed process ends."""


def run_local(job: Job, shards: Sequence[Shard], processes: int) -> Generator[Event, None, None]:
    """Predicts shards in worker processes.

    Args:
        job: the work.
        shards: the shards to predict.
        processes: number of workers.

    Yields:
        The events; the first one is `Ready`.

    Raises:
        NlpAppsError: the model cannot be loaded; a shard cannot be read or written; or its worker
            died `MAX_RETRIES` times more than once.
    """
    queue = deque(shards)
    deaths: Counter[int] = Counter()
    workers = {worker.connection: worker for worker in _start(job, min(processes, len(shards)))}
    is_ready = False
    try:
        while queue or any(worker.shard for worker in workers.values()):
            for connection in wait(list(workers)):
                worker = workers[connection]  # type: ignore[index]
                try:
                    message = worker.connection.recv()
                except (EOFError, OSError):
                    del workers[worker.connection]
                    if worker.is_idle:
                        worker.end()
                        continue
                    if worker.shard is not None:
                        yield Progress(worker.shard, 0)
                        queue.appendleft(worker.shard)
                    _require_retries(worker, deaths)
                    (other,) = _start(job, 1)
                    workers[other.connection] = other
                    continue
                if isinstance(message, Failure):
                    raise message.error()
                if isinstance(message, Ready):
                    if not is_ready:
                        yield message
                    is_ready = True
                    worker.next(queue)
                    continue
                yield message
                if isinstance(message, Finished):
                    worker.next(queue)
    finally:
        for worker in workers.values():
            worker.end()


class _Worker:
    """A worker process, seen from the process that started it.

    Attributes:
        connection: receives its events and failures, and sends shards.
        shard: the shard that it predicts; None: it loads the model, or is idle.
        is_idle: whether the queue was empty when it was ready. It gets no shard later: another
            worker is started for the shard of one that dies.
    """

    def __init__(self, job: Job):
        context = multiprocessing.get_context("spawn")  # TensorFlow cannot be forked.
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(job, theirs), daemon=True)
        self.shard: Shard | None = None
        self.is_idle = False
        # Interrupts are those of the process that the user started: it ends its workers.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def next(self, queue: deque[Shard]) -> None:
        """Sends the next shard, if there is one."""
        self.shard = queue.popleft() if queue else None
        self.is_idle = self.shard is None
        if self.shard is not None:
            try:
                self.connection.send(self.shard)
            except OSError:  # It died: the next `recv` fails.
                return

    def end(self) -> None:
        """Ends the process at once: a shard is written in one piece or not at all."""
        self.connection.close()
        self.process.kill()
        self.process.join(_JOIN_SECONDS)


def _start(job: Job, count: int) -> list[_Worker]:
    return [_Worker(job) for _ in range(count)]


def _require_retries(worker: _Worker, deaths: Counter[int]) -> None:
    """Counts a death.

    Raises:
        WorkError: the worker died too often with this shard, or while it loaded the model.
    """
    worker.connection.close()
    worker.process.join(_JOIN_SECONDS)
    code = worker.process.exitcode
    cause = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    shard = worker.shard
    index = -1 if shard is None else shard.index
    deaths[index] += 1
    work = "loading the model" if shard is None else f"predicting shard {index} ({shard.place})"
    if deaths[index] > MAX_RETRIES:
        raise WorkError(
            f"{deaths[index]} workers died {work} ({cause}). If memory was full, pass fewer "
            "--processes or --shard-rows."
        )
    logger.warning("a worker died %s (%s); another one starts again", work, cause)


def _work(job: Job, connection: Connection) -> None:
    """Predicts the shards that are received, until the connection is closed.

    An error of the model, the machine or the code is sent, and ends the process.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        predictor = ShardPredictor(job)
        connection.send(Ready())
        while True:
            shard: Any = connection.recv()
            counts = predictor.run(shard, partial(_report, connection, shard))
            connection.send(Finished(shard, counts))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except BaseException as error:
        connection.send(Failure.of(error))


def _report(connection: Connection, shard: Shard, num_rows: int) -> None:
    connection.send(Progress(shard, num_rows))


def _end_with_parent() -> None:
    """Ends this process when its parent ends, also by `kill -9`."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
