"""Load generator: many requests at once, each prediction compared with the expected one.

Closed loop: each of N clients sends its next request when it has the response. It measures the
capacity of a server. Open loop: requests arrive at a fixed rate whether earlier ones are completed
or not, as they do from people. It measures a server that is overloaded.
"""

import asyncio
import contextlib
import itertools
import json
import math
import time
import urllib.parse
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.load_testing.http_connection import HttpConnection

TIMEOUT = 120.0
"""Seconds after which a response counts as lost."""

BUSY_STATUSES = (429, 503)


@dataclass
class LoadResult:
    """Counts and latencies of a load.

    Attributes:
        seconds: From the first request to the last response.
        latencies: Seconds of each response with status 200, from the time its request was due.
        statuses: Number of responses by status.
        wrong: Responses with status 200 whose prediction differs from the expected one or cannot
            be read.
        lost: Requests without an HTTP response.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: int = 0
    lost: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Returns the scores by name."""
        requests = sum(self.statuses.values()) + self.lost
        refused = sum(self.statuses[status] for status in BUSY_STATUSES)
        return {
            "requests": requests,
            "seconds": round(self.seconds, 2),
            "accepted": len(self.latencies),
            "accepted_per_second": round(len(self.latencies) / self.seconds, 1),
            "p50_ms": percentile_ms(self.latencies, 0.50),
            "p99_ms": percentile_ms(self.latencies, 0.99),
            "max_ms": percentile_ms(self.latencies, 1.0),
            "refused": refused,
            "refused_share": round(refused / requests, 4) if requests else 0.0,
            "timed_out": self.statuses[504],
            "errors": requests - self.lost - len(self.latencies) - refused - self.statuses[504],
            "wrong": self.wrong,
            "lost": self.lost,
        }


class Target:
    """A model on a server.

    Args:
        url: URL of the server.
        model: name of the model.
        token: bearer token; None: send none.
        signature: signature to call; "": the default one.
        parameters: inputs beside the text, the same for every text.
    """

    def __init__(
        self, url: str, model: str, token: str | None, signature: str, parameters: dict[str, Any]
    ) -> None:
        parts, port = _split_url(url)
        self.host = parts.hostname or ""
        self._tls = parts.scheme == "https"
        self.port = port or (443 if self._tls else 80)
        self._signature = signature
        self._parameters = parameters
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        path = f"{parts.path.rstrip('/')}/v1/models/{urllib.parse.quote(model)}:predict"
        self._head = f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{authorization}"

    def connection(self) -> HttpConnection:
        """Returns a connection that opens with its first request."""
        return HttpConnection(self.host, self.port, tls=self._tls)

    def request(self, text: str) -> bytes:
        """Returns the request for one text."""
        row: Any = {"text": text, **self._parameters} if self._parameters else text
        content: dict[str, Any] = {"instances": [row]}
        if self._signature:
            content["signature_name"] = self._signature
        body = json.dumps(content).encode("ascii")
        return f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode("ascii") + body


def _split_url(url: str) -> tuple[urllib.parse.SplitResult, int | None]:
    """Splits a URL, and returns its port.

    Raises:
        UsageError: it is not the URL of a server.
    """
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError as error:  # An incomplete IPv6 address.
        raise UsageError(f"URL must be http://HOST:PORT, not {url}.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii():
        raise UsageError(f"URL must be http://HOST:PORT, not {url}.")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise UsageError(f"URL {url}: the port must be a number from 1 to 65535.")
    return parts, port


class Load:
    """Sends texts to a model and counts the responses.

    Args:
        target: the model.
        texts: the texts, repeated as long as the load lasts.
        expected: the expected prediction of each text.
    """

    def __init__(self, target: Target, texts: Sequence[str], expected: Sequence[Any]) -> None:
        self._target = target
        self._requests = [target.request(text) for text in texts]
        self._expected = expected
        self._numbers = itertools.count()
        self.result = LoadResult()

    async def closed(self, clients: int, seconds: float) -> LoadResult:
        """Runs a closed loop: each client sends its next request when it has the response."""
        started = time.perf_counter()

        async def client() -> None:
            async with contextlib.aclosing(self._target.connection()) as connection:
                while time.perf_counter() < started + seconds:
                    await self._send(connection, time.perf_counter())

        async with _task_group() as tasks:
            for _ in range(clients):
                tasks.create_task(client())
        self.result.seconds = time.perf_counter() - started
        return self.result

    async def open(self, rate: float, seconds: float) -> LoadResult:
        """Runs an open loop: `rate` requests a second, however many are not completed."""
        started = time.perf_counter()
        idle: list[HttpConnection] = []

        async def arrive(due: float) -> None:
            connection = (
                idle.pop()
                if idle
                else await opened.enter_async_context(
                    contextlib.aclosing(self._target.connection())
                )
            )
            await self._send(connection, due)
            idle.append(connection)

        async with contextlib.AsyncExitStack() as opened:
            async with _task_group() as tasks:
                for number in range(math.ceil(rate * seconds)):
                    due = started + number / rate
                    await asyncio.sleep(max(0.0, due - time.perf_counter()))
                    tasks.create_task(arrive(due))
            self.result.seconds = time.perf_counter() - started
        return self.result

    async def _send(self, connection: HttpConnection, due: float) -> None:
        """Sends the next request and counts its response."""
        number = next(self._numbers) % len(self._requests)
        try:
            async with asyncio.timeout(TIMEOUT):
                status, body = await connection.send(self._requests[number])
        except (OSError, EOFError, TimeoutError):
            self.result.lost += 1
            return
        self.result.statuses[status] += 1
        if status == 200:
            self.result.latencies.append(time.perf_counter() - due)
            if not self._is_expected(number, body):
                self.result.wrong += 1

    def _is_expected(self, number: int, body: bytes) -> bool:
        """Returns whether a body holds the expected prediction."""
        try:
            return equal(self._expected[number], prediction(body))
        except (ValueError, KeyError, IndexError, TypeError, OverflowError, RecursionError):
            return False


@contextlib.asynccontextmanager
async def _task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """Runs concurrent tasks; the first exception of a task ends all and is raised."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def predict_alone(target: Target, texts: Sequence[str]) -> list[Any]:
    """Returns the prediction of each text, requested one after the other without other load.

    Raises:
        WorkError: the server cannot be reached, or a response has no prediction.
    """
    connection = target.connection()
    predictions = []
    try:
        for text in texts:
            async with asyncio.timeout(TIMEOUT):
                status, body = await connection.send(target.request(text))
            shown = body.decode("utf-8", "replace")[:200]
            if status != 200:
                raise WorkError(f"{text[:40]!r}: the server responds with status {status}: {shown}")
            try:
                predictions.append(prediction(body))
            except (ValueError, KeyError, TypeError) as error:
                raise WorkError(
                    f"{text[:40]!r}: the response must hold one prediction: {shown}"
                ) from error
    except (OSError, EOFError, TimeoutError) as error:
        raise WorkError(f"{target.host}:{target.port}: no response: {error}.") from error
    finally:
        await connection.aclose()
    return predictions


def prediction(body: bytes) -> Any:
    """Returns the single prediction in a response body.

    Raises:
        ValueError: the body is not JSON, or has not exactly one prediction.
        KeyError, TypeError: the JSON has another form.
    """
    (found,) = json.loads(body)["predictions"]
    return found


def equal(expected: Any, received: Any) -> bool:
    """Returns whether a prediction equals the expected one.

    Objects are compared by the names that both have. Floats may differ in their last bits: a batch
    adds in another order.
    """
    if isinstance(expected, dict) and isinstance(received, dict):
        names = expected.keys() & received.keys()
        return bool(names) and all(equal(expected[name], received[name]) for name in names)
    if isinstance(expected, list) and isinstance(received, list):
        return len(expected) == len(received) and all(map(equal, expected, received))
    if isinstance(expected, float) and isinstance(received, int | float):
        return math.isclose(expected, received, rel_tol=1e-3, abs_tol=1e-4)
    return bool(expected == received)


def percentile_ms(seconds: Sequence[float], share: float) -> float | None:
    """Returns the latency that `share` of the responses did not exceed, in milliseconds."""
    if not seconds:
        return None
    place = max(math.ceil(share * len(seconds)) - 1, 0)
    return round(1000 * sorted(seconds)[place], 1)
