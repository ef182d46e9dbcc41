"""Requests against a server, many at once, every answer compared with the right one.

Closed loop: so many clients, each asking again as soon as it has its answer; it finds what a server
can do. Open loop: requests come at their own times, whether the last ones are answered or not, as
they do from people; it finds what a server does when that is too much.
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

PATIENCE = 120.0
"""Seconds after which an answer counts as lost."""

REFUSED = (429, 503)


@dataclass
class Outcome:
    """What came of the requests.

    Attributes:
        seconds: From the first request to the last answer.
        latencies: Seconds of every accepted answer, from when its request was due.
        statuses: How often each status came.
        wrong: Accepted answers that differ from the expected ones, or cannot be read.
        lost: Requests without an answer in HTTP.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: int = 0
    lost: int = 0

    def told(self) -> dict[str, Any]:
        """The figures, by name."""
        asked = sum(self.statuses.values()) + self.lost
        refused = sum(self.statuses[status] for status in REFUSED)
        return {
            "requests": asked,
            "seconds": round(self.seconds, 2),
            "accepted": len(self.latencies),
            "accepted_per_second": round(len(self.latencies) / self.seconds, 1),
            "p50_ms": percentile_ms(self.latencies, 0.50),
            "p99_ms": percentile_ms(self.latencies, 0.99),
            "max_ms": percentile_ms(self.latencies, 1.0),
            "refused": refused,
            "refused_share": round(refused / asked, 4) if asked else 0.0,
            "timed_out": self.statuses[504],
            "errors": asked - self.lost - len(self.latencies) - refused - self.statuses[504],
            "wrong": self.wrong,
            "lost": self.lost,
        }


class Target:
    """The model that is asked.

    Args:
        url: the server's address.
        model: its name.
        token: what requests bear.
        signature: which signature is asked.
        knobs: inputs beside the text, the same for every text.
    """

    def __init__(
        self, url: str, model: str, token: str | None, signature: str, knobs: dict[str, Any]
    ) -> None:
        parts, port = _parts(url)
        self.host = parts.hostname or ""
        self.tls = parts.scheme == "https"
        self.port = port or (443 if self.tls else 80)
        self._signature = signature
        self._knobs = knobs
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        place = f"{parts.path.rstrip('/')}/v1/models/{urllib.parse.quote(model)}:predict"
        self._head = f"POST {place} HTTP/1.1\r\nHost: {parts.netloc}\r\n{bearer}Content-Length: "

    def request(self, text: str) -> bytes:
        """The request for one text."""
        row: Any = {"text": text, **self._knobs} if self._knobs else text
        asked: dict[str, Any] = {"instances": [row]}
        if self._signature:
            asked["signature_name"] = self._signature
        body = json.dumps(asked).encode("ascii")
        return f"{self._head}{len(body)}\r\n\r\n".encode("ascii") + body


def _parts(url: str) -> tuple[urllib.parse.SplitResult, int | None]:
    """An address in its parts, and its port.

    Raises:
        UsageError: it is not one of a server.
    """
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError as error:  # Half an IPv6 address.
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


class Connection:
    """One connection, kept open from request to request."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Sends a request and gives status and body.

        Raises:
            OSError: the connection fails, or what comes is no HTTP.
            EOFError: it ends before the answer does.
        """
        try:
            if self._streams is None:
                target = self._target
                self._streams = await asyncio.open_connection(
                    target.host, target.port, ssl=target.tls or None
                )
            reader, writer = self._streams
            writer.write(request)
            status, body, is_last = await _answer(reader)
        except (ValueError, IndexError, asyncio.LimitOverrunError) as error:
            await self.aclose()
            raise ConnectionError(f"what comes is no HTTP ({error})") from error
        except BaseException:
            await self.aclose()
            raise
        if is_last:
            await self.aclose()
        return status, body

    async def aclose(self) -> None:
        """Hangs up."""
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    """Status and body of an answer, and whether the connection ends with it."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    lines = head.split("\r\n")
    status = int(lines[0].split()[1])
    headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    if headers.get("transfer-encoding") == "chunked":
        body = await _chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return status, body, headers.get("connection") == "close"


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """A body that comes in chunks, each behind its length."""
    body = b""
    while True:
        size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
        body += (await reader.readexactly(size + 2))[:-2]
        if size == 0:
            return body


class Load:
    """Asks texts and keeps count.

    Args:
        target: the model.
        texts: what is asked, again and again.
        expected: the right prediction of each text.
    """

    def __init__(self, target: Target, texts: Sequence[str], expected: Sequence[Any]) -> None:
        self._target = target
        self._requests = [target.request(text) for text in texts]
        self._expected = expected
        self._turns = itertools.count()
        self.outcome = Outcome()

    async def closed(self, clients: int, seconds: float) -> Outcome:
        """Closed loop: every client asks as soon as it has its answer."""
        started = time.perf_counter()

        async def client() -> None:
            async with contextlib.aclosing(Connection(self._target)) as connection:
                while time.perf_counter() < started + seconds:
                    await self._ask(connection, time.perf_counter())

        async with _together() as tasks:
            for _ in range(clients):
                tasks.create_task(client())
        self.outcome.seconds = time.perf_counter() - started
        return self.outcome

    async def open(self, rate: float, seconds: float) -> Outcome:
        """Open loop: `rate` requests a second, however many are still unanswered."""
        started = time.perf_counter()
        free: list[Connection] = []

        async def arrive(due: float) -> None:
            connection = (
                free.pop()
                if free
                else await opened.enter_async_context(contextlib.aclosing(Connection(self._target)))
            )
            await self._ask(connection, due)
            free.append(connection)

        async with contextlib.AsyncExitStack() as opened:
            async with _together() as tasks:
                for number in range(math.ceil(rate * seconds)):
                    due = started + number / rate
                    await asyncio.sleep(max(0.0, due - time.perf_counter()))
                    tasks.create_task(arrive(due))
            self.outcome.seconds = time.perf_counter() - started
        return self.outcome

    async def _ask(self, connection: Connection, due: float) -> None:
        """One request and what came of it."""
        number = next(self._turns) % len(self._requests)
        try:
            async with asyncio.timeout(PATIENCE):
                status, body = await connection.ask(self._requests[number])
        except (OSError, EOFError, TimeoutError):
            self.outcome.lost += 1
            return
        self.outcome.statuses[status] += 1
        if status == 200:
            self.outcome.latencies.append(time.perf_counter() - due)
            if not self._is_right(number, body):
                self.outcome.wrong += 1

    def _is_right(self, number: int, body: bytes) -> bool:
        """Whether an answer is the expected one; one that cannot be read is not."""
        try:
            return same(self._expected[number], prediction(body))
        except (ValueError, KeyError, IndexError, TypeError, OverflowError, RecursionError):
            return False


@contextlib.asynccontextmanager
async def _together() -> AsyncIterator[asyncio.TaskGroup]:
    """Tasks beside each other. What one of them raises ends all and is raised: none is lost."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def ask_alone(target: Target, texts: Sequence[str]) -> list[Any]:
    """The prediction of each text, asked one after the other while nobody else asks.

    Raises:
        WorkError: the server cannot be reached, or does not answer a text.
    """
    connection = Connection(target)
    predictions = []
    try:
        for text in texts:
            async with asyncio.timeout(PATIENCE):
                status, body = await connection.ask(target.request(text))
            if status != 200:
                told = body.decode("utf-8", "replace")[:200]
                raise WorkError(f"the server answers {status} to {text[:40]!r}: {told}")
            try:
                predictions.append(prediction(body))
            except (ValueError, KeyError, TypeError) as error:
                told = body.decode("utf-8", "replace")[:200]
                raise WorkError(
                    f"the server's answer to {text[:40]!r} has not one prediction: {told}"
                ) from error
    except (OSError, EOFError, TimeoutError) as error:
        raise WorkError(f"{target.host}:{target.port}: gives no answer: {error}.") from error
    finally:
        await connection.aclose()
    return predictions


def prediction(body: bytes) -> Any:
    """The prediction in the answer to one text.

    Raises:
        ValueError: the answer is not JSON, or has more predictions or none.
        KeyError, TypeError: it is JSON of another form.
    """
    (found,) = json.loads(body)["predictions"]
    return found


def same(expected: Any, got: Any) -> bool:
    """Whether a prediction is the expected one.

    Of objects, the names that both have are compared. Numbers may differ in their last bits: a
    batch adds them up in another order.
    """
    if isinstance(expected, dict) and isinstance(got, dict):
        names = expected.keys() & got.keys()
        return bool(names) and all(same(expected[name], got[name]) for name in names)
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(same, expected, got))
    if isinstance(expected, float) and isinstance(got, int | float):
        return math.isclose(expected, got, rel_tol=1e-3, abs_tol=1e-4)
    return bool(expected == got)


def percentile_ms(seconds: Sequence[float], share: float) -> float | None:
    """The latency that this share of the answers did not exceed, in milliseconds."""
    if not seconds:
        return None
    place = max(math.ceil(share * len(seconds)) - 1, 0)
    return round(1000 * sorted(seconds)[place], 1)
