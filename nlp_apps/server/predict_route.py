"""POST .../NAME:predict: reads, checks and queues a request, waits, and responds."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from nlp_apps.server import json_arrays, predict_request
from nlp_apps.server.memory_budget import Reservation, num_bytes
from nlp_apps.server.middleware import Receive, Scope, Send
from nlp_apps.server.model_version import ActiveVersion
from nlp_apps.server.predictions import (
    Labels,
    Predictions,
    Queued,
    ReadRequest,
    find_signature,
)
from nlp_apps.server.registry import ModelRegistry
from nlp_apps.server.request_error import RequestError, bad_request, malformed_request

MODEL_PATHS = (
    "/v1/models/{name}",
    "/v1/models/{name}/versions/{version}",
    "/v1/models/{name}/labels/{label}",
)
"""Paths of a model: its newest version, a version by number, and one by label."""


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
        predictions: the predictions of the server.
    """

    def __init__(self, predictions: Predictions) -> None:
        self._predictions = predictions
        self._registry = predictions.registry
        self._limits = predictions.limits

    async def respond(self, request: Request) -> Response:
        """Responds to a predict request, and counts the response."""
        content, memory = await self._predictions.respond(
            lambda labels, memory: self._predict(request, labels, memory)
        )
        return _ReservedResponse(content, memory)

    async def _predict(self, request: Request, labels: Labels, memory: Reservation) -> bytes:
        """Returns the body of the response; sets the labels as soon as they are known."""
        deadline = self._predictions.deadline()
        queued = await self._submit(request, labels, memory, deadline)
        outputs = await self._predictions.wait(queued, deadline, _disconnect(request))
        size = num_bytes(outputs)
        memory.set(size)
        content = await self._predictions.budget.in_turn(
            size,
            lambda: json_arrays.to_json(
                outputs, queued.pending.signature, queued.form, queued.pending.inputs.rows
            ),
        )
        memory.set(len(content))
        return content

    async def _submit(
        self, request: Request, labels: Labels, memory: Reservation, deadline: float
    ) -> Queued[bool]:
        """Reads and checks a request and adds it to the queue of its model."""
        name, number = request.path_params["name"], requested_version(request, self._registry)
        self._registry.resolve(name, number)  # 404 before the body is read.
        labels.model = name
        data = await self._read_body(request, deadline, memory)

        def read(active: ActiveVersion) -> ReadRequest[bool]:
            body = predict_request.parse(data, self._limits)
            signature = find_signature(active, body.signature_name)
            labels.signature = signature.name
            inputs = predict_request.read_inputs(body, signature, self._limits)
            return ReadRequest(signature, inputs, body.row_format)

        return await self._predictions.submit((name, number), len(data), read, memory)

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


async def _disconnect(request: Request) -> None:
    """Returns when the client disconnects; its body is read, so no other message follows."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
