"""Many connections: per address and in all they are bounded, and a client that predicts gets in."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.attack.attacked_server import AUTHORIZED, Server, attacked, is_closed, until

WORDS = ["--max-connections", "40", "--max-connections-per-address", "25"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with attacked(tmp_path_factory.mktemp("log"), *WORDS) as server:
        yield server


@pytest.mark.parametrize(
    "sources", [["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2", "127.0.0.3", "127.0.0.4"]]
)
@pytest.mark.parametrize("sent", [b"", b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"])
def test_a_prediction_gets_through_a_flood(server: Server, sources: list[str], sent: bytes):
    own = server.num_connections()
    with contextlib.ExitStack() as stack:
        for number in range(150):
            client = stack.enter_context(server.connect(sources[number % len(sources)]))
            with contextlib.suppress(OSError):  # It has already been replaced.
                client.sendall(sent)
        for _ in range(5):
            assert server.predict().status == 200
        until(lambda: server.num_connections() - own <= 40)
    until(lambda: server.num_connections() <= own + 1)


def test_a_flood_does_not_end_a_prediction_that_is_computed(server: Server):
    body = b'{"instances": ["123"]}'
    head = (
        "POST /v1/models/slow:predict HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {AUTHORIZED['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with server.connect() as waiting, contextlib.ExitStack() as stack:
        waiting.sendall(head.encode() + body)
        until(lambda: b'nlp_apps_batch_rows_count{model="slow"} 1.0' in server.get("/metrics").body)
        for _ in range(150):
            stack.enter_context(server.connect())
        assert waiting.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_a_flood_closes_its_own_oldest_connections(server: Server):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect("127.0.0.5")) for _ in range(30)]
        assert all(is_closed(client) for client in clients[:5])
        assert not is_closed(clients[-1], 0.5)
