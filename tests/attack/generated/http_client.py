"""A client of HTTP/1.1 that sends any bytes, and reads responses without trust in the server."""

import asyncio
import contextlib
import re
from typing import NamedTuple

LINE = re.compile(rb"HTTP/1\.[01] (\d{3}) [ -~]*\r\n")


class ResponseError(Exception):
    """Received bytes are no response."""


class Received(NamedTuple):
    """A response.

    Attributes:
        status: its status.
        body: its body.
        closes: the server closes the connection after it.
    """

    status: int
    body: bytes
    closes: bool


async def read_response(reader: asyncio.StreamReader, *, is_head: bool = False) -> Received:
    """Reads the next response.

    Raises:
        ResponseError: the bytes are no response.
        EOFError: the connection was closed instead.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise ResponseError(f"half a response: {error.partial[:200]!r}") from None
        raise EOFError from None
    found = LINE.match(head)
    if not found:
        raise ResponseError(f"no status line: {head[:200]!r}")
    status = int(found[1])
    length = re.search(rb"\r\ncontent-length: (\d+)\r\n", head, re.IGNORECASE)
    closes = b"\r\nconnection: close\r\n" in head.lower()
    if status == 100:
        return await read_response(reader, is_head=is_head)
    if is_head or status in (204, 304):
        return Received(status, b"", closes)
    try:
        if length:
            return Received(status, await reader.readexactly(int(length[1])), closes)
        if b"\r\ntransfer-encoding: chunked\r\n" in head.lower():
            return Received(status, await _chunks(reader), closes)
    except asyncio.IncompleteReadError:
        raise ResponseError("half a body") from None
    raise ResponseError(f"a response without a length: {head[:200]!r}")


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = int(await reader.readuntil(b"\r\n"), 16)
        body += (await reader.readexactly(size + 2))[:-2]
        if not size:
            return body


async def exchange_raw(host: str, port: int, data: bytes) -> list[Received]:
    """Sends bytes over a new connection; returns the responses until the server closes.

    Raises:
        ResponseError: the bytes are no responses.
    """
    reader, writer = await asyncio.open_connection(host, port)
    found: list[Received] = []
    try:
        with contextlib.suppress(ConnectionError):
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                is_head = data.startswith(b"HEAD ") and not found  # It has no body.
                found.append(await read_response(reader, is_head=is_head))
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return found


class Connection:
    """A connection that stays open between requests.

    Args:
        host: address of the server.
        port: its port.
    """

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def exchange(self, request: bytes) -> Received:
        """Sends a request and returns the response; connects again where it is necessary.

        Raises:
            ResponseError: the bytes are no response, or the server closes instead.
        """
        for attempt in range(2):
            is_new = self._streams is None
            if self._streams is None:
                self._streams = await asyncio.open_connection(*self._address)
            reader, writer = self._streams
            try:
                writer.write(request)
                await writer.drain()
                found = await read_response(reader, is_head=request.startswith(b"HEAD "))
            except (ConnectionError, EOFError):
                await self.close()
                if is_new or attempt:
                    raise ResponseError("the connection was closed without a response") from None
                continue
            if found.closes:
                await self.close()
            return found
        raise ResponseError("no response")

    async def close(self) -> None:
        """Closes the connection."""
        if self._streams is not None:
            self._streams[1].close()
            with contextlib.suppress(ConnectionError):
                await self._streams[1].wait_closed()
            self._streams = None
