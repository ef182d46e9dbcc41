"""What stands before every path: the bearer token, the bound on requests, the headers."""

import hmac
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.server.refusals import RequestError

# ASGI's three arguments.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TOKEN_VARIABLE = "NLP_APPS_TOKEN"

PROBES = frozenset({"/health", "/ready"})
"""What is answered in any case: a busy server must not be taken for a dead one."""

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


class Gate:
    """An ASGI app around the app.

    Args:
        app: what answers.
        token: what every request must bear; None: nobody is asked.
        max_requests: requests that are looked after at once.
    """

    def __init__(self, app: App, token: str | None, max_requests: int) -> None:
        self._app = app
        self._token = None if token is None else token.encode("utf-8")
        self._max_requests = max_requests
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or refuses it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", []))
                names = {key for key, _ in own}
                added = [(key.encode(), value.encode()) for key, value in HEADERS.items()]
                message["headers"] = own + [pair for pair in added if pair[0] not in names]
            await send(message)

        if not self._may_enter(scope):
            error = RequestError(401, "This server wants 'Authorization: Bearer TOKEN'.")
            await refuse(error, send_with_headers)
            return
        if self._inside >= self._max_requests and scope["path"] not in PROBES:
            error = RequestError(503, "The server is busy. Try again later.", retry_after=1)
            await refuse(error, send_with_headers)
            return
        self._inside += 1
        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            self._inside -= 1

    def _may_enter(self, scope: Scope) -> bool:
        """Whether a request bears the token, or needs none."""
        path = scope["path"]
        if self._token is None or path in OPEN_PATHS or path.startswith(OPEN_FOLDERS):
            return True
        given = dict(scope["headers"]).get(b"authorization", b"")
        scheme, _, token = given.partition(b" ")
        # In constant time, so that nobody can guess the token letter by letter.
        return scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token)


async def refuse(error: RequestError, send: Send) -> None:
    """Sends a refusal."""
    body = body_of(error)
    told = {
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
    return {} if error.retry_after is None else {"retry-after": str(error.retry_after)}


def read_token(path: str | None) -> str | None:
    """The token that requests must bear.

    Args:
        path: a file whose text is the token; None: the environment may hold one.

    Returns:
        The token; None where there is none.

    Raises:
        UsageError: the token is empty or has spaces in it.
        WorkError: the file cannot be read.
    """
    if path is None:
        token, place = os.environ.get(TOKEN_VARIABLE), f"${TOKEN_VARIABLE}"
        if token is None:
            return None
    else:
        place = f"--token-file {path}"
        try:
            token = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise WorkError(f"{place}: cannot be read as text.") from error
    token = token.strip()
    if not token or not token.isascii() or len(token.split()) > 1:
        raise UsageError(f"{place}: must hold one token: printable ASCII without spaces.")
    return token
