"""Tests of nlp_apps.server.http_protocol: upgrade offers, byte by byte, without a socket."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from nlp_apps.server.http_protocol import MAX_HEAD_BYTES, LimitedProtocol
from nlp_apps.server.middleware import Receive, Scope, Send


class Wire(asyncio.Transport):
    """A transport that records the bytes that the server writes."""

    def __init__(self) -> None:
        super().__init__({"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)})
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        assert not self.closed
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        """No-op: the tests send little."""

    def resume_reading(self) -> None:
        """No-op."""


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Responds with method, path and body of the request."""
    body, more = b"", True
    while more:
        message = await receive()
        assert message["type"] == "http.request"
        body += message["body"]
        more = message["more_body"]
    assert not [name for name, _ in scope["headers"] if name == b"upgrade"]
    content = [scope["method"], scope["path"], body.decode()]
    response = json.dumps(content).encode() + b"\n"
    headers = [(b"content-length", str(len(response)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": response})


def converse(parts: Sequence[bytes]) -> Wire:
    """Returns the connection after it has received some parts of a stream."""

    async def talk() -> Wire:
        config = uvicorn.Config(echo, ws="none", lifespan="off", log_config=None)
        config.load()
        state, wire = ServerState(), Wire()
        protocol = LimitedProtocol(config, state, {}, asyncio.get_running_loop())
        protocol.connection_made(wire)
        for part in parts:
            if not wire.closed:
                protocol.data_received(part)
            await asyncio.sleep(0)
        while state.tasks and protocol.cycle.more_body is False:
            await asyncio.gather(*state.tasks)
            # Since Python 3.12, gather of finished tasks does not run the loop, whose callbacks
            # remove them from the set.
            await asyncio.sleep(0)
        protocol.connection_lost(None)
        await asyncio.gather(*state.tasks)
        return wire

    return asyncio.run(talk())


def echoes(parts: Sequence[bytes]) -> list[Any]:
    """Returns the requests that `echo` received."""
    lines = converse(parts).written.split(b"\r\n\r\n")
    return [json.loads(line.partition(b"\n")[0]) for line in lines[1:]]


OFFERS = [
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    b"Upgrade: websocket\r\nEmpty:\r\nConnection: keep-alive, Upgrade\r\n",
    b"UPGRADE: a\r\nUpgrade: b\r\nconnection: uPgRaDe\r\n",
]

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


def post(path: str, offer: bytes, body: bytes, *, chunked: bool) -> bytes:
    """Returns a request with a body."""
    if chunked:
        size, tail = b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"
        body = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + tail
    else:
        size = b"Content-Length: %d\r\n" % len(body)
    return b"POST %b HTTP/1.1\r\nHost: x\r\n%b%b\r\n%b" % (path.encode(), offer, size, body)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("offer", OFFERS)
def test_an_upgrade_offer_does_not_change_a_request(offer: bytes, chunked: bool):
    sent = post("/a", offer, SMUGGLED, chunked=chunked)
    expected = [["POST", "/a", SMUGGLED.decode()]]
    assert echoes([sent]) == expected
    assert echoes([bytes([byte]) for byte in sent]) == expected
    for place in range(1, len(sent)):
        assert echoes([sent[:place], sent[place:]]) == expected


@pytest.mark.parametrize("step", [1, 7, 100, 100_000])
def test_requests_after_an_offer_are_handled_in_order(step: int):
    sent = b"".join(
        [
            post("/a", OFFERS[0], b"one", chunked=False),
            b"GET /b HTTP/1.1\r\nHost: x\r\n%b\r\n" % OFFERS[0],
            post("/c", b"", SMUGGLED, chunked=False),
            post("/d", OFFERS[1], b"four", chunked=True),
            b"GET /e HTTP/1.1\r\nHost: x\r\n\r\n",
        ]
    )
    assert echoes([sent[start : start + step] for start in range(0, len(sent), step)]) == [
        ["POST", "/a", "one"],
        ["GET", "/b", ""],
        ["POST", "/c", SMUGGLED.decode()],
        ["POST", "/d", "four"],
        ["GET", "/e", ""],
    ]


def test_an_offer_does_not_keep_a_closing_connection_open():
    offer = b"Connection: Upgrade, close\r\nUpgrade: h2c\r\n"
    wire = converse([post("/a", offer, b"one", chunked=False)])
    assert wire.written.endswith(b'["POST", "/a", "one"]\n')
    assert wire.closed


def test_a_head_with_an_offer_has_the_same_limit():
    long = b"X: %b\r\n" % (b"x" * (MAX_HEAD_BYTES // 2))
    wire = converse([post("/a", OFFERS[0] + long, b"one", chunked=False)])
    assert wire.written.startswith(b"HTTP/1.1 200 ")
    for parts in ([OFFERS[0] + long + long], [OFFERS[0] + long, long]):
        head = b"POST /a HTTP/1.1\r\nHost: x\r\n"
        wire = converse([head, *parts, b"\r\n"])
        assert wire.written.startswith(b"HTTP/1.1 431 ")
        assert wire.closed


@pytest.mark.parametrize(
    "sent",
    [
        b"POST http://[ HTTP/1.1\r\nHost: x\r\n%b\r\n" % OFFERS[0],
        post("/a", OFFERS[0] + b"Transfer-Encoding: chunked\r\n", b"one", chunked=False),
        b"CONNECT a:80 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED)
        + SMUGGLED,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_malformed_bytes_are_400_and_end_the_connection(sent: bytes):
    wire = converse([sent, SMUGGLED])
    assert wire.written.startswith(b"HTTP/1.1 400 ")
    assert wire.written.count(b"HTTP/1.1 ") == 1
    assert wire.closed
