"""Bodies and heads whose objects are many times their size: the memory is bounded in bytes.

Version 0.1.0 used 57 MB for each body below, 4.6 GB for 80 of them, and 5 MB for each head.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.attack.attacked_server import (
    AUTHORIZED,
    PREDICT,
    Server,
    attacked,
    is_closed,
    send_all,
    until,
)
from tests.attack.large_bodies import BODIES

MB = 1_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    words = ["--max-memory", "33000000", "--max-body-bytes", str(4 * 1024 * 1024)]
    with attacked(tmp_path_factory.mktemp("server"), *words) as server:
        yield server


@pytest.mark.parametrize("name", BODIES)
def test_the_objects_of_large_bodies_exist_for_one_body_at_a_time(server: Server, name: str):
    before = server.reset_peak()
    with ThreadPoolExecutor(12) as pool:
        futures = [pool.submit(server.post, PREDICT, BODIES[name]) for _ in range(12)]
        for _ in range(3):
            assert server.predict().status == 200  # Large bodies leave memory to small ones.
        statuses = Counter(future.result().status for future in futures)
    assert set(statuses) <= {400, 413, 503}, statuses
    # 33 MB of bodies, and at most 150 MB of objects of one of them.
    assert server.peak_bytes() - before < 250 * MB


def test_the_arrays_of_waiting_requests_are_in_the_budget(server: Server):
    """A number of two bytes becomes an array of eight."""
    body = b'{"inputs":[[' + b"1," * 300_000 + b"1]]}"
    before = server.reset_peak()
    with ThreadPoolExecutor(12) as pool:
        futures = [pool.submit(server.post, "/v1/models/numbers:predict", body) for _ in range(12)]
        assert {future.result().status for future in futures} <= {200, 503}
    assert server.peak_bytes() - before < 150 * MB


def test_unread_predictions_are_in_the_budget(server: Server):
    """Responses of 1 MB whose clients do not read them."""
    body = json.dumps({"instances": ["a"] * 8}).encode()
    head = (
        "POST /v1/models/large:predict HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {AUTHORIZED['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    before = server.reset_peak()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(40)]
        for client in clients:
            client.setsockopt(6, 10, 1)  # TCP_WINDOW_CLAMP: the kernel buffers little.
            send_all(client, head.encode() + body)
        until(lambda: requests_of(server, "large") >= 40)
        assert b'nlp_apps_requests_total{code="503",model="large"' in server.get("/metrics").body
        assert server.predict().status == 200
        # 33 MB of predictions, three copies of each as JSON, and those of the calls that have just
        # ended; all 40 together are 320 MB, and 1.2 GB with their JSON.
        assert server.peak_bytes() - before < 400 * MB
    until(lambda: server.post("/v1/models/large:predict", body).status == 200)  # It is released.


def requests_of(server: Server, model: str) -> float:
    """Returns the number of responses to predict requests of a model."""
    lines = server.get("/metrics").body.decode().splitlines()
    found = [line for line in lines if line.startswith("nlp_apps_requests_total{")]
    return sum(float(line.split()[-1]) for line in found if f'model="{model}"' in line)


@pytest.mark.parametrize("line", [b"X:\r\n", b"X: yyyyyyyyyyyy\r\n"])
def test_heads_of_many_lines_are_refused(server: Server, line: bytes):
    before = server.reset_peak()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(100)]
        for client in clients:
            send_all(client, b"GET /health HTTP/1.1\r\n" + line * 16_000)  # 64 KB or more.
        assert all(is_closed(client) for client in clients)
    assert server.peak_bytes() - before < 30 * MB


def test_connections_that_wait_with_full_buffers(server: Server):
    """Each has a slow response, the largest heads behind it, and a body that is not read."""
    header = b"a: b\r\n" * 95
    request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n"
    large = b"POST /x:predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n"
    before = server.reset_peak()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(300)]
        for client in clients:
            client.setsockopt(6, 10, 1)
            client.setblocking(False)
            with contextlib.suppress(OSError):
                client.send(request * 7 + large + b"x" * 400_000)
        assert server.predict().status == 200
        assert server.peak_bytes() - before < 150 * MB
