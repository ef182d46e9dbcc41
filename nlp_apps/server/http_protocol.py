"""HTTP/1.1 protocol: uvicorn's, with bounds of a connection and a stop that loses nothing.

The bounds apply before the token is checked: without them, any client that reaches the port could
fill the memory or every connection. Uvicorn has one of them, `limit_concurrency`, which counts
connections and responds to each request, also of a probe, with 503; it has no bound of heads,
pipelined requests or addresses, and its only deadline is that of an idle connection after its first
request. Each method below extends uvicorn's method of the same name.

Not uvicorn's other parser, h11, which has a limit of its own: it takes 0.1 ms more per request (11%
of a small model's), limits only incomplete heads, responds to them with 400, and does not accept a
target in absolute form.
"""

import asyncio
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from nlp_apps.server.connection_table import Connection, ConnectionTable, client_network
from nlp_apps.server.limits import Limits
from nlp_apps.server.request_error import RequestError

MAX_HEAD_BYTES = 64 * 1024
"""Maximum bytes of a request's target and headers: the limit of uvicorn's other parser, h11, and
far more than the 8 KiB of most gateways."""

MAX_HEADERS = 100
"""Maximum headers and trailers of a request: Apache's limit. Each is an object of 200 bytes."""

MAX_PIPELINED = 8
"""Maximum requests that wait for the response to an earlier one of their connection. Browsers and
HTTP libraries send none."""

MAX_READ_BYTES = 64 * 1024
"""Bytes that are read from a connection at once; asyncio reads four times as many."""

STOP_GRACE = 1
"""Seconds that an idle connection stays open in a stop. A request that is on its way is completed;
closing at once would reset it."""


class LimitedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which responds to a request head that is too long with 431 and closes.

    In a stop a connection is closed by its next response (`Connection: close`), or when it is idle
    for `STOP_GRACE`.

    The parser reports a header when it is complete. Therefore two numbers are limited: the bytes
    that it has reported, and the bytes that it has received since its last report.

    Trailers of a body are counted like headers and dropped: none may change the request
    (RFC 9110, section 6.5.1), least of all its token.

    A request may offer another protocol (`Upgrade: h2c`, as Java's client does), and a server may
    ignore the offer (RFC 9110, section 7.8). The parser cannot: it ends such a request at its head
    and leaves the rest to the other protocol. Therefore the head is parsed again without the offer.
    """

    _reported = 0
    _unreported = 0
    _num_headers = 0
    _is_in_head = False
    _is_in_message = False
    _has_offer = False
    _is_full = False
    _is_stopping = False

    def __init__(self, *args: Any, table: ConnectionTable | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._table = ConnectionTable(Limits()) if table is None else table
        self._connection: Connection | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts a connection; responds with 503 if there are too many."""
        super().connection_made(transport)
        self._connection = Connection(
            transport, client_network(transport), self._close_late, self.loop.time()
        )
        # The middleware marks the connection of a predict request.
        self.app_state = {**self.app_state, "connection": self._connection}
        transport.max_size = MAX_READ_BYTES  # type: ignore[attr-defined]
        if not self._table.admit(self._connection):
            message = "The server has too many connections. Try again later."
            self._send_and_close(RequestError(503, message, retry_after=1))

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends a connection."""
        if self._connection is not None:
            self._table.remove(self._connection)
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """Continues to write: the client has read most of the response."""
        assert self._connection is not None
        self._connection.unsent_since = None
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Ends a response; an unread rest of its request, or a begun head, has a deadline."""
        super().on_response_complete()
        if not self.pipeline and self.cycle.response_complete:
            assert self._connection is not None
            self._connection.is_idle = True
            self._connection.awaited_since = self.loop.time() if self._is_in_message else None

    def shutdown(self) -> None:
        """Starts the stop: accepts one more request, which may be on its way."""
        self._is_stopping = True
        self.timeout_keep_alive = STOP_GRACE
        if self.cycle is None or self.cycle.response_complete:
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                STOP_GRACE, self.timeout_keep_alive_handler
            )
        elif not self.cycle.response_started:  # The response can still announce the close.
            self.cycle.keep_alive = False

    def data_received(self, data: bytes) -> None:
        """Parses bytes of the connection."""
        if self._is_full or self.transport.is_closing():
            return
        if not self._is_stopping:  # In a stop only a complete request head resets the timer.
            self._unset_keepalive_if_required()
        self._unreported += len(data)
        if self._connection is not None and self._connection.awaited_since is None:
            self._connection.awaited_since = self.loop.time()
        try:
            self._parse(data)
        except httptools.HttpParserError:
            if self._is_full:
                self.cycle.keep_alive = False  # The response to the last request closes.
                return
            message = "Malformed HTTP request."
            self.logger.warning(message)
            self.send_400_response(message)
            return
        if self._unreported > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("")

    def _parse(self, data: bytes) -> None:
        """Feeds bytes to the parser; a head that offers another protocol goes to a new parser.

        Raises:
            httptools.HttpParserError: the bytes are not HTTP, or a callback rejects them.
        """
        rest = memoryview(data)  # No copy for each of many small requests.
        while rest:
            try:
                self.parser.feed_data(rest)
                return
            except httptools.HttpParserUpgrade as offer:
                rest = rest[offer.args[0] :]
            head = self._head_without_offer()
            # The old parser has ended the request, perhaps also the connection.
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # As uvicorn does.
            self.parser.feed_data(head)

    def _head_without_offer(self) -> bytes:
        """Returns the head that was just parsed, without its Upgrade header."""
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        kept = [b"%b: %b\r\n" % pair for pair in self.headers if pair[0] != b"upgrade"]
        return b"%b %b HTTP/%b\r\n%b\r\n" % (method, self.url, version, b"".join(kept))

    def on_message_begin(self) -> None:
        """Starts a request.

        Raises:
            ValueError: too many requests wait; the connection closes after their responses.
        """
        if len(self.pipeline) >= MAX_PIPELINED:
            self._is_full = True
            raise ValueError("too many pipelined requests")
        self._reported = self._unreported = self._num_headers = 0
        self._is_in_head = self._is_in_message = True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Receives a part of the target."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Receives a header, or a trailer, which is dropped.

        Raises:
            ValueError: the head is too long; `send_400_response` follows.
        """
        self._num_headers += 1
        self._count(len(name) + len(value) + len(b": \r\n"))
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Ends a head; one that offers another protocol is parsed again first.

        Raises:
            ValueError: the request opens a tunnel; `send_400_response` follows.
        """
        if self.parser.get_method() == b"CONNECT":
            raise ValueError("not a proxy")
        self._has_offer = self.parser.should_upgrade()
        if self._has_offer:
            return
        self._is_in_head = False
        assert self._connection is not None
        self._connection.is_idle = False
        super().on_headers_complete()
        if self._is_stopping:
            self._unset_keepalive_if_required()
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Receives a part of the body."""
        self._unreported = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Ends a request."""
        self._is_in_message = False
        if self._has_offer:
            return
        super().on_message_complete()
        assert self._connection is not None
        self._connection.awaited_since = None
        if self.cycle.response_complete and not self._is_stopping:  # Its rest came late.
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def send_400_response(self, msg: str) -> None:
        """Responds to bytes that are not a request, and closes the connection."""
        error = RequestError(HTTPStatus.BAD_REQUEST, msg)
        too_large = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        if self._num_headers > MAX_HEADERS:
            message = f"The request head has more than {MAX_HEADERS} headers, the maximum."
            error = RequestError(too_large, message)
        elif max(self._reported, self._unreported) > MAX_HEAD_BYTES:
            message = f"The request head has more than {MAX_HEAD_BYTES:,} bytes, the maximum."
            error = RequestError(too_large, message)
        self._send_and_close(error)

    def _send_and_close(self, error: RequestError) -> None:
        """Responds with an error outside of a request, and closes the connection."""
        response = error.response({"connection": "close"})
        status = HTTPStatus(error.status)
        head = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
        head += [b"%b: %b" % pair for pair in response.raw_headers]
        self.transport.write(b"\r\n".join([*head, b"", bytes(response.body)]))
        self.transport.close()

    def _close_late(self) -> None:
        """Ends a connection whose request head is late; with 408 if it has begun."""
        if self._is_in_head and not self.transport.is_closing():
            self._send_and_close(RequestError(408, "The request head did not arrive in time."))
        else:
            self.transport.abort()

    def _count(self, size: int) -> None:
        """Counts reported bytes of a head.

        Raises:
            ValueError: the head is too long; `send_400_response` follows.
        """
        self._reported += size
        self._unreported = 0
        if self._reported > MAX_HEAD_BYTES or self._num_headers > MAX_HEADERS:
            raise ValueError("the request head is too long")
