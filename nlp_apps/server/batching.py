"""Micro-batching: each model version has two lanes, one for short requests and one for long ones.

A short request does not wait for a long one: its lane has its own thread and its own capacity.
Within a lane, requests have turns.
"""

from dataclasses import replace

from nlp_apps.server.lane import Lane, PendingRequest, Run
from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Signature
from nlp_apps.server.predict_request import PredictInputs
from nlp_apps.server.prometheus import QueueMetrics

SHORT_SHARE = 4
"""A request is short if its rows cost at most this part of `max_batch_bytes`: 4 KiB by default."""

SHORT_CALL_SHARE = 2
"""The calls of the short lane cost at most this part, because they run beside those of the other:
both need memory."""


class Queue:
    """The requests that wait for one version of a model.

    Args:
        run: calls the model; two threads call it.
        limits: rows and cost of a call, rows that wait in a lane.
        metrics: receives rows that wait and rows of calls.
    """

    def __init__(self, run: Run, limits: Limits, metrics: QueueMetrics) -> None:
        self._short_cost = limits.max_batch_bytes // SHORT_SHARE
        of_short = replace(
            limits, max_batch_bytes=max(1, limits.max_batch_bytes // SHORT_CALL_SHARE)
        )
        self._short = Lane(run, of_short, metrics, "nlp_apps-short")
        self._long = Lane(run, limits, metrics, "nlp_apps-long")

    def submit(self, signature: Signature, inputs: PredictInputs) -> PendingRequest:
        """Adds a request to its lane.

        Returns:
            The pending request; its future receives the outputs.

        Raises:
            RequestError: 503, the lane is full. TF Serving has the same code for a full batching
                queue: the server is busy, whereas 429 would say that this client sends too much.
            QueueClosedError: the queue accepts no more requests.
        """
        return self._lane(inputs).submit(signature, inputs)

    def drop(self, pending: PendingRequest) -> None:
        """Removes a request whose client no longer waits; a call that runs continues."""
        self._lane(pending.inputs).drop(pending)

    def close(self) -> None:
        """Accepts no more requests, and returns when all that wait are computed."""
        for lane in (self._short, self._long):
            lane.close()
        for lane in (self._short, self._long):
            lane.join()

    def _lane(self, inputs: PredictInputs) -> Lane:
        return self._short if inputs.rows * inputs.row_cost <= self._short_cost else self._long
