"""TF Serving's PredictionService over gRPC, and gRPC's health service, beside REST.

The calls share models, queues, limits, places and memory with REST. Each handler decides when its
message is read: never before the token is checked and the memory is reserved.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2

from nlp_apps.errors import WorkError
from nlp_apps.server import grpc_messages
from nlp_apps.server.auth import is_authorized
from nlp_apps.server.grpc_settings import settings
from nlp_apps.server.memory_budget import Reservation, num_bytes
from nlp_apps.server.model_version import ActiveVersion
from nlp_apps.server.predictions import Labels, Predictions, Queued, ReadRequest, find_signature
from nlp_apps.server.request_error import RequestError, bad_request

CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    404: grpc.StatusCode.NOT_FOUND,
    408: grpc.StatusCode.DEADLINE_EXCEEDED,
    413: grpc.StatusCode.INVALID_ARGUMENT,
    499: grpc.StatusCode.CANCELLED,
    500: grpc.StatusCode.INTERNAL,
    501: grpc.StatusCode.UNIMPLEMENTED,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
"""gRPC's status of each error, as TF Serving has them."""

_SERVICE = "/tensorflow.serving.PredictionService/"
_OTHER_CALLS = ("Classify", "Regress", "MultiInference")

_READ_SHARE = 0.5
"""Part of the memory budget that messages which arrive may use. The size of a message is known when
all of it has arrived; until then its call reserves the maximum."""

_OTHER_PLACES = 256
"""Concurrent calls besides predictions; all of them end at once."""

_log = logging.getLogger(__name__)

_Call = Callable[[Any], Awaitable[None]]


class GrpcService:
    """The gRPC server; it runs in the event loop that starts it.

    Args:
        predictions: the predictions of the server, shared with REST.
        token: bearer token that calls must send; None: no token.
        listener: a bound socket; gRPC, which opens its sockets itself, takes over its address.
    """

    def __init__(
        self, predictions: Predictions, token: str | None, listener: socket.socket
    ) -> None:
        self._predictions = predictions
        self._limits = predictions.limits
        self._token = token
        self._listener = listener
        share = int(self._limits.max_memory * _READ_SHARE)
        self._may_read = asyncio.Semaphore(max(1, share // self._limits.max_body_bytes))
        self._server: Any = None

    async def start(self) -> None:
        """Starts to listen.

        Raises:
            WorkError: the port is in use.
        """
        self._server = grpc.aio.server(
            handlers=[_Handlers(self._calls())],
            options=settings(self._limits),
            maximum_concurrent_rpcs=self._limits.max_requests + _OTHER_PLACES,
        )
        host, port = self._listener.getsockname()[:2]
        self._listener.close()
        try:
            self._server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except RuntimeError as error:
            raise WorkError(f"--grpc-port {port}: cannot listen. Choose another port.") from error
        await self._server.start()

    async def stop(self, grace: float | None) -> None:
        """Accepts no more calls, and returns when the accepted ones end.

        Args:
            grace: seconds after which they are cancelled; None: at once.
        """
        if self._server is not None:
            await self._server.stop(grace)

    def _calls(self) -> dict[str, _Call]:
        """Returns the calls by their path."""
        return {
            f"{_SERVICE}Predict": self._predict,
            f"{_SERVICE}GetModelMetadata": self._metadata,
            **{f"{_SERVICE}{name}": self._refuse for name in _OTHER_CALLS},
            "/grpc.health.v1.Health/Check": self._check_health,
        }

    async def _predict(self, context: Any) -> None:
        """Responds to a Predict call, which has its place until the response is sent."""
        with contextlib.ExitStack() as place:

            async def compute(labels: Labels, memory: Reservation) -> bytes:
                self._check_token(context)
                place.enter_context(self._predictions.places.occupied())
                return await self._compute(context, labels, memory)

            content, memory = await self._predictions.respond(compute)
            try:
                await context.write(content)
            finally:
                memory.release()

    async def _compute(self, context: Any, labels: Labels, memory: Reservation) -> bytes:
        """Returns the response to a Predict call; sets the labels as soon as they are known."""
        deadline = self._predictions.deadline()
        queued = await self._submit(context, labels, memory, deadline)
        outputs = await self._predictions.wait(queued, deadline)
        size = num_bytes({name: outputs[name] for name in queued.form})
        memory.set(size)
        content = await self._predictions.budget.in_turn(
            size,
            lambda: grpc_messages.predict_response(
                labels.model, queued.active.number, queued.pending.signature, outputs, queued.form
            ),
        )
        memory.set(len(content))
        return content

    async def _submit(
        self, context: Any, labels: Labels, memory: Reservation, deadline: float
    ) -> Queued[Sequence[str]]:
        """Reads a Predict call and adds it to the queue of its model.

        A coroutine of its own, so that the message is not kept while the call waits.
        """
        registry, limits = self._predictions.registry, self._limits
        data = await self._read(context, memory, deadline)

        def parse() -> Any:
            return grpc_messages.parse(predict_pb2.PredictRequest, data)

        # Parsed for the model alone, then again: no large message stays parsed while others wait.
        model = await self._predictions.budget.in_turn(
            len(data), lambda: grpc_messages.requested_model(parse(), registry)
        )
        registry.resolve(*model)
        labels.model = model[0]

        def read(active: ActiveVersion) -> ReadRequest[Sequence[str]]:
            request = parse()
            signature = find_signature(active, grpc_messages.requested_signature(request))
            labels.signature = signature.name
            names = grpc_messages.output_names(request, signature)
            inputs = grpc_messages.read_inputs(request, signature, limits)
            return ReadRequest(signature, inputs, names)

        return await self._predictions.submit(model, len(data), read, memory)

    async def _metadata(self, context: Any) -> None:
        """Responds to a GetModelMetadata call."""
        self._check_token(context)
        registry, memory = self._predictions.registry, self._predictions.budget.reserve()
        with self._predictions.places.occupied(), contextlib.ExitStack() as stack:
            stack.callback(memory.release)
            data = await self._read(context, memory, self._predictions.deadline())

            def respond() -> bytes:
                request = grpc_messages.parse(get_model_metadata_pb2.GetModelMetadataRequest, data)
                name, number = grpc_messages.requested_model(request, registry)
                active = registry.resolve(name, number)
                return grpc_messages.metadata_response(request, name, active)

            content = await self._predictions.budget.in_turn(len(data), respond)
            await context.write(content)

    async def _refuse(self, context: Any) -> None:
        """Responds to a call of TF Serving that this server does not have."""
        self._check_token(context)
        raise RequestError(501, "This server has the calls Predict and GetModelMetadata.")

    async def _check_health(self, context: Any) -> None:
        """Responds to a Check call, with the state of /ready for every service.

        The message, which names a service, is not read: a client needs no token for this call, so
        none may hold memory or wait.
        """
        is_ready, _ = self._predictions.registry.ready()
        states = health_pb2.HealthCheckResponse
        state = states.SERVING if is_ready else states.NOT_SERVING
        await context.write(states(status=state).SerializeToString())

    def _check_token(self, context: Any) -> None:
        """Raises an error for a call without the token."""
        found = [value for key, value in context.invocation_metadata() if key == "authorization"]
        if not is_authorized([value for value in found if isinstance(value, str)], self._token):
            raise RequestError(401, "This server requires 'authorization: Bearer TOKEN'.")

    async def _read(self, context: Any, memory: Reservation, deadline: float) -> bytes:
        """Reads the message of a call, and reserves its memory.

        Raises:
            RequestError: the message is missing or late, or the memory does not suffice.
        """
        try:
            async with asyncio.timeout_at(deadline), self._may_read:
                memory.set(self._limits.max_body_bytes)
                data = await context.read()
        except TimeoutError:
            raise RequestError(
                408, f"The message did not arrive within {self._limits.timeout:g} s (--timeout)."
            ) from None
        if data is grpc.aio.EOF:
            raise bad_request("The call has no message.")
        memory.set(len(data))
        return bytes(data)


class _Handlers(grpc.GenericRpcHandler):  # type: ignore[misc, unused-ignore]
    """Finds the handler of a call.

    All are handlers of streams, which read and write messages themselves. On the wire a stream of
    one message is the same as a single message.

    Args:
        calls: the calls by their path.
    """

    def __init__(self, calls: dict[str, _Call]) -> None:
        self._calls = calls

    def service(self, handler_call_details: Any) -> Any:
        """Returns the handler; None: there is no such call."""
        call = self._calls.get(handler_call_details.method)
        return call and grpc.stream_stream_rpc_method_handler(partial(_guarded, call))


async def _guarded(call: _Call, messages: Any, context: Any) -> None:
    """Runs a call, and ends it with the status of its error."""
    try:
        await call(context)
        return
    except RequestError as error:
        code, text, seconds = CODES.get(error.status), error.message, error.retry_after
        error.bare()
    except Exception:
        if context.cancelled() or context.done():  # The client has disconnected.
            return
        _log.exception("a gRPC call failed")
        code, text, seconds = None, "The server failed; see its log.", None
    # The name that gRPC's clients know for Retry-After, in milliseconds.
    delay = () if seconds is None else (("grpc-retry-pushback-ms", str(1000 * seconds)),)
    await context.abort(code or grpc.StatusCode.INTERNAL, text, delay)
