"""Tests of many clients, version swaps and the stop, over real connections."""

import asyncio
import contextlib
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.server import http_protocol
from nlp_apps.server.address import bind, url_of
from nlp_apps.server.limits import Limits
from nlp_apps.server.middleware import App
from nlp_apps.server.model_signatures import Arrays
from nlp_apps.server.process import Server
from tests.server.connections import connected
from tests.server.responses import sample
from tests.toy_server import (
    fake_folder,
    fake_model,
    fetch,
    listening,
    send,
    serving,
    until,
    write_half_plus_two,
    write_uppercase,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_half_plus_two(folder / "half_plus_two" / "1")
    return folder


def test_two_hundred_concurrent_requests_get_their_own_predictions(tmp_path: Path):
    write_uppercase(tmp_path / "uppercase" / "1")
    with serving(tmp_path, Limits(max_queue=10_000, timeout=120)) as toy:

        async def client(number: int) -> bool:
            words = [f"client {number} row {row}" for row in range(1 + number % 20)]
            body = json.dumps({"instances": words}).encode()
            response = await send(toy.app, "POST", "/v1/models/uppercase:predict", body)
            expected = [{"length": len(word), "upper": word.upper()} for word in words]
            return bool(response.status == 200 and response.json["predictions"] == expected)

        async def all_clients() -> list[bool]:
            return await asyncio.gather(*(client(number) for number in range(200)))

        assert asyncio.run(all_clients()) == [True] * 200
        text = toy.metrics.text().decode()
    rows = sum(1 + number % 20 for number in range(200))
    assert sample(text, 'nlp_apps_batch_rows_sum{model="uppercase"}') == rows
    # Requests shared calls.
    assert sample(text, 'nlp_apps_batch_rows_count{model="uppercase"}') < 200


def test_a_swap_under_load_loses_no_request_and_mixes_no_versions(tmp_path: Path):
    write_uppercase(tmp_path / "uppercase" / "1", "v1 ")
    stop = threading.Event()
    problems: list[Any] = []
    seen: list[set[str]] = [set() for _ in range(8)]

    def client(number: int, url: str) -> None:
        newest = ""
        turn = 0
        while not stop.is_set():
            turn += 1
            words = [f"{number} {turn} {row}" for row in range(1 + turn % 3)]
            body = json.dumps({"instances": words}).encode()
            response = fetch(f"{url}/v1/models/uppercase:predict", body)
            if response.status != 200:
                problems.append(response)
                continue
            marks = {row["upper"][:3] for row in response.json["predictions"]}
            texts = [row["upper"][3:] for row in response.json["predictions"]]
            mark = max(marks)
            if len(marks) != 1 or texts != words or mark < newest:
                problems.append(response)
            newest = mark
            seen[number].add(mark)

    with serving(tmp_path, Limits(timeout=120)) as toy, listening(toy.app) as url:
        toy.registry.start(poll=0.05)
        with ThreadPoolExecutor(8) as pool:
            clients = [pool.submit(client, number, url) for number in range(8)]
            for version in (2, 3):
                until(lambda version=version: all(f"v{version - 1} " in marks for marks in seen))  # type: ignore[misc]
                if version == 3:  # A version that does not load changes nothing.
                    fake_folder(tmp_path, "uppercase/2000")
                write_uppercase(tmp_path / "uppercase" / str(version), f"v{version} ")
            until(lambda: all("v3 " in marks for marks in seen))
            stop.set()
            for one in clients:
                one.result()
        assert problems == []

        def states() -> list[tuple[str, str]]:
            statuses = fetch(f"{url}/v1/models/uppercase").json["model_version_status"]
            return [(state["version"], state["state"]) for state in statuses]

        # The old version is unloaded a moment after the new one is active.
        until(lambda: states() == [("2000", "END"), ("3", "AVAILABLE")])


def test_the_request_of_a_disconnected_client_is_not_computed(tmp_path: Path):
    may_return = threading.Event()
    computed: list[bytes] = []

    def run(arrays: Arrays) -> Arrays:
        computed.extend(arrays["text"].tolist())
        assert may_return.wait(60)
        return {"out": arrays["text"]}

    limits = Limits(max_batch=1, timeout=120)
    models = fake_folder(tmp_path, "slow/1")
    path = "/v1/models/slow:predict"
    body = b'{"instances": ["rude"]}'
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with (
        serving(models, limits, loader=lambda _: fake_model(run)) as toy,
        listening(toy.app) as url,
        ThreadPoolExecutor(1) as pool,
    ):

        def count(name: str) -> float:
            return sample(toy.metrics.text().decode(), name)

        try:
            first = pool.submit(fetch, url + path, b'{"instances": ["first"]}')
            until(lambda: computed == [b"first"])
            with connected(url) as rude:
                rude.sendall(head + body)
                until(lambda: count("nlp_apps_queue_rows{") == 1)
            gone = 'nlp_apps_requests_total{code="499",model="slow",signature='
            until(lambda: count(f'{gone}"serving_default"}}') == 1)
            with connected(url) as rude:
                rude.sendall(head + body[:5])  # It disconnects in the middle of its body.
            until(lambda: count(f'{gone}""}}') == 1)
        finally:
            may_return.set()
        assert first.result().json == {"predictions": ["first"]}
        assert fetch(url + path, b'{"instances": ["last"]}').json == {"predictions": ["last"]}
    assert computed == [b"first", b"last"]  # Not the requests of the disconnected clients.


# The stop


@pytest.mark.parametrize("has_sent", [True, False])
def test_a_request_that_is_on_its_way_in_a_stop_is_completed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, has_sent: bool
):
    monkeypatch.setattr(http_protocol, "STOP_GRACE", 60)
    with serving(folder) as toy, stopping(toy.app) as (url, stop):
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
        with contextlib.closing(connection):
            connection.connect()
            if has_sent:
                connection.request("GET", "/health")
                assert connection.getresponse().read() == b'{"status": "alive"}'
            stop()
            body = b'{"instances": [[1.0]]}'
            connection.request("POST", "/v1/models/half_plus_two:predict", body)
            response = connection.getresponse()
            assert (response.status, response.headers["connection"]) == (200, "close")
            assert json.loads(response.read()) == {"predictions": [[2.5]]}


@pytest.mark.parametrize("sent", [b"", b"GET /health HT"])
def test_a_stop_does_not_wait_for_an_idle_connection(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
):
    monkeypatch.setattr(http_protocol, "STOP_GRACE", 0.2)
    with serving(folder) as toy, stopping(toy.app) as (url, stop), connected(url) as connection:
        stop()
        connection.sendall(sent)
        assert connection.recv(1) == b""


@contextlib.contextmanager
def stopping(app: App) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yields the URL of an app, and a function that starts the stop and awaits the closed port."""
    server = Server(app, Limits())
    with bind("127.0.0.1", 0) as listener:
        url = url_of(listener)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()

        def is_closed() -> bool:
            try:
                connected(url).close()
            except OSError:
                return True
            return False

        def stop() -> None:
            until(lambda: bool(server.server_state.connections))  # The client's is accepted.
            server.should_exit = True
            until(is_closed)

        try:
            until(lambda: server.started)
            yield url, stop
        finally:
            server.should_exit = True
            thread.join()
