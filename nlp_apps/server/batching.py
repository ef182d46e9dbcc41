"""Micro-batching: each model version has a queue of requests and one thread that calls the model.

Requests that arrive during a call wait in the queue. The next call computes as many of them as fit
into a batch. The thread never waits for a batch to fill: measured, a timer adds latency to an idle
server and no throughput to a busy one.
"""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Arrays, Signature
from nlp_apps.server.predict_request import PredictInputs
from nlp_apps.server.prometheus import QueueMetrics
from nlp_apps.server.request_error import RequestError

_log = logging.getLogger(__name__)

Run = Callable[[Signature, Arrays], Arrays]
"""Calls a signature of a model: inputs to outputs."""


class QueueClosedError(Exception):
    """The version is being unloaded; its successor accepts the request."""


@dataclass(eq=False)
class PendingRequest:
    """The inputs of a request, in the queue.

    Attributes:
        signature: The signature to call.
        inputs: Its inputs.
        future: Receives the outputs, or an error.
        dropped: Whether the client has disconnected or the request has timed out.
    """

    signature: Signature
    inputs: PredictInputs
    future: Future[Arrays] = field(default_factory=Future)
    dropped: bool = False

    def fits(self, other: "PendingRequest") -> bool:
        """Returns whether two requests can share a call: same signature, same inner shapes."""
        return (
            self.signature is other.signature
            and self.signature.mergeable
            and all(
                array.shape[1:] == other.inputs.arrays[name].shape[1:]
                for name, array in self.inputs.arrays.items()
            )
        )


class Queue:
    """The requests that wait for one version of a model, and the thread that computes them.

    Args:
        run: calls the model.
        limits: rows of a call and rows in the queue.
        metrics: receives rows in the queue and rows of calls.
    """

    def __init__(self, run: Run, limits: Limits, metrics: QueueMetrics) -> None:
        self._run = run
        self._limits = limits
        self._metrics = metrics
        self._waiting: deque[PendingRequest] = deque()
        self._rows = 0  # sum over self._waiting
        self._seconds_per_call = 0.0  # exponential moving average
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="nlp_apps-batches", daemon=True)
        self._thread.start()

    def submit(self, signature: Signature, inputs: PredictInputs) -> PendingRequest:
        """Adds a request to the queue.

        Returns:
            The pending request; its future receives the outputs.

        Raises:
            RequestError: 503, the queue is full. TF Serving has the same code for a full batching
                queue: the server is busy, whereas 429 would say that this client sends too much.
            QueueClosedError: the queue accepts no more requests.
        """
        pending = PendingRequest(signature, inputs)
        with self._changed:
            if self._closed:
                raise QueueClosedError
            if self._rows + inputs.rows > self._limits.max_queue:
                raise RequestError(
                    503,
                    f"The server is busy: {self._rows:,} rows are waiting; the maximum is "
                    f"{self._limits.max_queue:,}. Try again later.",
                    retry_after=retry_after(self._rows, self._seconds_per_call, self._limits),
                )
            self._waiting.append(pending)
            self._add_rows(inputs.rows)
            self._changed.notify_all()
        return pending

    def drop(self, pending: PendingRequest) -> None:
        """Removes a request whose client no longer waits; a call that runs continues."""
        with self._changed:
            pending.dropped = True
            if pending in self._waiting:
                self._waiting.remove(pending)
                self._add_rows(-pending.inputs.rows)

    def close(self) -> None:
        """Accepts no more requests, and returns when all that wait are computed."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _add_rows(self, rows: int) -> None:
        self._rows += rows
        self._metrics.set_waiting(self._rows)

    def _work(self) -> None:
        """Computes batches until the queue is closed and empty: the loop of the thread."""
        while batch := self._next_batch():
            self._compute(batch)

    def _next_batch(self) -> list[PendingRequest]:
        """Waits for the oldest request and adds all later ones that fit; [] after the last."""
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return []
                self._changed.wait()
            batch = [self._waiting.popleft()]
            rows, width = batch[0].inputs.rows, batch[0].inputs.row_bytes
            others: deque[PendingRequest] = deque()
            for pending in self._waiting:
                new_rows = rows + pending.inputs.rows
                new_width = max(width, pending.inputs.row_bytes)
                if new_rows <= self._max_rows(new_width) and pending.fits(batch[0]):
                    batch.append(pending)
                    rows, width = new_rows, new_width
                else:
                    others.append(pending)
            self._waiting = others
            self._add_rows(-rows)
            for pending in batch:
                pending.future.set_running_or_notify_cancel()  # No longer cancellable.
            return batch

    def _max_rows(self, width: int) -> int:
        """Returns the rows of a call whose widest row has `width` bytes."""
        by_bytes = self._limits.max_batch_bytes // max(width, 1)
        return max(1, min(self._limits.max_batch, by_bytes))

    def _compute(self, batch: Sequence[PendingRequest]) -> None:
        """Computes a batch in one call; if the call fails, each request in a call of its own.

        Only the request that causes the failure gets the error.
        """
        try:
            outputs = [self._run_alone(batch[0])] if len(batch) == 1 else self._run_together(batch)
        except Exception as error:
            if len(batch) > 1:
                for pending in batch:
                    self._compute([pending])
                return
            if not isinstance(error, RequestError):
                _log.exception("signature %s failed", batch[0].signature.name)
                error = RequestError(500, "The model failed; see the server's log.")
            batch[0].future.set_exception(error)
            return
        for pending, own in zip(batch, outputs, strict=True):
            pending.future.set_result(own)

    def _run_alone(self, pending: PendingRequest) -> Arrays:
        """Computes one request; in several calls if it has more rows than a batch."""
        signature, inputs = pending.signature, pending.inputs
        step = self._max_rows(inputs.row_bytes)
        if inputs.rows <= step or not signature.mergeable:
            return self._call(signature, inputs.arrays, inputs.rows)
        parts = []
        for start in range(0, inputs.rows, step):
            if pending.dropped:
                raise RequestError(499, "The client has disconnected.")
            rows = min(step, inputs.rows - start)
            part = {name: a[start : start + rows] for name, a in inputs.arrays.items()}
            parts.append(self._call(signature, part, rows))
            if not _has_rows(parts[-1], rows):  # The output depends on all rows: one call.
                return self._call(signature, inputs.arrays, inputs.rows)
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _run_together(self, batch: Sequence[PendingRequest]) -> list[Arrays]:
        """Computes a batch in one call, and returns the rows of each request."""
        signature = batch[0].signature
        arrays = {
            name: np.concatenate([pending.inputs.arrays[name] for pending in batch])
            for name in signature.inputs
        }
        ends = np.cumsum([pending.inputs.rows for pending in batch]).tolist()
        outputs = self._call(signature, arrays, ends[-1])
        if not _has_rows(outputs, ends[-1]):
            raise ValueError(f"an output does not have {ends[-1]} rows")
        return [
            {name: array[start:end] for name, array in outputs.items()}
            for start, end in zip([0, *ends[:-1]], ends, strict=True)
        ]

    def _call(self, signature: Signature, arrays: Arrays, rows: int) -> Arrays:
        """Calls the model and measures it."""
        self._metrics.observe_call(rows)
        started = time.perf_counter()
        outputs = self._run(signature, arrays)
        seconds = time.perf_counter() - started
        self._seconds_per_call += 0.2 * (seconds - self._seconds_per_call)
        return outputs


def retry_after(rows: int, seconds_per_call: float, limits: Limits) -> int:
    """Returns the seconds in which `rows` waiting rows are probably computed, at most `timeout`."""
    seconds = math.ceil(rows / limits.max_batch) * seconds_per_call
    return math.ceil(min(max(1.0, seconds), limits.timeout))


def _has_rows(outputs: Arrays, rows: int) -> bool:
    """Returns whether every output has one value per row."""
    return all(array.ndim > 0 and len(array) == rows for array in outputs.values())
