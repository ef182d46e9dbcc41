"""The path that asks models: read, check, queue, wait, answer."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.responses import Response

from nlp_apps.server import openapi, predict_request, response
from nlp_apps.server.batching import PendingRequest, Queue, QueueClosedError
from nlp_apps.server.limits import Limits, flag
from nlp_apps.server.predict_request import Arrays
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry
from nlp_apps.server.request_error import RequestError, invalid

_T = TypeVar("_T")

_LARGE = 64 * 1024
"""Bytes of JSON that take longer to work through than the other requests should stand still."""

_MAX_SWAPS = 5
"""Newer versions that may come between the reading of a request and its queueing."""


class PredictRoute:
    """Answers predict requests.

    Args:
        models: what is asked.
        limits: of requests.
        metrics: is told what happens.
    """

    def __init__(self, models: ModelRegistry, limits: Limits, metrics: Metrics) -> None:
        self._models = models
        self._limits = limits
        self._metrics = metrics

    def add_to(self, app: FastAPI) -> None:
        """Adds the two paths to an app."""

        @app.post("/v1/models/{name}:predict", **openapi.PREDICT)
        async def predict(name: str, request: Request) -> Response:
            """Asks the newest version of a model."""
            return await self._predict(request, name, None)

        @app.post("/v1/models/{name}/versions/{version}:predict", **openapi.PREDICT)
        async def predict_version(name: str, version: str, request: Request) -> Response:
            """Asks one version of a model."""
            return await self._predict(request, name, version)

    async def _predict(self, request: Request, name: str, version: str | None) -> Response:
        """Answers, and counts."""
        started = time.perf_counter()
        labels = ["", ""]  # Model and signature, when they are known to exist.
        code = 500
        try:
            number = None if version is None else to_number(version, request)
            answer = await self._answer(request, name, number, labels)
            code = 200
        except RequestError as error:
            code = error.status
            if error.retry_after is not None:
                self._metrics.refused.labels(labels[0]).inc()
            raise
        finally:
            seconds = time.perf_counter() - started
            self._metrics.answered(labels[0], labels[1], code, seconds)
        return Response(answer, media_type="application/json")

    async def _answer(
        self, request: Request, name: str, number: int | None, labels: list[str]
    ) -> bytes:
        """Reads a question, has it answered, and writes the answer."""
        limits = self._limits
        deadline = asyncio.get_running_loop().time() + limits.timeout
        self._models.find(name, number)  # A wrong name is told before the body is read.
        labels[0] = name
        _check_coding(request)
        data = await _read(request, limits, deadline)
        body = await _aside(len(data), predict_request.read_body, data)
        for _ in range(_MAX_SWAPS):
            found = self._models.find(name, number)
            signature = found.servable.signatures.get(body.signature_name)
            if signature is None:
                raise invalid(
                    f'Serving signature name: "{body.signature_name[:80]}" not found in signature '
                    f"def. There are: {', '.join(found.servable.signatures)}"
                )
            labels[1] = signature.name
            question = await _aside(
                len(data), predict_request.read_question, body, signature, limits
            )
            try:
                job = found.queue.submit(signature, question)
            except QueueClosedError:
                continue  # A newer version has come meanwhile, perhaps with other signatures.
            outputs = await _wait(request, found.queue, job, deadline, limits)
            size = sum(8 * array.size for array in outputs.values())
            told = (outputs, signature, body.in_rows, question.rows)
            return await _aside(size, response.write, *told)
        raise RequestError(503, f"Model {name} is being replaced.", retry_after=1)


def to_number(version: str, request: Request) -> int:
    """A version's number.

    Raises:
        RequestError: it is none.
    """
    if not (version.isascii() and version.isdigit()):
        raise malformed(request)
    if len(version) > 18:
        raise invalid(f"Failed to convert version: {version[:80]} to numeric.")
    return int(version)


def malformed(request: Request) -> RequestError:
    """A request for a path that does not exist, in TF Serving's words."""
    return invalid(f"Malformed request: {request.method} {request.url.path[:200]}")


def _check_coding(request: Request) -> None:
    """Refuses a compressed body: how large it becomes would be known too late."""
    coding = ", ".join(request.headers.getlist("content-encoding")).strip()
    if coding.lower() not in ("", "identity"):
        raise RequestError(
            415, f"The body must not be compressed: leave 'Content-Encoding: {coding[:40]}' out."
        )


async def _read(request: Request, limits: Limits, deadline: float) -> bytes:
    """Reads a body as far as it may be long."""
    body = bytearray()
    limit = limits.max_body_bytes
    try:
        async with asyncio.timeout_at(deadline):
            more = True
            while more and len(body) <= limit:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise RequestError(499, "The client is gone.")
                body += message.get("body", b"")
                more = message.get("more_body", False)
    except TimeoutError:
        raise RequestError(
            408, f"The body did not arrive within {limits.timeout:g} s ({flag('timeout')})."
        ) from None
    if len(body) > limit:
        raise RequestError(
            413,
            f"The body has more than {limit:,} bytes, the most that is taken "
            f"({flag('max_body_bytes')}).",
        )
    return bytes(body)


async def _wait(
    request: Request, queue: Queue, job: PendingRequest, deadline: float, limits: Limits
) -> Arrays:
    """Waits for a job's answer, as long as there is time and the client is there."""
    loop = asyncio.get_running_loop()
    answered = asyncio.wrap_future(job.future)
    gone = loop.create_task(_disconnected(request))
    either: list[asyncio.Future[Any]] = [answered, gone]
    try:
        await asyncio.wait(
            either, timeout=deadline - loop.time(), return_when=asyncio.FIRST_COMPLETED
        )
        if answered.done():
            return answered.result()
        if gone.done():
            raise RequestError(499, "The client is gone.")
        raise RequestError(
            504, f"The model had no time to answer within {limits.timeout:g} s ({flag('timeout')})."
        )
    finally:
        gone.cancel()
        if not answered.done():
            queue.drop(job)
            answered.cancel()


async def _disconnected(request: Request) -> None:
    """Returns when the client has gone; its body is read by then, so nothing else can come."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _aside(size: int, work: Callable[..., _T], *arguments: object) -> _T:
    """Does work on so many bytes: in a thread when it would hold up the other requests."""
    if size > _LARGE:
        return await asyncio.to_thread(work, *arguments)
    return work(*arguments)
