"""ASGI middleware in front of every route: host, site, token, concurrent predictions, headers."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from nlp_apps.server import request_origin
from nlp_apps.server.auth import is_authorized
from nlp_apps.server.limits import Limits
from nlp_apps.server.predictions import Places
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.request_error import RequestError
from nlp_apps.server.request_origin import AllowedHosts

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PROBES = frozenset({"/health", "/ready"})

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

PART_BYTES = 64 * 1024
"""Bytes of a response that are written at once. The rest stays in the memory that the request has
reserved, not in a buffer of the connection, until the client reads."""

RANGE_RULE = "The header Range must be bytes=FIRST-LAST, inside the file."


class AccessMiddleware:
    """Checks host, site, token and number of concurrent predictions, and completes every response.

    Only predict requests have one of the `max_requests` places, from their head until their
    response starts: no other path, and no client that does not read, can occupy one.

    Args:
        app: ASGI app that handles the accepted requests.
        token: bearer token that requests must send; None: no token.
        limits: `timeout`.
        metrics: counts rejected requests.
        allowed_hosts: host names of this server.
        places: the places of predict requests.
    """

    def __init__(
        self,
        app: App,
        token: str | None,
        limits: Limits,
        metrics: Metrics,
        allowed_hosts: AllowedHosts,
        places: Places,
    ) -> None:
        self._app = app
        self._token = token
        self._limits = limits
        self._metrics = metrics
        self._allowed_hosts = allowed_hosts
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request to the app, or responds with an error."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        with contextlib.ExitStack() as place:
            exchange = _Exchange(scope, receive, send, self._limits.timeout, place.close)
            try:
                self._check(scope)
                if _is_predict(scope):
                    place.enter_context(self._place(scope))
            except RequestError as error:
                self._count(scope, error, time.perf_counter() - started)
                await error.response()(scope, exchange.receive, exchange.send)
                return
            await self._app(scope, exchange.receive, exchange.send)

    def _check(self, scope: Scope) -> None:
        """Checks host, site and token of a request.

        Raises:
            RequestError: 400, 401, 403 or 421.
        """
        request_origin.check_host(scope["headers"], self._allowed_hosts)
        request_origin.check_site(scope["method"], scope["headers"])
        if not _is_public(scope["path"]) and not has_token(scope, self._token):
            raise RequestError(401, "This server requires 'Authorization: Bearer TOKEN'.")

    @contextlib.contextmanager
    def _place(self, scope: Scope) -> Iterator[None]:
        """Occupies one of the places of predict requests.

        Raises:
            RequestError: 503, all are occupied.
        """
        # The connection keeps its own place as long; see ConnectionTable.
        connection = scope.get("state", {}).get("connection")
        with self._places.occupied():
            if connection is not None:
                connection.has_place = True
            try:
                yield
            finally:
                if connection is not None:
                    connection.has_place = False

    def _count(self, scope: Scope, error: RequestError, seconds: float) -> None:
        """Counts a rejected request, with no model: its path was not read."""
        if error.retry_after is not None:
            self._metrics.refused.labels("").inc()
        if _is_predict(scope):
            self._metrics.count_response("", "", error.status, seconds)


class _Exchange:
    """One request and its response.

    The rest of a body is read before an error response, so that the client receives it. Public
    paths read no body: waiting for one would keep the connections of clients without a token.

    Args:
        scope: the request.
        receive: returns the next message of the request.
        send: sends a message of the response.
        timeout: seconds from the request head in which a body is waited for.
        on_response: called when the response starts.
    """

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        timeout: float,
        on_response: Callable[[], None],
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._on_response = on_response
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
            self._on_response()
            if message["status"] >= 400:
                await self._drain()
            missing = [(key, HEADERS[key]) for key in HEADERS if key.encode() not in headers]
            message["headers"] = [
                *message.get("headers", []),
                *((key.encode(), value.encode()) for key, value in missing),
            ]
        elif self._scope["method"] == "HEAD":
            message = {**message, "body": b""}
        body, start = message.get("body", b""), 0
        while len(body) - start > PART_BYTES:
            part = body[start : start + PART_BYTES]
            await self._send({**message, "body": part, "more_body": True})
            start += PART_BYTES
        await self._send({**message, "body": body[start:]} if start else message)

    async def _drain(self) -> None:
        """Reads and discards the rest of the body, up to `MAX_DRAIN` and the deadline."""
        size = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._deadline):
                while not self._is_read and size <= MAX_DRAIN:
                    size += len((await self.receive()).get("body", b""))


def has_token(scope: Scope, token: str | None) -> bool:
    """Returns whether a request sends the token; True if there is none."""
    return is_authorized(request_origin.values(scope["headers"], b"authorization"), token)


def _is_predict(scope: Scope) -> bool:
    """Returns whether a request is for predictions."""
    return bool(scope["method"] == "POST" and scope["path"].endswith(":predict"))


def _is_public(path: str) -> bool:
    """Returns whether a path needs no token."""
    return path in PUBLIC_PATHS or path.startswith(PUBLIC_FOLDERS)
