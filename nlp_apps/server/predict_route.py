"""POST .../NAME:predict: reads, checks and queues a request, waits, and responds."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from nlp_apps.server import json_arrays, predict_request
from nlp_apps.server.batching import Queue
from nlp_apps.server.lane import PendingRequest, QueueClosedError
from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Arrays, Signature
from nlp_apps.server.model_version import ActiveVersion
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry
from nlp_apps.server.request_error import RequestError, bad_request, malformed_request

_T = TypeVar("_T")

_LARGE = 64 * 1024
"""Bytes of JSON whose processing would block the other requests for too long."""

_MAX_SWAPS = 5
"""Newer versions that may become active while one request is read and checked."""


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

    async def respond(self, request: Request) -> Response:
        """Responds to a predict request, and counts the response."""
        started = time.perf_counter()
        deadline = asyncio.get_running_loop().time() + self._limits.timeout
        model = signature_name = ""  # Labels of the metrics: names that exist.
        status = 500
        try:
            name, number = request.path_params["name"], version_number(request)
            active = self._registry.resolve(name, number)  # 404 before the body is read.
            model = name
            data = await self._read_body(request, deadline)
            body = await _run(len(data), predict_request.parse, data)
            for _ in range(_MAX_SWAPS):
                signature = _find_signature(active, body.signature_name)
                signature_name = signature.name
                inputs = await _run(
                    len(data), predict_request.read_inputs, body, signature, self._limits
                )
                try:
                    pending = active.queue.submit(signature, inputs)
                    break
                except QueueClosedError:  # Replaced by a version that may differ in signatures.
                    active = self._registry.resolve(name, number)
            else:
                raise RequestError(503, f"Model {name} is being replaced.", retry_after=1)
            outputs = await self._wait(request, active.queue, pending, deadline)
            size = sum(8 * array.size for array in outputs.values())
            content = await _run(
                size, json_arrays.to_json, outputs, signature, body.row_format, inputs.rows
            )
            status = 200
        except RequestError as error:
            status = error.status
            if error.retry_after is not None:
                self._metrics.refused.labels(model).inc()
            raise
        finally:
            seconds = time.perf_counter() - started
            self._metrics.count_response(model, signature_name, status, seconds)
        return Response(content, media_type="application/json")

    async def _read_body(self, request: Request, deadline: float) -> bytes:
        """Reads the body, up to `max_body_bytes`.

        Raises:
            RequestError: the body is compressed, too large or late, or the client disconnects.
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
                    body += message.get("body", b"")
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


def version_number(request: Request) -> int | None:
    """Returns the version in the path; None: the path has no version.

    Raises:
        RequestError: it is not a number, or does not fit into 64 bits.
    """
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


async def _run(size: int, work: Callable[..., _T], *arguments: object) -> _T:
    """Runs work on `size` bytes, in a thread if it would block the other requests."""
    if size > _LARGE:
        return await asyncio.to_thread(work, *arguments)
    return work(*arguments)
