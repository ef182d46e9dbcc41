"""A prediction, the part that REST and gRPC share: place, memory, queue, wait and count."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from nlp_apps.server.lane import PendingRequest, QueueClosedError
from nlp_apps.server.limits import Limits
from nlp_apps.server.memory_budget import MemoryBudget, Reservation, num_bytes
from nlp_apps.server.model_signatures import Arrays, Signature
from nlp_apps.server.model_version import ActiveVersion
from nlp_apps.server.predict_request import PredictInputs
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry
from nlp_apps.server.request_error import RequestError, bad_request

_MAX_SWAPS = 5
"""Newer versions that may become active while one request is read and checked."""

_Form = TypeVar("_Form")


@dataclass
class Labels:
    """Labels of the metrics of a request: names that exist, otherwise ""."""

    model: str = ""
    signature: str = ""


class Places:
    """The places of concurrent predict requests.

    Args:
        number: the number of places.
    """

    def __init__(self, number: int) -> None:
        self._free = number

    @contextlib.contextmanager
    def occupied(self) -> Iterator[None]:
        """Occupies a place.

        Raises:
            RequestError: 503, all are occupied.
        """
        if self._free <= 0:
            raise RequestError(503, "The server is busy. Try again later.", retry_after=1)
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


class ReadRequest(NamedTuple, Generic[_Form]):
    """A request that is read and checked.

    Attributes:
        signature: The signature to call.
        inputs: Its inputs.
        form: Format of the response.
    """

    signature: Signature
    inputs: PredictInputs
    form: _Form


class Queued(NamedTuple, Generic[_Form]):
    """A request in a queue."""

    active: ActiveVersion
    pending: PendingRequest
    form: _Form


class Predictions:
    """The predictions of a server, over every protocol.

    Args:
        registry: the models.
        limits: limits of requests.
        metrics: counts responses.

    Attributes:
        registry: the models.
        limits: the limits.
        metrics: the counts.
        places: The places of `max_requests`.
        budget: The memory of `max_memory`.
    """

    def __init__(self, registry: ModelRegistry, limits: Limits, metrics: Metrics) -> None:
        self.registry = registry
        self.limits = limits
        self.metrics = metrics
        self.places = Places(limits.max_requests)
        self.budget = MemoryBudget(limits.max_memory)

    def deadline(self) -> float:
        """Returns the end of a request that starts now, in the seconds of the event loop."""
        return asyncio.get_running_loop().time() + self.limits.timeout

    async def respond(
        self, predict: Callable[[Labels, Reservation], Awaitable[bytes]]
    ) -> tuple[bytes, Reservation]:
        """Computes a response, and counts it.

        Args:
            predict: returns the response; sets the labels as soon as they are known.

        Returns:
            The response and its memory, which the caller releases when the response is sent.

        Raises:
            RequestError: that of `predict`.
        """
        started = time.perf_counter()
        labels = Labels()
        status = 500
        memory = self.budget.reserve()
        try:
            response = await predict(labels, memory)
            status = 200
        except RequestError as error:
            status = error.status
            if error.retry_after is not None:
                self.metrics.refused.labels(labels.model).inc()
            raise error.bare() from None
        except asyncio.CancelledError:
            status = 499  # The client has disconnected.
            raise
        finally:
            if status != 200:
                memory.release()
            seconds = time.perf_counter() - started
            self.metrics.count_response(labels.model, labels.signature, status, seconds)
        return response, memory

    async def submit(
        self,
        model: tuple[str, int | None],
        size: int,
        read: Callable[[ActiveVersion], ReadRequest[_Form]],
        memory: Reservation,
    ) -> Queued[_Form]:
        """Reads and checks a request and adds it to the queue of its model.

        Args:
            model: name, and number of a version; None: the current one.
            size: bytes of the request.
            read: reads it for a version, in one step, so that the objects of one large request
                exist at a time.
            memory: receives the bytes of the inputs.

        Raises:
            RequestError: there is no such version, the request is wrong, or the lane is full.
        """
        name, number = model
        for _ in range(_MAX_SWAPS):
            active = self.registry.resolve(name, number)
            signature, inputs, form = await self.budget.in_turn(size, partial(read, active))
            memory.set(num_bytes(inputs.arrays))
            # A version that replaces this one may differ in signatures.
            with contextlib.suppress(QueueClosedError):
                return Queued(active, active.queue.submit(signature, inputs), form)
        raise RequestError(503, f"Model {name} is being replaced.", retry_after=1)

    async def wait(
        self, queued: Queued[Any], deadline: float, gone: Coroutine[Any, Any, None] | None = None
    ) -> Arrays:
        """Waits for the outputs until the deadline.

        Args:
            queued: the request.
            deadline: in the seconds of the event loop.
            gone: returns when the client disconnects; None: this call is cancelled then.

        Raises:
            RequestError: that of the model; 499 or 504, the client or the time is gone.
        """
        loop = asyncio.get_running_loop()
        outputs = asyncio.wrap_future(queued.pending.future)
        disconnect = None if gone is None else loop.create_task(gone)
        either: list[asyncio.Future[Any]] = [outputs, *([disconnect] if disconnect else [])]
        try:
            await asyncio.wait(
                either, timeout=deadline - loop.time(), return_when=asyncio.FIRST_COMPLETED
            )
            if outputs.done():
                return outputs.result()
            if disconnect is not None and disconnect.done():
                raise RequestError(499, "The client has disconnected.")
            raise RequestError(
                504, f"The model did not respond within {self.limits.timeout:g} s (--timeout)."
            )
        finally:
            if disconnect is not None:
                disconnect.cancel()
            if not outputs.done():
                queued.active.queue.drop(queued.pending)
                outputs.cancel()


def find_signature(active: ActiveVersion, name: str) -> Signature:
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
