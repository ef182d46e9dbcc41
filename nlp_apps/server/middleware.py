"""What stands before every path: the bearer token, the bound on requests, the headers."""

import asyncio
import contextlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from nlp_apps.server.limits import Limits
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.request_error import RequestError

# ASGI's three arguments.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


PROBES = frozenset({"/health", "/ready"})
"""What is answered in any case: a busy server must not be taken for a dead one."""

UNBOUNDED = PROBES | {"/metrics"}
"""What the bound on requests lets through: who watches a busy server must see that it is busy."""

PAGES = frozenset({"/", "/device", "/device/"})
REFERENCE = frozenset({"/docs", "/docs.css", "/openapi.json"})

OPEN_PATHS = PROBES | PAGES | REFERENCE
"""What needs no token: probes; the pages, which ask for the token themselves; and the reference,
which tells of paths and of no model, and which a browser opens by a link."""

POLICY = "default-src 'self'; frame-ancestors 'none'"
"""Scripts, styles and requests of a page only from this server; nobody may frame it."""

OPEN_FOLDERS = ("/web/", "/device/web/")
"""What needs no token either: the pages' files."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    # Asked again each time, so that after an upgrade no browser mixes old modules with new ones.
    "cache-control": "no-cache",
}

MAX_DRAIN = 64 * 1024 * 1024
"""Bytes of a body that are read and thrown away, so that its sender hears why it is refused: a
connection that is closed with bytes unread is reset, and the answer is lost with it."""

RANGE = "The header Range must be bytes=FIRST-LAST, inside the file."


class AccessMiddleware:
    """An ASGI app around the app.

    Args:
        app: what answers.
        token: what every request must bear; None: nobody is asked.
        limits: requests that are looked after at once, and how long each may take.
        metrics: is told what is refused.
    """

    def __init__(self, app: App, token: str | None, limits: Limits, metrics: Metrics) -> None:
        self._app = app
        self._token = token
        self._limits = limits
        self._metrics = metrics
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or refuses it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        started = time.perf_counter()
        body = _Body(scope, receive, self._limits.timeout)
        send = _finished(body.drained(send), has_body=scope["method"] != "HEAD")
        refusal = self._refusal(scope)
        if refusal is not None:
            self._count(scope, refusal, time.perf_counter() - started)
            await refuse(refusal, send)
            return
        self._inside += 1
        try:
            await self._app(_as_get(scope), body.receive, _in_shape(send))
        finally:
            self._inside -= 1

    def _refusal(self, scope: Scope) -> RequestError | None:
        """Why a request is kept out; None where it is not."""
        if not self._may_enter(scope):
            return RequestError(401, "This server wants 'Authorization: Bearer TOKEN'.")
        if self._inside >= self._limits.max_requests and scope["path"] not in UNBOUNDED:
            return RequestError(503, "The server is busy. Try again later.", retry_after=1)
        return None

    def _may_enter(self, scope: Scope) -> bool:
        """Whether a request bears the token, or needs none."""
        return _is_open(scope["path"]) or has_token(scope, self._token)

    def _count(self, scope: Scope, refusal: RequestError, seconds: float) -> None:
        """Counts a request that is kept out, under no model: its path is not looked at."""
        if refusal.retry_after is not None:
            self._metrics.refused.labels("").inc()
        if scope["method"] == "POST" and scope["path"].endswith(":predict"):
            self._metrics.answered("", "", refusal.status, seconds)


def _is_open(path: str) -> bool:
    """Whether a path needs no token."""
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)


class _Body:
    """The body of a request, which is read to its end before the request is refused.

    What is open to everybody takes no body, and none is waited for: who has no token could else
    keep places that requests with it need.

    Args:
        scope: the request.
        receive: gives the body.
        seconds: from the request's head; what has not come by then is not waited for.
    """

    def __init__(self, scope: Scope, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._deadline = asyncio.get_running_loop().time() + seconds
        # Who waits for "100 Continue" sends no body after a refusal, and must not be asked to.
        expected = dict(scope["headers"]).get(b"expect", b"")
        self._is_read = expected.lower() == b"100-continue" or _is_open(scope["path"])

    async def receive(self) -> Message:
        """The next part."""
        message = await self._receive()
        self._is_read = not message.get("more_body", False)
        return message

    def drained(self, send: Send) -> Send:
        """A `send` that throws away what is left of the body before a refusal."""

        async def drained(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                await self._drain()
            await send(message)

        return drained

    async def _drain(self) -> None:
        """Reads on, for as many bytes and as long as is sensible."""
        size = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._deadline):
                while not self._is_read and size <= MAX_DRAIN:
                    size += len((await self.receive()).get("body", b""))


def has_token(scope: Scope, token: str | None) -> bool:
    """Whether a request bears the token; any does where there is none."""
    if token is None:
        return True
    given = dict(scope["headers"]).get(b"authorization", b"")
    scheme, _, found = given.partition(b" ")
    # In constant time, so that nobody can guess the token letter by letter.
    return scheme.lower() == b"bearer" and hmac.compare_digest(found.strip(), token.encode())


def _as_get(scope: Scope) -> Scope:
    """HEAD as the GET whose head it asks for; of files the app itself knows HEAD."""
    if scope["method"] != "HEAD" or scope["path"].startswith(OPEN_FOLDERS):
        return scope
    return {**scope, "method": "GET"}


def _finished(send: Send, has_body: bool) -> Send:
    """A `send` that adds the headers, and leaves out the body that HEAD does not have."""

    async def finished(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = list(message.get("headers", []))
            names = {key for key, _ in own}
            added = [(key.encode(), value.encode()) for key, value in HEADERS.items()]
            message["headers"] = own + [pair for pair in added if pair[0] not in names]
        elif not has_body:
            message = {**message, "body": b""}
        await send(message)

    return finished


def _in_shape(send: Send) -> Send:
    """A `send` that gives the refusals of files, of a wrong Range, the shape of all others."""
    refused = False

    async def in_shape(message: Message) -> None:
        nonlocal refused
        if message["type"] == "http.response.start" and message["status"] in (400, 416):
            told = dict(message["headers"])
            refused = told.get(b"content-type", b"").startswith(b"text/plain")
            if refused:
                error = RequestError(message["status"], RANGE)
                size = told.get(b"content-range")
                await refuse(error, send, size and {"content-range": size.decode()})
        if not refused:
            await send(message)

    return in_shape


async def refuse(error: RequestError, send: Send, also: Mapping[str, str] | None = None) -> None:
    """Sends a refusal, with further headers."""
    body = body_of(error)
    told = {
        **(also or {}),
        **headers_of(error),
        "content-type": "application/json",
        "content-length": str(len(body)),
    }
    headers = [(key.encode(), value.encode()) for key, value in told.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def body_of(error: RequestError) -> bytes:
    """A refusal in TF Serving's shape."""
    return json.dumps({"error": error.message}).encode("ascii")


def headers_of(error: RequestError) -> dict[str, str]:
    """What a refusal tells clients that do not read it."""
    if error.status == 401:
        return {"www-authenticate": "Bearer"}
    if error.status == 415:
        return {"accept-encoding": "identity"}
    return {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
