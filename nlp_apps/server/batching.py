"""Micro-batching that takes what waits: one thread answers a version's queue, call after call.

While a call runs, requests gather; the next call takes all of them that fit together. Nobody waits
for a batch to fill up: measured, a timer costs latency when the server is idle and gives no
throughput when it is busy.
"""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Signature
from nlp_apps.server.predict_request import Arrays, PredictInputs
from nlp_apps.server.request_error import RequestError

_log = logging.getLogger(__name__)

Run = Callable[[Signature, Arrays], Arrays]
"""Calls a model: a signature's inputs in, its outputs out."""


class Meter(Protocol):
    """Where a queue tells what it does."""

    def waiting(self, rows: int) -> None:
        """So many rows wait now."""

    def called(self, rows: int) -> None:
        """The model was called with so many rows."""


class QueueClosedError(Exception):
    """The version is on its way out; the next one answers."""


@dataclass(eq=False)
class PendingRequest:
    """A question that waits for its answer.

    Attributes:
        signature: Which function is asked.
        question: Its inputs.
        future: Gets the outputs, or a RequestError.
        dropped: Nobody waits for the answer any more.
    """

    signature: Signature
    question: PredictInputs
    future: Future[Arrays] = field(default_factory=Future)
    dropped: bool = False

    def fits(self, other: "PendingRequest") -> bool:
        """Whether two jobs can share a call: the same function and the same inner shapes."""
        return (
            self.signature is other.signature
            and self.signature.mergeable
            and all(
                array.shape[1:] == other.question.arrays[name].shape[1:]
                for name, array in self.question.arrays.items()
            )
        )


class Queue:
    """The questions that wait for one version of a model, and the thread that answers them.

    Args:
        run: calls the model.
        limits: rows of a call, and rows that may wait.
        meter: is told what happens.
    """

    def __init__(self, run: Run, limits: Limits, meter: Meter) -> None:
        self._run = run
        self._limits = limits
        self._meter = meter
        self._waiting: deque[PendingRequest] = deque()
        self._rows = 0  # of all that wait
        self._seconds_per_call = 0.0  # smoothed
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="nlp_apps-batches", daemon=True)
        self._thread.start()

    def submit(self, signature: Signature, question: PredictInputs) -> PendingRequest:
        """Puts a question into the queue.

        Returns:
            The job, whose future gets the outputs.

        Raises:
            RequestError: 503, the queue is full. TF Serving's code for a full batching queue: the
                server is busy, not this client too eager, which is what 429 would say.
            QueueClosedError: the queue takes no more.
        """
        job = PendingRequest(signature, question)
        with self._changed:
            if self._closed:
                raise QueueClosedError
            if self._rows + question.rows > self._limits.max_queue:
                raise RequestError(
                    503,
                    f"The server is busy: {self._rows:,} rows wait, and at most "
                    f"{self._limits.max_queue:,} may. Try again later.",
                    retry_after=retry_after(self._rows, self._seconds_per_call, self._limits),
                )
            self._waiting.append(job)
            self._count(question.rows)
            self._changed.notify_all()
        return job

    def drop(self, job: PendingRequest) -> None:
        """Forgets a job whose client is gone or has waited too long; a call that runs goes on."""
        with self._changed:
            job.dropped = True
            if job in self._waiting:
                self._waiting.remove(job)
                self._count(-job.question.rows)

    def close(self) -> None:
        """Takes no more, answers what waits, and returns when that is done."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _count(self, rows: int) -> None:
        self._rows += rows
        self._meter.waiting(self._rows)

    def _work(self) -> None:
        """What the thread does."""
        while jobs := self._take():
            self._answer(jobs)

    def _take(self) -> list[PendingRequest]:
        """Waits for a job and takes the oldest, with all later ones that fit; none at the end."""
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return []
                self._changed.wait()
            taken = [self._waiting.popleft()]
            rows, width = taken[0].question.rows, taken[0].question.row_bytes
            others: deque[PendingRequest] = deque()
            for job in self._waiting:
                together = rows + job.question.rows
                widest = max(width, job.question.row_bytes)
                if together <= self._most_rows(widest) and job.fits(taken[0]):
                    taken.append(job)
                    rows, width = together, widest
                else:
                    others.append(job)
            self._waiting = others
            self._count(-rows)
            for job in taken:
                job.future.set_running_or_notify_cancel()  # From now on it cannot be cancelled.
            return taken

    def _most_rows(self, width: int) -> int:
        """Rows of a call whose widest row has so many bytes."""
        by_bytes = self._limits.max_batch_bytes // max(width, 1)
        return max(1, min(self._limits.max_batch, by_bytes))

    def _answer(self, jobs: Sequence[PendingRequest]) -> None:
        """Answers jobs in one call; when that fails, each alone, so that only the guilty fails."""
        try:
            answers = [self._alone(jobs[0])] if len(jobs) == 1 else self._together(jobs)
        except Exception as error:
            if len(jobs) > 1:
                for job in jobs:
                    self._answer([job])
                return
            if not isinstance(error, RequestError):
                _log.exception("signature %s failed", jobs[0].signature.name)
                error = RequestError(500, "The model failed; the server's log says how.")
            jobs[0].future.set_exception(error)
            return
        for job, answer in zip(jobs, answers, strict=True):
            job.future.set_result(answer)

    def _alone(self, job: PendingRequest) -> Arrays:
        """Answers one job; in several calls when it has more rows than a batch."""
        signature, question = job.signature, job.question
        step = self._most_rows(question.row_bytes)
        if question.rows <= step or not signature.mergeable:
            return self._call(signature, question.arrays, question.rows)
        parts = []
        for start in range(0, question.rows, step):
            if job.dropped:
                raise RequestError(499, "The client is gone.")
            rows = min(step, question.rows - start)
            part = {name: a[start : start + rows] for name, a in question.arrays.items()}
            parts.append(self._call(signature, part, rows))
            if not _has_rows(parts[-1], rows):  # What it gives must be of all rows at once.
                return self._call(signature, question.arrays, question.rows)
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _together(self, jobs: Sequence[PendingRequest]) -> list[Arrays]:
        """Answers jobs that fit in one call, and gives each its own rows."""
        signature = jobs[0].signature
        arrays = {
            name: np.concatenate([job.question.arrays[name] for job in jobs])
            for name in signature.inputs
        }
        ends = np.cumsum([job.question.rows for job in jobs]).tolist()
        outputs = self._call(signature, arrays, ends[-1])
        if not _has_rows(outputs, ends[-1]):
            raise ValueError(f"an output has not {ends[-1]} rows")
        return [
            {name: array[start:end] for name, array in outputs.items()}
            for start, end in zip([0, *ends[:-1]], ends, strict=True)
        ]

    def _call(self, signature: Signature, arrays: Arrays, rows: int) -> Arrays:
        self._meter.called(rows)
        started = time.perf_counter()
        outputs = self._run(signature, arrays)
        took = time.perf_counter() - started
        self._seconds_per_call += 0.2 * (took - self._seconds_per_call)
        return outputs


def retry_after(rows: int, seconds_per_call: float, limits: Limits) -> int:
    """Seconds after which so many waiting rows are probably answered, `--timeout` at most."""
    seconds = math.ceil(rows / limits.max_batch) * seconds_per_call
    return math.ceil(min(max(1.0, seconds), limits.timeout))


def _has_rows(outputs: Arrays, rows: int) -> bool:
    """Whether every output has one value a row."""
    return all(array.ndim > 0 and len(array) == rows for array in outputs.values())
