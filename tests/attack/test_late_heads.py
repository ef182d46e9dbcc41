"""Clients that connect and say nothing, or send a head or an unread body byte by byte.

Version 0.1.0 kept all of them for ever: its only deadline began after the first response.
"""

import time
from collections.abc import Iterator

import pytest

from tests.attack.attacked_server import Server, attacked, is_closed, read_all


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with attacked(tmp_path_factory.mktemp("log"), "--head-timeout", "2") as server:
        yield server


def test_a_client_that_says_nothing_is_closed(server: Server):
    with server.connect() as client:
        assert read_all(client) == b""


def test_half_a_head_is_408(server: Server):
    with server.connect() as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: loc")
        assert read_all(client).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "start",
    [
        b"GET /health HTTP/1.1\r\nX: ",
        # A head, after whose response the rest of the body arrives byte by byte.
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n",
        # A second head after a complete request.
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health HT",
    ],
)
def test_a_client_that_sends_byte_by_byte_is_closed(server: Server, start: bytes):
    deadline = time.monotonic() + 60
    with server.connect() as client:
        client.sendall(start)
        while not is_closed(client, 0.3):
            assert time.monotonic() < deadline
            client.setblocking(True)
            try:
                client.send(b"x")
            except ConnectionError:
                break


def test_an_idle_connection_between_two_requests_stays(server: Server):
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with server.connect() as client:
        client.sendall(request)
        assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")
        assert not is_closed(client, 4)  # Longer than --head-timeout.
        client.setblocking(True)
        client.sendall(request)
        assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")
