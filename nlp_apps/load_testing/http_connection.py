"""A keep-alive HTTP/1.1 connection of the load test.

Not httpx: with 32 clients it took 1.7 to 2.3 ms of processor time per request and sent 140 to 380
requests a second; this client took 0.02 to 0.03 ms and sent more than 5,000 to the same server. The
load test shares the processor with the server that it measures.
"""

import asyncio
import contextlib

import httptools


class HttpConnection:
    """A connection that is opened by the first request and kept open.

    Args:
        host: name or address.
        port: TCP port.
        tls: whether to connect with TLS.
    """

    def __init__(self, host: str, port: int, *, tls: bool) -> None:
        self._address = (host, port)
        self._tls = tls
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Sends a request, and returns status and body of the response.

        Raises:
            OSError: the connection fails, or the response is not HTTP.
            EOFError: the connection ends before the response is complete.
        """
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(*self._address, ssl=self._tls or None)
                self._parser = httptools.HttpResponseParser(self)
            reader, writer = self._streams
            self._body, self._is_complete = b"", False
            writer.write(request)
            while not self._is_complete:
                data = await reader.read(65_536)
                if not data:
                    raise EOFError("the connection ended before the response")
                self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            await self.aclose()
            raise ConnectionError(f"the response is not HTTP ({error})") from error
        except BaseException:
            await self.aclose()
            raise
        if not self._keeps_alive:
            await self.aclose()
        return self._parser.get_status_code(), self._body

    async def aclose(self) -> None:
        """Closes the connection."""
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def on_body(self, body: bytes) -> None:
        """Receives a part of the body, from the parser."""
        self._body += body

    def on_message_complete(self) -> None:
        """Ends the response, for the parser."""
        self._is_complete = True
        self._keeps_alive = self._parser.should_keep_alive()  # Valid only in this callback.
