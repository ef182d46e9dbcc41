"""HTTP as uvicorn reads it, with a bound on heads, without other protocols, and a gentler stop.

The bound comes before the token: whoever can reach the port could fill the memory otherwise.
"""

import json
from http import HTTPStatus

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024
"""Bytes of a request's address and headers: what uvicorn's other parser takes, and far more than
the 8 KiB that gateways usually let through."""

LAST_CALL = 1
"""Seconds that an idle connection stays open in a stop: its client may have sent a request already,
which would get a reset for an answer. Longer than a request is on its way."""


class BoundedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which answers a head that is too long with 431 and hangs up.

    In a stop every connection is closed by an answer that says so (`Connection: close`), or when
    nothing has come over it for `LAST_CALL`.

    The parser tells of a header when it has all of it. So two numbers are bounded: the bytes of
    what it has told, and the bytes that it took without telling anything.

    A request may offer another protocol (`Upgrade: h2c` is what Java's client does), and a server
    may pass it over (RFC 9110, section 7.8). The parser does not: for it such a request has no
    body, and what follows is the other protocol. So the head is read again without the offer.
    """

    _told = 0
    _untold = 0
    _offers = False
    _stops = False

    def shutdown(self) -> None:
        """Begins a stop: hears one more request, which may be on its way."""
        self._stops = True
        self.timeout_keep_alive = LAST_CALL
        if self.cycle is None or self.cycle.response_complete:
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                LAST_CALL, self.timeout_keep_alive_handler
            )
        elif not self.cycle.response_started:  # Its head can still say that it is the last.
            self.cycle.keep_alive = False

    def data_received(self, data: bytes) -> None:
        """Takes what came over the connection."""
        if not self._stops:  # In a stop only a head that is all there keeps it open.
            self._unset_keepalive_if_required()
        self._untold += len(data)
        try:
            self._parse(data)
        except httptools.HttpParserError:
            message = "This is no HTTP request that can be read."
            self.logger.warning(message)
            self.send_400_response(message)
            return
        if self._untold > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("")

    def _parse(self, data: bytes) -> None:
        """Gives what came to the parser, and heads that offer another protocol to a new one.

        Raises:
            httptools.HttpParserError: it is no HTTP, or a callback refuses it.
        """
        rest = memoryview(data)  # Not copied for each of many small requests.
        while rest:
            try:
                self.parser.feed_data(rest)
                return
            except httptools.HttpParserUpgrade as offer:
                rest = rest[offer.args[0] :]
            head = self._head_without_offer()
            # The old one's state is of no use: it has ended the request, perhaps the connection.
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # As uvicorn's.
            self.parser.feed_data(head)

    def _head_without_offer(self) -> bytes:
        """The head that was just read, without the header that makes it an offer."""
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        kept = [b"%b: %b\r\n" % pair for pair in self.headers if pair[0] != b"upgrade"]
        return b"%b %b HTTP/%b\r\n%b\r\n" % (method, self.url, version, b"".join(kept))

    def on_message_begin(self) -> None:
        """A request begins."""
        self._told = self._untold = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of the address came."""
        self._tell(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header came."""
        self._tell(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A head is all there; one with an offer is read again before it counts.

        Raises:
            ValueError: it asks for a tunnel; the parser ends and `send_400_response` is called.
        """
        if self.parser.get_method() == b"CONNECT":
            raise ValueError("no proxy")
        self._offers = self.parser.should_upgrade()
        if self._offers:
            return
        super().on_headers_complete()
        if self._stops:
            self._unset_keepalive_if_required()
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """A part of the body came."""
        self._untold = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is all there."""
        if not self._offers:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no request, in the shape of all refusals, and hangs up."""
        status = HTTPStatus.BAD_REQUEST
        if max(self._told, self._untold) > MAX_HEAD_BYTES:
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            msg = f"The head has more than {MAX_HEAD_BYTES:,} bytes, the most that is taken."
        body = json.dumps({"error": msg})
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n{body}".encode("ascii")
        )
        self.transport.close()

    def _tell(self, size: int) -> None:
        """Counts what the parser tells of a head.

        Raises:
            ValueError: it is too much; the parser ends and `send_400_response` is called.
        """
        self._told += size
        self._untold = 0
        if self._told > MAX_HEAD_BYTES:
            raise ValueError("the head is too long")
