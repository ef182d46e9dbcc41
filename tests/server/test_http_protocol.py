"""Tests of nlp_apps.server.http_protocol: upgrade offers, byte by byte, without a socket."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from nlp_apps.server.http_protocol import MAX_HEAD_BYTES, BoundedProtocol
from nlp_apps.server.middleware import Receive, Scope, Send


class Wire(asyncio.Transport):
    """A connection that keeps what the server writes."""

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
        """Goes on: the tests send no more than they may."""

    def resume_reading(self) -> None:
        """Goes on."""


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers what it was asked: the method, the path, the body."""
    body, more = b"", True
    while more:
        message = await receive()
        assert message["type"] == "http.request"
        body += message["body"]
        more = message["more_body"]
    told = [scope["method"], scope["path"], body.decode()]
    assert not [name for name, _ in scope["headers"] if name == b"upgrade"]
    answer = json.dumps(told).encode() + b"\n"
    headers = [(b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def converse(parts: Sequence[bytes]) -> Wire:
    """What a connection gives on which these parts come, one after the other."""

    async def talk() -> Wire:
        config = uvicorn.Config(echo, ws="none", lifespan="off", log_config=None)
        config.load()
        state, wire = ServerState(), Wire()
        protocol = BoundedProtocol(config, state, {}, asyncio.get_running_loop())
        protocol.connection_made(wire)
        for part in parts:
            if not wire.closed:
                protocol.data_received(part)
            await asyncio.sleep(0)
        while state.tasks and protocol.cycle.more_body is False:
            await asyncio.gather(*state.tasks)
        protocol.connection_lost(None)
        await asyncio.gather(*state.tasks)
        return wire

    return asyncio.run(talk())


def answers(parts: Sequence[bytes]) -> list[Any]:
    """The requests that were answered, as `echo` tells them."""
    lines = converse(parts).written.split(b"\r\n\r\n")
    told = [line.partition(b"\n")[0] for line in lines[1:]]
    return [json.loads(line) for line in told]


OFFERS = [
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    b"Upgrade: websocket\r\nEmpty:\r\nConnection: keep-alive, Upgrade\r\n",
    b"UPGRADE: a\r\nUpgrade: b\r\nconnection: uPgRaDe\r\n",
]

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


def post(path: str, offer: bytes, body: bytes, *, chunked: bool) -> bytes:
    """A request with a body."""
    if chunked:
        size, tail = b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"
        body = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + tail
    else:
        size = b"Content-Length: %d\r\n" % len(body)
    return b"POST %b HTTP/1.1\r\nHost: x\r\n%b%b\r\n%b" % (path.encode(), offer, size, body)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("offer", OFFERS)
def test_a_request_that_offers_another_protocol_is_read_as_any_other(offer: bytes, chunked: bool):
    sent = post("/a", offer, SMUGGLED, chunked=chunked)
    expected = [["POST", "/a", SMUGGLED.decode()]]
    assert answers([sent]) == expected
    assert answers([bytes([byte]) for byte in sent]) == expected
    for place in range(1, len(sent)):
        assert answers([sent[:place], sent[place:]]) == expected


@pytest.mark.parametrize("step", [1, 7, 100, 100_000])
def test_requests_behind_an_offer_are_answered_in_order(step: int):
    sent = b"".join(
        [
            post("/a", OFFERS[0], b"one", chunked=False),
            b"GET /b HTTP/1.1\r\nHost: x\r\n%b\r\n" % OFFERS[0],
            post("/c", b"", SMUGGLED, chunked=False),
            post("/d", OFFERS[1], b"four", chunked=True),
            b"GET /e HTTP/1.1\r\nHost: x\r\n\r\n",
        ]
    )
    assert answers([sent[start : start + step] for start in range(0, len(sent), step)]) == [
        ["POST", "/a", "one"],
        ["GET", "/b", ""],
        ["POST", "/c", SMUGGLED.decode()],
        ["POST", "/d", "four"],
        ["GET", "/e", ""],
    ]


def test_an_offer_does_not_keep_a_connection_open_that_is_to_be_closed():
    offer = b"Connection: Upgrade, close\r\nUpgrade: h2c\r\n"
    wire = converse([post("/a", offer, b"one", chunked=False)])
    assert wire.written.endswith(b'["POST", "/a", "one"]\n')
    assert wire.closed


def test_a_head_with_an_offer_may_not_be_longer_than_others():
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
def test_what_cannot_be_read_is_400_and_nothing_behind_it_is_answered(sent: bytes):
    wire = converse([sent, SMUGGLED])
    assert wire.written.startswith(b"HTTP/1.1 400 ")
    assert wire.written.count(b"HTTP/1.1 ") == 1
    assert wire.closed
