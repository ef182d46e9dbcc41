"""HTTP/1.1 protocol: uvicorn's, with a limit of the request head and a stop that loses nothing.

The limit applies before the token is checked: without it, any client that reaches the port could
fill the memory.

Not uvicorn's other parser, h11, which has a limit of its own: it takes 0.1 ms more per request (11%
of a small model's), limits only incomplete heads, responds to them with 400, and does not accept a
target in absolute form.
"""

from http import HTTPStatus

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from nlp_apps.server.request_error import RequestError

MAX_HEAD_BYTES = 64 * 1024
"""Maximum bytes of a request's target and headers: the limit of uvicorn's other parser, h11, and
far more than the 8 KiB of most gateways."""

STOP_GRACE = 1
"""Seconds that an idle connection stays open in a stop. A request that is on its way is completed;
closing at once would reset it."""


class LimitedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which responds to a request head that is too long with 431 and closes.

    In a stop a connection is closed by its next response (`Connection: close`), or when it is idle
    for `STOP_GRACE`.

    The parser reports a header when it is complete. Therefore two numbers are limited: the bytes
    that it has reported, and the bytes that it has received since its last report.

    A request may offer another protocol (`Upgrade: h2c`, as Java's client does), and a server may
    ignore the offer (RFC 9110, section 7.8). The parser cannot: it ends such a request at its head
    and leaves the rest to the other protocol. Therefore the head is parsed again without the offer.
    """

    _reported = 0
    _unreported = 0
    _has_offer = False
    _is_stopping = False

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
        if not self._is_stopping:  # In a stop only a complete request head resets the timer.
            self._unset_keepalive_if_required()
        self._unreported += len(data)
        try:
            self._parse(data)
        except httptools.HttpParserError:
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
        """Starts a request."""
        self._reported = self._unreported = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Receives a part of the target."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Receives a header."""
        self._count(len(name) + len(value))
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
        if not self._has_offer:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Responds to bytes that are not a request, and closes the connection."""
        error = RequestError(HTTPStatus.BAD_REQUEST, msg)
        if max(self._reported, self._unreported) > MAX_HEAD_BYTES:
            error = RequestError(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"The request head has more than {MAX_HEAD_BYTES:,} bytes, the maximum.",
            )
        response = error.response({"connection": "close"})
        status = HTTPStatus(error.status)
        head = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
        head += [b"%b: %b" % pair for pair in response.raw_headers]
        self.transport.write(b"\r\n".join([*head, b"", bytes(response.body)]))
        self.transport.close()

    def _count(self, size: int) -> None:
        """Counts reported bytes of a head.

        Raises:
            ValueError: the head is too long; `send_400_response` follows.
        """
        self._reported += size
        self._unreported = 0
        if self._reported > MAX_HEAD_BYTES:
            raise ValueError("the request head is too long")
