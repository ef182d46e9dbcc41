"""HTTP as uvicorn reads it, with a bound on the head of a request.

The bound comes before the token: whoever can reach the port could fill the memory otherwise.
"""

import json
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024
"""Bytes of a request's address and headers: what uvicorn's other parser takes, and far more than
the 8 KiB that gateways usually let through."""


class BoundedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which answers a head that is too long with 431 and hangs up.

    The parser tells of a header when it has all of it. So two numbers are bounded: the bytes of
    what it has told, and the bytes that it took without telling anything.
    """

    _told = 0
    _untold = 0

    def data_received(self, data: bytes) -> None:
        """Takes what came over the connection."""
        self._untold += len(data)
        super().data_received(data)
        if self._untold > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("")

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

    def on_body(self, body: bytes) -> None:
        """A part of the body came."""
        self._untold = 0
        super().on_body(body)

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
