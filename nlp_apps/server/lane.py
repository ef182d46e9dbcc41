"""A lane: requests that wait for one version of a model, and the thread that computes them.

Requests that arrive during a call wait. The next call computes as many of them as fit into a batch.
The thread does not wait for a batch to fill: measured, a timer adds latency to an idle server. Only
after a call of several requests it waits a small share of the time of that call, in which their
clients send the next ones: otherwise the first of these would be computed alone.

The cost of a call is bounded. A request that costs more is computed in several calls, and after
each of them it goes to the end of the lane.
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

SETTLING_SHARE = 0.1
"""Largest wait after a call of several requests, as a share of the time of the call. It must cover
32 responses and new requests; the wait ends when as many requests wait as before the call."""

Run = Callable[[Signature, Arrays], Arrays]
"""Calls a signature of a model: inputs to outputs."""


class QueueClosedError(Exception):
    """The version is being unloaded; its successor accepts the request."""


@dataclass(eq=False)
class PendingRequest:
    """The inputs of a request, in a lane.

    Attributes:
        signature: The signature to call.
        inputs: Its inputs.
        future: Receives the outputs, or an error.
        dropped: Whether the client has disconnected or the request has timed out.
        parts: Outputs of the rows that are computed, one item per call.
        rows_done: Their number.
        rows_in_call: Rows of the call that runs.
    """

    signature: Signature
    inputs: PredictInputs
    future: Future[Arrays] = field(default_factory=Future)
    dropped: bool = False
    parts: list[Arrays] = field(default_factory=list)
    rows_done: int = 0
    rows_in_call: int = 0

    @property
    def rows_left(self) -> int:
        """Rows that are not computed."""
        return self.inputs.rows - self.rows_done

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

    def arrays_of_call(self) -> Arrays:
        """Returns the inputs of the call that runs."""
        rows = slice(self.rows_done, self.rows_done + self.rows_in_call)
        if self.rows_in_call == self.inputs.rows:
            return self.inputs.arrays
        return {name: array[rows] for name, array in self.inputs.arrays.items()}


class Lane:
    """The requests that wait, and the thread that computes them.

    Args:
        run: calls the model.
        limits: rows and cost of a call, rows that wait.
        metrics: receives rows that wait and rows of calls.
        name: name of the thread.
    """

    def __init__(self, run: Run, limits: Limits, metrics: QueueMetrics, name: str) -> None:
        self._run = run
        self._limits = limits
        self._metrics = metrics
        self._waiting: deque[PendingRequest] = deque()
        self._rows = 0  # rows left of self._waiting, and of requests between two of their calls
        self._seconds_per_call = 0.0  # exponential moving average
        self._settled_at = 0.0  # end of the wait after the last call, of time.perf_counter
        self._others = 0  # requests that waited when the last call returned
        self._wanted = 0  # requests that end the wait
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, signature: Signature, inputs: PredictInputs) -> PendingRequest:
        """Adds a request; see `Queue.submit`."""
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
                self._add_rows(-pending.rows_left)

    def close(self) -> None:
        """Accepts no more requests; those that wait are computed."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def join(self) -> None:
        """Returns when a closed lane has computed all its requests."""
        self._thread.join()

    def _add_rows(self, rows: int) -> None:
        self._rows += rows
        self._metrics.add_waiting(rows)

    def _work(self) -> None:
        """Computes batches until the lane is closed and empty: the loop of the thread."""
        while batch := self._next_batch():
            started = time.perf_counter()
            try:
                self._compute(batch)
            except Exception as error:  # The thread must not end.
                _log.exception("a batch failed")
                for pending in batch:
                    if not pending.future.done():
                        pending.future.set_exception(error)
            ended = time.perf_counter()
            self._settled_at = ended
            if len(batch) > 1:
                self._settled_at += SETTLING_SHARE * (ended - started)
            self._wanted = len(batch) + self._others
            del batch  # Its arrays are not kept while the lane is idle.

    def _next_batch(self) -> list[PendingRequest]:
        """Waits for the first request and adds all later ones that fit; [] after the last."""
        with self._changed:
            while not self._waiting or self._is_settling():
                if self._closed and not self._waiting:
                    return []
                seconds = self._settled_at - time.perf_counter()
                self._changed.wait(seconds if self._waiting else None)
            first = self._waiting.popleft()
            rows, cost = first.rows_left, first.inputs.row_cost
            if first.signature.mergeable:
                rows = min(rows, self._max_rows(cost))
            first.rows_in_call = rows
            batch, others = [first], deque[PendingRequest]()
            for pending in self._waiting:
                new_rows = rows + pending.rows_left
                new_cost = max(cost, pending.inputs.row_cost)
                if new_rows <= self._max_rows(new_cost) and pending.fits(first):
                    pending.rows_in_call = pending.rows_left
                    batch.append(pending)
                    rows, cost = new_rows, new_cost
                else:
                    others.append(pending)
            self._waiting = others
            self._add_rows(-rows)
            for pending in batch:
                if not pending.future.running():  # Between two calls it is.
                    pending.future.set_running_or_notify_cancel()  # No longer cancellable.
            return batch

    def _is_settling(self) -> bool:
        """Returns whether requests that follow the last call may still arrive."""
        return (
            time.perf_counter() < self._settled_at
            and len(self._waiting) < self._wanted
            and not self._closed
        )

    def _max_rows(self, cost: int) -> int:
        """Returns the rows of a call whose most expensive row costs `cost` bytes."""
        by_cost = self._limits.max_batch_bytes // max(cost, 1)
        return max(1, min(self._limits.max_batch, by_cost))

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
            self._leave(batch[0])
            batch[0].future.set_exception(error)
            return
        for pending, own in zip(batch, outputs, strict=True):
            self._add_part(pending, own)

    def _run_alone(self, pending: PendingRequest) -> Arrays:
        """Computes rows of one request: those of the call, or all if an output needs all."""
        rows, signature = pending.rows_in_call, pending.signature
        outputs = self._call(signature, pending.arrays_of_call(), rows)
        if rows < pending.inputs.rows and not _has_rows(outputs, rows):
            with self._changed:
                self._add_rows(rows - pending.rows_left)
                pending.parts.clear()
                pending.rows_done, pending.rows_in_call = 0, pending.inputs.rows
            outputs = self._call(signature, pending.inputs.arrays, pending.inputs.rows)
        return outputs

    def _run_together(self, batch: Sequence[PendingRequest]) -> list[Arrays]:
        """Computes a batch in one call, and returns the rows of each request."""
        signature = batch[0].signature
        inputs = [pending.arrays_of_call() for pending in batch]
        arrays = {name: np.concatenate([one[name] for one in inputs]) for name in signature.inputs}
        ends = np.cumsum([pending.rows_in_call for pending in batch]).tolist()
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
        self._others = len(self._waiting)
        self._seconds_per_call += 0.2 * (seconds - self._seconds_per_call)
        return outputs

    def _add_part(self, pending: PendingRequest, outputs: Arrays) -> None:
        """Adds outputs to a request, which goes to the end of the lane or is complete."""
        with self._changed:
            pending.parts.append(outputs)
            pending.rows_done += pending.rows_in_call
            pending.rows_in_call = 0
            if pending.rows_left and not pending.dropped:
                self._waiting.append(pending)
                return
        if pending.rows_left:
            self._leave(pending)
            pending.future.set_exception(RequestError(499, "The client has disconnected."))
        elif len(pending.parts) == 1:
            pending.future.set_result(outputs)
        else:
            try:
                whole = {name: np.concatenate([p[name] for p in pending.parts]) for name in outputs}
            except Exception:  # Parts of different widths, or too little memory.
                _log.exception("signature %s: parts do not fit", pending.signature.name)
                pending.future.set_exception(
                    RequestError(500, "The model failed; see the server's log.")
                )
            else:
                pending.future.set_result(whole)

    def _leave(self, pending: PendingRequest) -> None:
        """Counts the rows no longer that a request will not compute."""
        with self._changed:
            self._add_rows(pending.rows_in_call - pending.rows_left)


def retry_after(rows: int, seconds_per_call: float, limits: Limits) -> int:
    """Returns the seconds in which `rows` waiting rows are probably computed, at most `timeout`."""
    seconds = math.ceil(rows / limits.max_batch) * seconds_per_call
    return math.ceil(min(max(1.0, seconds), limits.timeout))


def _has_rows(outputs: Arrays, rows: int) -> bool:
    """Returns whether every output has one value per row."""
    return all(array.ndim > 0 and len(array) == rows for array in outputs.values())
