"""What stands before every path: the bearer token, the bound on requests, the headers."""

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from nlp_apps.server.metrics import Metrics
from nlp_apps.server.refusals import RequestError

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

PAGES = frozenset({"/", "/device", "/device/", "/device/browser"})
REFERENCE = frozenset({"/docs", "/docs.css", "/openapi.json"})

OPEN_PATHS = PROBES | PAGES | REFERENCE
"""What needs no token: probes; the pages, which ask for the token themselves; and the reference,
which tells of paths and of no model, and which a browser opens by a link."""

POLICY = "default-src 'self'; frame-ancestors 'none'"
"""Scripts, styles and requests of a page only from this server; nobody may frame it."""

OPEN_FOLDERS = ("/page/", "/device/browser/")
"""What needs no token either: the pages' files."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    # Asked again each time, so that after an upgrade no browser mixes old modules with new ones.
    "cache-control": "no-cache",
}

RANGE = "The header Range must be bytes=FIRST-LAST, inside the file."


class Gate:
    """An ASGI app around the app.

    Args:
        app: what answers.
        token: what every request must bear; None: nobody is asked.
        max_requests: requests that are looked after at once.
        metrics: is told what is refused because they are too many.
    """

    def __init__(self, app: App, token: str | None, max_requests: int, metrics: Metrics) -> None:
        self._app = app
        self._token = token
        self._max_requests = max_requests
        self._metrics = metrics
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or refuses it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        send = _finished(send, has_body=scope["method"] != "HEAD")
        if not self._may_enter(scope):
            await refuse(
                RequestError(401, "This server wants 'Authorization: Bearer TOKEN'."), send
            )
            return
        if self._inside >= self._max_requests and scope["path"] not in UNBOUNDED:
            self._count_refused(scope)
            await refuse(
                RequestError(503, "The server is busy. Try again later.", retry_after=1), send
            )
            return
        self._inside += 1
        try:
            await self._app(_as_get(scope), receive, _in_shape(send))
        finally:
            self._inside -= 1

    def _may_enter(self, scope: Scope) -> bool:
        """Whether a request bears the token, or needs none."""
        path = scope["path"]
        return path in OPEN_PATHS or path.startswith(OPEN_FOLDERS) or bears(scope, self._token)

    def _count_refused(self, scope: Scope) -> None:
        """Counts a request that the bound keeps out, under no model: its path is not looked at."""
        self._metrics.refused.labels("").inc()
        if scope["method"] == "POST" and scope["path"].endswith(":predict"):
            self._metrics.requests.labels("", "", "503").inc()


def bears(scope: Scope, token: str | None) -> bool:
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
