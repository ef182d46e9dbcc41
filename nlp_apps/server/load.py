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
from collections.abc import Sequence
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
        wrong: Accepted answers that differ from the expected ones.
        lost: Requests without an answer.
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
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"URL must be http://HOST:PORT, not {url}.")
        self.host = parts.hostname
        self.tls = parts.scheme == "https"
        self.port = parts.port or (443 if self.tls else 80)
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


class Connection:
    """One connection, kept open from request to request."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Sends a request and gives status and body.

        Raises:
            OSError: the connection fails.
            EOFError: it ends before the answer does.
        """
        if self._streams is None:
            target = self._target
            self._streams = await asyncio.open_connection(
                target.host, target.port, ssl=target.tls or None
            )
        reader, writer = self._streams
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            lines = head.split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
            if headers.get("transfer-encoding") == "chunked":
                body = await _chunks(reader)
            else:
                body = await reader.readexactly(int(headers.get("content-length", "0")))
        except BaseException:
            await self.close()
            raise
        if headers.get("connection") == "close":
            await self.close()
        return int(lines[0].split()[1]), body

    async def close(self) -> None:
        """Hangs up."""
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


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
            connection = Connection(self._target)
            while time.perf_counter() < started + seconds:
                await self._ask(connection, time.perf_counter())
            await connection.close()

        await asyncio.gather(*(client() for _ in range(clients)))
        self.outcome.seconds = time.perf_counter() - started
        return self.outcome

    async def open(self, rate: float, seconds: float) -> Outcome:
        """Open loop: `rate` requests a second, however many are still unanswered."""
        started = time.perf_counter()
        free: list[Connection] = []
        tasks: set[asyncio.Task[None]] = set()

        async def arrive(due: float) -> None:
            connection = free.pop() if free else Connection(self._target)
            await self._ask(connection, due)
            free.append(connection)

        for number in range(math.ceil(rate * seconds)):
            due = started + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(arrive(due))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        self.outcome.seconds = time.perf_counter() - started
        for connection in free:
            await connection.close()
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
            if not same(self._expected[number], json.loads(body)["predictions"][0]):
                self.outcome.wrong += 1


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
            predictions.append(json.loads(body)["predictions"][0])
    except (OSError, EOFError, TimeoutError) as error:
        raise WorkError(f"{target.host}:{target.port}: gives no answer: {error}.") from error
    finally:
        await connection.close()
    return predictions


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
