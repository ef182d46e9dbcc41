"""HTTP requests to a server in a process of its own, without TensorFlow."""

import asyncio
import contextlib
import json
import random
from collections.abc import Sequence

from tests.attack.attacked_server import PREDICT, TOKEN, Server, attacked
from tests.attack.generated.attack import MAX_SECONDS, Attack, Input
from tests.attack.generated.http_client import Connection, Received, ResponseError, exchange_raw
from tests.attack.generated.mutations import mutate, mutate_json
from tests.server.request_bodies import body, text

WORDS = ("--head-timeout", "1", "--timeout", "2", "--write-timeout", "4", "--max-text-bytes", "500")
"""Bounds of the attacked server: silent clients cost this test little time."""

MEANT = (200, 206, 307, 400, 401, 403, 404, 405, 408, 413, 415, 421, 431, 501, 503, 504)
"""Statuses of the documents; 500 is a fault, and 502 a gateway's."""

MAX_MEMORY = 700 << 20
"""Bytes of the server."""

PATHS = (
    *(PREDICT,) * 8,
    *("/v1/models/numbers:predict",) * 4,
    *("/v1/models/uppercase", "/v1/models/uppercase/versions/1:predict", "/v1/models", "/ready"),
    *("/v1/models/uppercase/versions/2:predict", "/v1/models/uppercase/labels/x:predict"),
    *("/v1/models/uppercase/metadata", "/health", "/metrics", "/openapi.json", "/", "/docs"),
    *("/v1/models/none:predict", "/models/a.tflite", "/page/main.js", "/%2e%2e/etc/passwd", "//"),
)
HEADERS = (
    *("Content-Type: application/json", "Content-Type: text/plain", "Accept: */*"),
    *("Content-Encoding: gzip", "Transfer-Encoding: chunked", "Expect: 100-continue"),
    *("Origin: http://example.com", "Sec-Fetch-Site: cross-site", "Upgrade: h2c"),
    *("Authorization: Bearer x", "Host: x", "Range: bytes=0-9", "If-None-Match: *"),
    *("Accept-Encoding: gzip, br;q=0", "Connection: upgrade", "X: " + "x" * 3000),
)
LAST = b"\r\n\r\nGET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
"""Follows mutated bytes, so that the server closes at once if it waits for no body."""


class Rest(Attack):
    """Sends requests: valid heads with generated bodies, and mutated bytes."""

    name = "rest"
    share = 0.2
    batch = 256
    server: Server

    def __enter__(self) -> "Rest":
        self._stack = contextlib.ExitStack()
        self.server = self._stack.enter_context(attacked(self.folder, *WORDS))
        host, port = self.server.host.split(":")
        self._address = host, int(port)
        self._loop = asyncio.new_event_loop()
        self._connections = [Connection(*self._address) for _ in range(self.batch)]
        return self

    def __exit__(self, *error: object) -> None:
        for connection in self._connections:
            self._loop.run_until_complete(connection.close())
        self._loop.close()
        self._stack.close()

    def make(self, draw: random.Random) -> Input:
        request = _request(draw)
        is_raw = draw.random() < 0.25 and not request.startswith(b"HEAD")
        if is_raw:
            head, separator, rest = request.partition(b"\r\n\r\n")
            if draw.random() < 0.7:
                request = mutate(draw, head) + separator + rest
            else:
                request = mutate(draw, request)
            request += LAST
        return Input(("raw" if is_raw else "request",), {"request.http": request})

    def run(self, inputs: Sequence[Input]) -> list[str]:
        async def send_all() -> list[str]:
            calls = map(self._send, self._connections, inputs)
            return list(await asyncio.gather(*calls))

        return self._loop.run_until_complete(send_all())

    async def _send(self, connection: Connection, one: Input) -> str:
        data = one.files["request.http"]
        try:
            async with asyncio.timeout(MAX_SECONDS):
                if one.call == ("raw",):
                    responses = await exchange_raw(*self._address, data)
                else:
                    responses = [await connection.exchange(data)]
        except TimeoutError:
            await connection.close()
            return f"no response within {MAX_SECONDS:g} s"
        except (ResponseError, OSError, ValueError) as error:
            await connection.close()
            return f"{type(error).__name__}: {error}"
        return next(filter(None, map(_problem, responses)), "")

    def problem_at_the_end(self) -> str:
        if self.server.process.poll() is not None:
            return f"the server ended with exit code {self.server.process.returncode}"
        response = self.server.predict("intact")
        if response.status != 200 or response.json != {"predictions": ["INTACT"]}:
            return f"the last prediction is {response}"
        log = self.server.log.read_text(encoding="utf-8", errors="replace")
        if "Traceback" in log or "ERROR" in log:
            return "the log has an error: " + log[max(0, log.find("Traceback") - 300) :][:1500]
        if (memory := self.server.peak_bytes()) > MAX_MEMORY:
            return f"the server had {memory >> 20} MiB"
        return ""


def _request(draw: random.Random) -> bytes:
    """Returns a request with a valid head; its body may be anything."""
    path = draw.choice(PATHS)
    method = "POST" if "predict" in path else "GET"
    if draw.random() < 0.08:
        method = draw.choice(("GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"))
    content = _body(draw, path) if method in ("POST", "PUT", "PATCH") else b""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {TOKEN}"]
    if draw.random() < 0.95:
        lines.append("Content-Type: application/json")
    if draw.random() < 0.1:
        lines.append(draw.choice([line for line in HEADERS if line[:8] != "Transfer"]))
    lines += [f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(lines).encode() + content


def _body(draw: random.Random, path: str) -> bytes:
    """Returns a body: valid, valid with mutations, or generated."""
    kind = draw.random()
    if kind < 0.4:
        return body(draw)
    rows: list[object] = [text(draw) for _ in range(draw.randint(1, 5))]
    if "numbers" in path:
        rows = [[draw.random(), draw.randrange(9)] for _ in range(draw.randint(1, 5))]
    value: dict[str, object] = {draw.choice(("instances", "inputs")): rows}
    if draw.random() < 0.3:
        value["signature_name"] = "serving_default"
    if kind < 0.5:
        return json.dumps(value).encode()
    content = mutate_json(draw, value)
    return content if draw.random() < 0.7 else mutate(draw, content)


def _problem(response: Received) -> str:
    if response.status not in MEANT:
        return f"status {response.status}: {response.body[:300]!r}"
    if b"Traceback" in response.body or b'.py"' in response.body:
        return f"a traceback in a response with status {response.status}"
    return ""
