"""POST .../NAME:predict: reads, checks and queues a request, waits, and responds."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from nlp_apps.server import json_arrays, predict_request
from nlp_apps.server.batching import Queue
from nlp_apps.server.lane import PendingRequest, QueueClosedError
from nlp_apps.server.limits import Limits
from nlp_apps.server.memory_budget import MemoryBudget, Reservation, num_bytes
from nlp_apps.server.middleware import Receive, Scope, Send
from nlp_apps.server.model_signatures import Arrays, Signature
from nlp_apps.server.model_version import ActiveVersion
from nlp_apps.server.predict_request import PredictInputs
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry
from nlp_apps.server.request_error import RequestError, bad_request, malformed_request

MODEL_PATHS = (
    "/v1/models/{name}",
    "/v1/models/{name}/versions/{version}",
    "/v1/models/{name}/labels/{label}",
)
"""Paths of a model: its newest version, a version by number, and one by label."""

_MAX_SWAPS = 5
"""Newer versions that may become active while one request is read and checked."""


@dataclass
class _Labels:
    """Labels of the metrics of a request: names that exist, otherwise ""."""

    model: str = ""
    signature: str = ""


class _Queued(NamedTuple):
    """A request in a queue."""

    queue: Queue
    pending: PendingRequest
    row_format: bool


class _ReservedResponse(Response):
    """A JSON response whose memory is reserved until it is sent."""

    def __init__(self, content: bytes, memory: Reservation) -> None:
        super().__init__(content, media_type="application/json")
        self._memory = memory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the response."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._memory.release()


class PredictRoute:
    """Responds to predict requests.

    Args:
        registry: the models.
        limits: limits of requests.
        metrics: counts responses.
    """

    def __init__(self, registry: ModelRegistry, limits: Limits, metrics: Metrics) -> None:
        self._registry = registry
        self._limits = limits
        self._metrics = metrics
        self._budget = MemoryBudget(limits.max_memory)

    async def respond(self, request: Request) -> Response:
        """Responds to a predict request, and counts the response."""
        started = time.perf_counter()
        labels = _Labels()
        status = 500
        memory = self._budget.reserve()
        try:
            content = await self._predict(request, labels, memory)
            status = 200
        except RequestError as error:
            status = error.status
            if error.retry_after is not None:
                self._metrics.refused.labels(labels.model).inc()
            raise error.bare() from None
        finally:
            if status != 200:
                memory.release()
            seconds = time.perf_counter() - started
            self._metrics.count_response(labels.model, labels.signature, status, seconds)
        return _ReservedResponse(content, memory)

    async def _predict(self, request: Request, labels: "_Labels", memory: Reservation) -> bytes:
        """Returns the body of the response; sets the labels as soon as they are known."""
        deadline = asyncio.get_running_loop().time() + self._limits.timeout
        queued = await self._submit(request, labels, memory, deadline)
        outputs = await self._wait(request, queued.queue, queued.pending, deadline)
        size = num_bytes(outputs)
        memory.set(size)
        content = await self._budget.in_turn(
            size,
            lambda: json_arrays.to_json(
                outputs, queued.pending.signature, queued.row_format, queued.pending.inputs.rows
            ),
        )
        memory.set(len(content))
        return content

    async def _submit(
        self, request: Request, labels: "_Labels", memory: Reservation, deadline: float
    ) -> "_Queued":
        """Reads and checks a request and adds it to the queue of its model."""
        name, number = request.path_params["name"], requested_version(request, self._registry)
        active = self._registry.resolve(name, number)  # 404 before the body is read.
        labels.model = name
        data = await self._read_body(request, deadline, memory)

        def read() -> tuple[Signature, bool, PredictInputs]:
            # One step, so that the objects of one large body exist at a time.
            body = predict_request.parse(data, self._limits)
            signature = _find_signature(active, body.signature_name)
            labels.signature = signature.name
            inputs = predict_request.read_inputs(body, signature, self._limits)
            return signature, body.row_format, inputs

        for _ in range(_MAX_SWAPS):
            signature, row_format, inputs = await self._budget.in_turn(len(data), read)
            memory.set(num_bytes(inputs.arrays))
            try:
                pending = active.queue.submit(signature, inputs)
                return _Queued(active.queue, pending, row_format)
            except QueueClosedError:  # Replaced by a version that may differ in signatures.
                active = self._registry.resolve(name, number)
        raise RequestError(503, f"Model {name} is being replaced.", retry_after=1)

    async def _read_body(self, request: Request, deadline: float, memory: Reservation) -> bytes:
        """Reads the body, up to `max_body_bytes`, and reserves its memory.

        Raises:
            RequestError: the body is compressed, too large or late, the client disconnects, or the
                memory does not suffice.
        """
        coding = ", ".join(request.headers.getlist("content-encoding")).strip()
        if coding.lower() not in ("", "identity"):  # Its size would be known too late.
            raise RequestError(
                415,
                f"The body must not be compressed: omit 'Content-Encoding: {coding[:40]}'.",
            )
        body = bytearray()
        limit = self._limits.max_body_bytes
        try:
            async with asyncio.timeout_at(deadline):
                more = True
                while more and len(body) <= limit:
                    message = await request.receive()
                    if message["type"] == "http.disconnect":
                        raise RequestError(499, "The client has disconnected.")
                    part = message.get("body", b"")
                    memory.add(len(part))
                    body += part
                    more = message.get("more_body", False)
        except TimeoutError:
            raise RequestError(
                408, f"The body did not arrive within {self._limits.timeout:g} s (--timeout)."
            ) from None
        if len(body) > limit:
            raise RequestError(
                413,
                f"The body has more than {limit:,} bytes, the maximum (--max-body-bytes).",
            )
        return bytes(body)

    async def _wait(
        self, request: Request, queue: Queue, pending: PendingRequest, deadline: float
    ) -> Arrays:
        """Waits for the outputs until the deadline, as long as the client is connected."""
        loop = asyncio.get_running_loop()
        outputs = asyncio.wrap_future(pending.future)
        disconnect = loop.create_task(_disconnect(request))
        either: list[asyncio.Future[Any]] = [outputs, disconnect]
        try:
            await asyncio.wait(
                either, timeout=deadline - loop.time(), return_when=asyncio.FIRST_COMPLETED
            )
            if outputs.done():
                return outputs.result()
            if disconnect.done():
                raise RequestError(499, "The client has disconnected.")
            raise RequestError(
                504, f"The model did not respond within {self._limits.timeout:g} s (--timeout)."
            )
        finally:
            disconnect.cancel()
            if not outputs.done():
                queue.drop(pending)
                outputs.cancel()


def requested_version(request: Request, registry: ModelRegistry) -> int | None:
    """Returns the version in the path, as number or label; None: the path has neither.

    Raises:
        RequestError: it is not a number, does not fit into 64 bits, or is not a label.
    """
    label = request.path_params.get("label")
    if label is not None:
        return registry.number_of(request.path_params["name"], label)
    version = request.path_params.get("version")
    if version is None:
        return None
    if not (version.isascii() and version.isdigit()):
        raise malformed_request(request)
    if len(version) > 18:
        raise bad_request(f"Failed to convert version: {version[:80]} to numeric.")
    return int(version)


def _find_signature(active: ActiveVersion, name: str) -> Signature:
    """Returns a signature of a version.

    Raises:
        RequestError: the version has no such signature.
    """
    signatures = active.model.signatures
    if name not in signatures:
        raise bad_request(
            f'Serving signature name: "{name[:80]}" not found in signature def. The signatures '
            f"are: {', '.join(signatures)}"
        )
    return signatures[name]


async def _disconnect(request: Request) -> None:
    """Returns when the client disconnects; its body is read, so no other message follows."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
