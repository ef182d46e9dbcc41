"""ASGI middleware in front of every route: token, number of concurrent requests, headers."""

import asyncio
import contextlib
import hmac
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from nlp_apps.server.limits import Limits
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.request_error import RequestError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PROBES = frozenset({"/health", "/ready"})

UNLIMITED_PATHS = PROBES | {"/metrics"}
"""Paths that `--max-requests` does not limit: a busy server must not seem dead to a probe, and
Prometheus must see that it is busy."""

PUBLIC_PATHS = PROBES | {
    *{"/", "/device", "/device/", "/docs", "/docs.css", "/openapi.json"},
}
"""Paths without a token: probes; the pages, which prompt for the token; the reference,
which names no model and opens from a link."""

PUBLIC_FOLDERS = ("/web/", "/device/web/")
"""Prefixes of further paths without a token: the files of the pages."""

POLICY = "default-src 'self'; frame-ancestors 'none'"
"""Content-Security-Policy: scripts, styles and requests of this server only, and no framing."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    # Revalidated at each use, so that no browser mixes old and new modules after an upgrade.
    "cache-control": "no-cache",
}

MAX_DRAIN = 64 * 1024 * 1024
"""Maximum bytes of an unread body that are discarded before an error response. Closing a connection
with unread bytes resets it, and the client loses the response."""

RANGE_RULE = "The header Range must be bytes=FIRST-LAST, inside the file."


class AccessMiddleware:
    """Checks token and number of concurrent requests, and completes every response.

    Args:
        app: ASGI app that handles the accepted requests.
        token: bearer token that requests must send; None: no token.
        limits: `max_requests` and `timeout`.
        metrics: counts rejected requests.
    """

    def __init__(self, app: App, token: str | None, limits: Limits, metrics: Metrics) -> None:
        self._app = app
        self._token = token
        self._limits = limits
        self._metrics = metrics
        self._num_requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request to the app, or responds with an error."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        exchange = _Exchange(scope, receive, send, self._limits.timeout)
        error = self._error(scope)
        if error is not None:
            self._count(scope, error, time.perf_counter() - started)
            await error.response()(scope, exchange.receive, exchange.send)
            return
        self._num_requests += 1
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            self._num_requests -= 1

    def _error(self, scope: Scope) -> RequestError | None:
        """Returns the reason to reject a request; None: it is accepted."""
        path = scope["path"]
        if not _is_public(path) and not has_token(scope, self._token):
            return RequestError(401, "This server requires 'Authorization: Bearer TOKEN'.")
        if self._num_requests >= self._limits.max_requests and path not in UNLIMITED_PATHS:
            return RequestError(503, "The server is busy. Try again later.", retry_after=1)
        return None

    def _count(self, scope: Scope, error: RequestError, seconds: float) -> None:
        """Counts a rejected request, with no model: its path was not read."""
        if error.retry_after is not None:
            self._metrics.refused.labels("").inc()
        if scope["method"] == "POST" and scope["path"].endswith(":predict"):
            self._metrics.count_response("", "", error.status, seconds)


class _Exchange:
    """One request and its response.

    The rest of a body is read before an error response, so that the client receives it. Public
    paths read no body: waiting for one would let clients without a token use up `max_requests`.

    Args:
        scope: the request.
        receive: returns the next message of the request.
        send: sends a message of the response.
        timeout: seconds from the request head in which a body is waited for.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, timeout: float) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._deadline = asyncio.get_running_loop().time() + timeout
        # A client that waits for "100 Continue" sends no body after an error response.
        expect = dict(scope["headers"]).get(b"expect", b"")
        self._is_read = expect.lower() == b"100-continue" or _is_public(scope["path"])
        self._is_replaced = False

    async def receive(self) -> Message:
        """Returns the next message of the request."""
        message = await self._receive()
        self._is_read = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Sends a message of the response: adds headers, and removes the body for HEAD."""
        if self._is_replaced:
            return
        if message["type"] == "http.response.start":
            # Starlette reports a wrong Range of a file as plain text.
            headers = dict(message.get("headers", []))
            is_text = headers.get(b"content-type", b"").startswith(b"text/plain")
            if message["status"] in (400, 416) and is_text:
                size = headers.get(b"content-range")
                response = RequestError(message["status"], RANGE_RULE).response(
                    size and {"content-range": size.decode()}
                )
                await response(self._scope, self.receive, self.send)
                self._is_replaced = True
                return
            if message["status"] >= 400:
                await self._drain()
            missing = [(key, HEADERS[key]) for key in HEADERS if key.encode() not in headers]
            message["headers"] = [
                *message.get("headers", []),
                *((key.encode(), value.encode()) for key, value in missing),
            ]
        elif self._scope["method"] == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    async def _drain(self) -> None:
        """Reads and discards the rest of the body, up to `MAX_DRAIN` and the deadline."""
        size = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._deadline):
                while not self._is_read and size <= MAX_DRAIN:
                    size += len((await self.receive()).get("body", b""))


def has_token(scope: Scope, token: str | None) -> bool:
    """Returns whether a request sends the token; True if there is none."""
    if token is None:
        return True
    header = dict(scope["headers"]).get(b"authorization", b"")
    scheme, _, received = header.partition(b" ")
    # Compared in constant time, so that response times reveal no part of the token.
    return scheme.lower() == b"bearer" and hmac.compare_digest(received.strip(), token.encode())


def _is_public(path: str) -> bool:
    """Returns whether a path needs no token."""
    return path in PUBLIC_PATHS or path.startswith(PUBLIC_FOLDERS)
