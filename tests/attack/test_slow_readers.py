"""Clients without a token that never read: predictions keep their places, and they are closed.

Version 0.1.0 responded with 503 to every prediction for as long as they were connected.
"""

import contextlib
from collections.abc import Iterator

import pytest

from nlp_apps.server.http_protocol import MAX_PIPELINED
from tests.attack.attacked_server import Server, attacked, is_closed, read_all, send_all, until

OPEN_PATHS = ("/openapi.json", "/web/server_page/server-page.js")

NUM_CLIENTS = 24


def requests(path: str, number: int) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * number


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    words = ["--max-requests", "8", "--write-timeout", "2"]
    with attacked(tmp_path_factory.mktemp("log"), *words) as server:
        yield server


@pytest.mark.parametrize("path", OPEN_PATHS)
def test_they_leave_places_to_predictions_and_are_closed(server: Server, path: str):
    before = server.num_connections()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(NUM_CLIENTS)]
        for client in clients:
            client.setsockopt(6, 10, 1)  # TCP_WINDOW_CLAMP: the kernel buffers little.
            send_all(client, requests(path, 400))
        for _ in range(5):
            assert server.predict().status == 200
        until(lambda: server.num_connections() <= before)


def test_a_client_that_pipelines_too_much_receives_some_responses_and_the_end(server: Server):
    with server.connect() as client:
        send_all(client, requests("/health", 400))
        received = read_all(client)
    responses = received.split(b"HTTP/1.1 200 OK")[1:]
    assert len(responses) == 1 + MAX_PIPELINED
    assert [b"connection: close" in one for one in responses] == [False] * MAX_PIPELINED + [True]


def test_a_slow_reader_that_reads_is_not_closed(server: Server):
    """The write deadline is for the progress of a response, not for the whole of it."""
    with server.connect() as client:
        client.sendall(requests("/health", 1))
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")
        assert not is_closed(client, 3)  # Longer than --write-timeout.
        client.setblocking(True)
        client.sendall(requests("/health", 1))
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")
