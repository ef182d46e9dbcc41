"""Tests of the running server: the command, its stop, swaps and clients over real sockets."""

import asyncio
import contextlib
import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.server import http_protocol
from nlp_apps.server.address import address_of, listen
from nlp_apps.server.limits import Limits
from nlp_apps.server.middleware import App
from nlp_apps.server.predict_request import Arrays
from nlp_apps.server.process import Server
from tests.toy_server import (
    ask,
    fake_folder,
    fake_servable,
    fetch,
    listening,
    serving,
    until,
    write_endless,
    write_half_plus_two,
    write_shout,
)

ROOT = Path(__file__).parents[2]

SLOW = json.dumps({"signature_name": "slow", "instances": [30_000]}).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_half_plus_two(folder / "half_plus_two" / "1")
    return folder


def start(*words: str | Path, **environment: str) -> subprocess.Popen[str]:
    """Starts `python -m nlp_apps.serve`."""
    return subprocess.Popen(
        [sys.executable, "-m", "nlp_apps.serve", *map(str, words)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def run(*words: str | Path, **environment: str) -> tuple[int, str, str]:
    """What a command that ends by itself gave."""
    process = start(*words, **environment)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@contextlib.contextmanager
def command(*words: str | Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running command, when it is ready, and its address."""
    process = start(*words, "--port", "0", **environment)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.fullmatch(r"nlp-apps: (http://127\.0\.0\.1:\d+), reference at /docs\n", line)
        assert found, line
        deadline = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError):
                if fetch(f"{found[1]}/ready").status == 200:
                    break
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.1)
        yield process, found[1]
    finally:
        process.kill()
        process.communicate()


# The command


def test_help_imports_nothing_heavy():
    program = "import nlp_apps.serve, sys; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy = {"tensorflow", "keras", "numpy", "pydantic", "fastapi", "uvicorn", "google"}
    assert not heavy & set(done.stdout.split())
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    assert "--max-text-bytes" in out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["{folder}/none"], 1, "{folder}/none: is not a folder. Name the one that holds"),
        (["{folder}/empty"], 1, "{folder}/empty: holds no NAME/VERSION/saved_model.pb"),
        (["{folder}", "--max-batch", "0"], 2, "--max-batch must be more than 0, not 0."),
        (["{folder}", "--poll", "0"], 2, "--poll must be more than 0 and finite, not 0.0."),
        (["{folder}", "--poll", "inf"], 2, "--poll must be more than 0 and finite, not inf."),
        (["{folder}", "--poll", "nan"], 2, "--poll must be more than 0 and finite, not nan."),
        (["{folder}", "--timeout", "nan"], 2, "--timeout must be more than 0 and finite, not nan."),
        (["{folder}", "--port", "70000"], 2, "--port must be between 0 and 65535, not 70000."),
        (["{folder}", "--port", "-1"], 2, "--port must be between 0 and 65535, not -1."),
        (["{folder}", "--threads", "0"], 2, "--threads must be at least 1, not 0."),
        (["{folder}", "--host", "192.0.2.1"], 1, "--host 192.0.2.1 --port 8501: cannot listen"),
        (["{folder}", "--token-file", "{folder}/none"], 1, "--token-file {folder}/none: cannot be"),
    ],
)
def test_a_wrong_command_is_told_in_one_line(
    folder: Path, words: Sequence[str], code: int, message: str
):
    (folder / "empty").mkdir(exist_ok=True)
    ended, out, err = run(*(word.format(folder=folder) for word in words))
    assert (ended, out) == (code, "")
    assert err.startswith(f"nlp-apps: error: {message.format(folder=folder)}")
    assert err.count("\n") == 1


def test_a_taken_port_is_told(folder: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = run(folder, "--port", str(port))
    assert code == 1
    assert err == (
        f"nlp-apps: error: --host 127.0.0.1 --port {port}: cannot listen there: Address already in "
        "use. Choose another.\n"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_answers_what_was_accepted_and_ends_with_0(folder: Path, number: signal.Signals):
    with command(folder, "--max-batch", "1", NLP_APPS_TOKEN="sesame") as (process, url):
        headers = {"Authorization": "Bearer sesame"}
        assert fetch(f"{url}/v1/models").status == 401
        with ThreadPoolExecutor(6) as pool:
            path = f"{url}/v1/models/half_plus_two:predict"
            jobs = [pool.submit(fetch, path, SLOW, headers) for _ in range(6)]
            until(lambda: accepted(f"{url}/metrics", headers) == 6)
            process.send_signal(number)
            answers = [job.result() for job in jobs]
        out, err = process.communicate(timeout=60)
        assert [answer.json for answer in answers] == [{"predictions": [30_000]}] * 6
        assert process.returncode == 0
        assert out == ""
        assert "nlp-apps: stopping: what was accepted is answered first\n" in err
        assert "Traceback" not in err
        with pytest.raises(OSError):
            fetch(f"{url}/health")


def test_a_stop_before_anything_is_answered_ends_with_0(folder: Path):
    process = start(folder, "--port", "0")
    try:
        assert process.stderr is not None
        assert "reference at /docs" in process.stderr.readline()
        process.terminate()  # TensorFlow is being imported.
        assert process.wait(timeout=120) == 0
        assert "Traceback" not in process.stderr.read()
    finally:
        process.kill()
        process.communicate()


def test_a_stop_does_not_wait_for_a_load_that_does_not_end(folder: Path, tmp_path: Path):
    (tmp_path / "half_plus_two").symlink_to(folder / "half_plus_two")
    with command(tmp_path, "--timeout", "2", "--poll", "0.1") as (process, url):
        write_endless(tmp_path / "endless" / "1")

        def is_loading() -> bool:
            answer = fetch(f"{url}/v1/models/endless")
            return answer.status == 200 and b"LOADING" in answer.body

        until(is_loading)
        process.terminate()
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0
        assert "a version is still being loaded after 2 s: given up\n" in err


def accepted(url: str, headers: dict[str, str]) -> float:
    """How many rows wait, are being computed, or were, where each is a call of its own."""
    text = fetch(url, headers=headers).body.decode()
    return sample(text, "nlp_apps_batch_rows_count{") + sample(text, "nlp_apps_queue_rows{")


def sample(text: str, name: str) -> float:
    """One number of the metrics; 0 where it is not there yet."""
    found = [line for line in text.splitlines() if line.startswith(name)]
    return float(found[0].split()[-1]) if found else 0.0


# Many clients


def test_two_hundred_requests_at_once_get_exactly_their_own_answers(tmp_path: Path):
    write_shout(tmp_path / "shout" / "1")
    with serving(tmp_path, Limits(max_queue=10_000, timeout=120)) as toy:

        async def client(number: int) -> bool:
            words = [f"client {number} row {row}" for row in range(1 + number % 20)]
            body = json.dumps({"instances": words}).encode()
            answer = await ask(toy.app, "POST", "/v1/models/shout:predict", body)
            expected = [{"length": len(word), "upper": word.upper()} for word in words]
            return bool(answer.status == 200 and answer.json["predictions"] == expected)

        async def all_clients() -> list[bool]:
            return await asyncio.gather(*(client(number) for number in range(200)))

        assert asyncio.run(all_clients()) == [True] * 200
        text = toy.metrics.text().decode()
    rows = sum(1 + number % 20 for number in range(200))
    assert sample(text, 'nlp_apps_batch_rows_sum{model="shout"}') == rows
    # Many shared a call: it took fewer calls than there were requests.
    assert sample(text, 'nlp_apps_batch_rows_count{model="shout"}') < 200


def test_a_swap_under_load_loses_nothing_and_answers_nothing_wrong(tmp_path: Path):
    write_shout(tmp_path / "shout" / "1", "v1 ")
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
            answer = fetch(f"{url}/v1/models/shout:predict", body)
            if answer.status != 200:
                problems.append(answer)
                continue
            marks = {row["upper"][:3] for row in answer.json["predictions"]}
            texts = [row["upper"][3:] for row in answer.json["predictions"]]
            mark = max(marks)
            if len(marks) != 1 or texts != words or mark < newest:
                problems.append(answer)
            newest = mark
            seen[number].add(mark)

    with serving(tmp_path, Limits(timeout=120)) as toy, listening(toy.app) as url:
        toy.models.start(poll=0.05)
        with ThreadPoolExecutor(8) as pool:
            clients = [pool.submit(client, number, url) for number in range(8)]
            for version in (2, 3):
                until(lambda version=version: all(f"v{version - 1} " in marks for marks in seen))  # type: ignore[misc]
                if version == 3:  # A version that does not load changes nothing.
                    fake_folder(tmp_path, "shout/2000")
                write_shout(tmp_path / "shout" / str(version), f"v{version} ")
            until(lambda: all("v3 " in marks for marks in seen))
            stop.set()
            for one in clients:
                one.result()
        assert problems == []

        def states() -> list[tuple[str, str]]:
            told = fetch(f"{url}/v1/models/shout").json["model_version_status"]
            return [(state["version"], state["state"]) for state in told]

        # The old version goes a moment after the new one took its place.
        until(lambda: states() == [("2000", "END"), ("3", "AVAILABLE")])


def test_a_client_that_hangs_up_costs_nobody_anything(tmp_path: Path):
    may_answer = threading.Event()
    asked: list[bytes] = []

    def run(arrays: Arrays) -> Arrays:
        asked.extend(arrays["text"].tolist())
        assert may_answer.wait(60)
        return {"out": arrays["text"]}

    limits = Limits(max_batch=1, timeout=120)
    models = fake_folder(tmp_path, "slow/1")
    path = "/v1/models/slow:predict"
    body = b'{"instances": ["rude"]}'
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with (
        serving(models, limits, loader=lambda _: fake_servable(run)) as toy,
        listening(toy.app) as url,
        ThreadPoolExecutor(1) as pool,
    ):

        def count(name: str) -> float:
            return sample(toy.metrics.text().decode(), name)

        try:
            first = pool.submit(fetch, url + path, b'{"instances": ["first"]}')
            until(lambda: asked == [b"first"])
            with connected(url) as rude:
                rude.sendall(head + body)
                until(lambda: count("nlp_apps_queue_rows{") == 1)
            gone = 'nlp_apps_requests_total{code="499",model="slow",signature='
            until(lambda: count(f'{gone}"serving_default"}}') == 1)
            with connected(url) as rude:
                rude.sendall(head + body[:5])  # It goes in the middle of its body.
            until(lambda: count(f'{gone}""}}') == 1)
        finally:
            may_answer.set()
        assert first.result().json == {"predictions": ["first"]}
        assert fetch(url + path, b'{"instances": ["last"]}').json == {"predictions": ["last"]}
    assert asked == [b"first", b"last"]  # What the rude client asked was not computed.


@pytest.mark.skipif(
    "HTTP2" not in subprocess.getoutput("curl --version"), reason="needs a curl with HTTP/2"
)
def test_an_offer_of_http_2_is_passed_over(folder: Path):
    with serving(folder) as toy, listening(toy.app) as url:
        path = f"{url}/v1/models/half_plus_two:predict"
        words = ["curl", "--silent", "--http2", "--noproxy", "*", "--data", '{"inputs": [[1.0]]}']
        done = subprocess.run([*words, path, path], capture_output=True, check=True, timeout=60)
        assert done.stdout == b'{"outputs":[[2.5]]}' * 2
        words = ["curl", "--silent", "--http2", "--noproxy", "*", f"{url}/health"]
        done = subprocess.run(words, capture_output=True, check=True, timeout=60)
        assert done.stdout == b'{"status": "alive"}'


TOO_LONG = "The head has more than 65,536 bytes, the most that is taken."


def connected(url: str) -> socket.socket:
    """A connection of our own, for what no client would send."""
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def heard(connection: socket.socket) -> tuple[bytes, Any]:
    """The first line and the body of an answer after which the server hangs up."""
    answer = b""
    with contextlib.suppress(ConnectionResetError):  # What it did not read is answered so.
        while part := connection.recv(65_536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.splitlines()[0], json.loads(body)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /health?" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + b"X: yyyyyyyy\r\n" * 8_000 + b"\r\n",
    ],
)
def test_a_head_that_is_too_long_is_431(folder: Path, head: bytes):
    with serving(folder, token="sesame") as toy, listening(toy.app) as url:
        with connected(url) as connection:
            with contextlib.suppress(OSError):  # It may hang up before it has all.
                connection.sendall(head)
            line, told = heard(connection)
        assert line == b"HTTP/1.1 431 Request Header Fields Too Large"
        assert told == {"error": TOO_LONG}
        assert fetch(f"{url}/health", headers={"X": "x" * 60_000}).status == 200


def test_a_header_without_an_end_is_431_before_it_is_all_there(folder: Path):
    with serving(folder, token="sesame") as toy, listening(toy.app) as url:
        with connected(url) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nX: ")
            sent = 0
            with contextlib.suppress(OSError):  # The server has hung up.
                while not select.select([connection], [], [], 0.1)[0] and sent < 10_000_000:
                    connection.sendall(b"x" * 16_384)
                    sent += 16_384
            line, told = heard(connection)
        assert line.startswith(b"HTTP/1.1 431 ")
        assert told == {"error": TOO_LONG}
        assert sent < 1_000_000


def test_a_long_body_is_no_long_head(folder: Path):
    """Bodies and heads come in the same pieces over one connection, and only heads are counted."""
    path = "/v1/models/half_plus_two:predict"
    with serving(folder) as toy, listening(toy.app) as url, connected(url) as connection:
        body = b'{"instances": [[1.0]]' + b" " * 300_000 + b"}"
        close = b"Connection: close\r\n"
        requests = b"".join(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nX: {'x' * 50_000}\r\n".encode()
            + (close if last else b"")
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
            for last in (False, False, True)
        )
        connection.sendall(requests)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.count(b'{"predictions":[[2.5]]}') == 3


def test_what_is_no_http_is_400_in_the_shape_of_all_refusals(folder: Path):
    with serving(folder) as toy, listening(toy.app) as url, connected(url) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert heard(connection) == (
            b"HTTP/1.1 400 Bad Request",
            {"error": "This is no HTTP request that can be read."},
        )


def test_head_is_answered_over_a_connection_that_stays_open(folder: Path):
    with serving(folder) as toy, listening(toy.app) as url:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
        with contextlib.closing(connection):
            for _ in range(2):
                for path in (
                    "/",
                    "/health",
                    "/ready",
                    "/metrics",
                    "/v1/models",
                    "/web/server_page/main.js",
                ):
                    connection.request("HEAD", path)
                    answer = connection.getresponse()
                    assert answer.read() == b""
                    assert answer.status == 200
                    assert int(answer.headers["content-length"]) > 0


def test_a_body_over_the_limit_is_heard_out_and_told(folder: Path):
    with serving(folder) as toy, listening(toy.app) as url:
        answer = fetch(f"{url}/v1/models/half_plus_two:predict", b" " * 20_000_000)
        assert answer.status == 413
        assert "more than 4,194,304 bytes" in answer.json["error"]
        assert fetch(f"{url}/health").status == 200


@pytest.mark.parametrize(
    ("path", "settings", "headers", "status"),
    [
        ("/v1/models/none:predict", {}, {}, 404),
        ("/v1/models/half_plus_two/versions/9:predict", {}, {}, 404),
        ("/v1/models/half_plus_two/versions/x:predict", {}, {}, 400),
        ("/v1/models/half_plus_two", {}, {}, 400),
        ("/nowhere", {}, {}, 404),
        ("/v1/models/half_plus_two:predict", {}, {"Content-Encoding": "gzip"}, 415),
        ("/v1/models/half_plus_two:predict", {"token": "sesame"}, {}, 401),
    ],
)
def test_a_refusal_that_comes_before_the_body_reaches_who_sends_one(
    folder: Path, path: str, settings: dict[str, Any], headers: dict[str, str], status: int
):
    with serving(folder, **settings) as toy, listening(toy.app) as url:
        # This client sends "Connection: close", and all of its body before it listens.
        answer = fetch(url + path, b" " * 8_000_000, headers)
        assert (answer.status, list(answer.json)) == (status, ["error"])


def test_a_busy_server_says_so_to_who_sends_a_large_body(folder: Path):
    path = "/v1/models/half_plus_two:predict"
    with serving(folder, Limits(max_requests=1)) as toy, listening(toy.app) as url:
        with connected(url) as stuck:
            stuck.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n".encode())
            until(lambda: fetch(f"{url}/v1/models").status == 503)
            answer = fetch(url + path, b" " * 8_000_000)
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize("header", [b"Expect: 100-continue\r\n", b""])
def test_a_refusal_does_not_wait_for_a_body_for_ever(folder: Path, header: bytes):
    """Not at all for one that is only sent when the server asks for it."""
    limits = Limits(timeout=120.0 if header else 0.2)
    with serving(folder, limits) as toy, listening(toy.app) as url, connected(url) as connection:
        connection.sendall(
            b"POST /v1/models/none:predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Content-Length: 9\r\n" + header + b"\r\n"
        )
        assert heard(connection)[0] == b"HTTP/1.1 404 Not Found"


@pytest.mark.parametrize("path", ["/health", "/docs", "/web/server_page/main.js"])
def test_what_needs_no_token_waits_for_no_body(folder: Path, path: str):
    locked = serving(folder, Limits(timeout=120.0), token="sesame")
    with locked as toy, listening(toy.app) as url, connected(url) as idle:
        idle.sendall(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode()
            + b"Content-Length: 9\r\n\r\n"
        )
        assert heard(idle)[0] == b"HTTP/1.1 400 Bad Request"


# The last requests of a stop


@pytest.mark.parametrize("has_asked", [True, False])
def test_a_request_that_was_on_its_way_into_a_stop_is_answered(
    folder: Path, monkeypatch: pytest.MonkeyPatch, has_asked: bool
):
    monkeypatch.setattr(http_protocol, "LAST_CALL", 60)
    with serving(folder) as toy, stopping(toy.app) as (url, stop):
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
        with contextlib.closing(connection):
            connection.connect()
            if has_asked:
                connection.request("GET", "/health")
                assert connection.getresponse().read() == b'{"status": "alive"}'
            stop()
            body = b'{"instances": [[1.0]]}'
            connection.request("POST", "/v1/models/half_plus_two:predict", body)
            answer = connection.getresponse()
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            assert json.loads(answer.read()) == {"predictions": [[2.5]]}


@pytest.mark.parametrize("sent", [b"", b"GET /health HT"])
def test_a_stop_does_not_wait_for_who_sends_no_request(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
):
    monkeypatch.setattr(http_protocol, "LAST_CALL", 0.2)
    with serving(folder) as toy, stopping(toy.app) as (url, stop), connected(url) as connection:
        stop()
        connection.sendall(sent)
        assert connection.recv(1) == b""


@contextlib.contextmanager
def stopping(app: App) -> Iterator[tuple[str, Callable[[], None]]]:
    """The address of an app, and what begins a stop and returns when no connection is taken."""
    server = Server(app, Limits())
    with listen("127.0.0.1", 0) as listener:
        url = address_of(listener)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()

        def is_closed() -> bool:
            try:
                connected(url).close()
            except OSError:
                return True
            return False

        def stop() -> None:
            until(lambda: bool(server.server_state.connections))  # The client's is taken.
            server.should_exit = True
            until(is_closed)

        try:
            until(lambda: server.started)
            yield url, stop
        finally:
            server.should_exit = True
            thread.join()
