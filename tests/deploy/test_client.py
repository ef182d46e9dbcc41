"""Tests of deploy/client.py with a running server."""

import ast
import json
import runpy
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.server.model_signatures import Arrays
from nlp_apps.server.request_error import RequestError
from tests.toy_server import fake_folder, fake_model, listening, serving, write_uppercase

DEPLOY = Path(__file__).parents[2] / "deploy"


def client(*words: str, **environment: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, str(DEPLOY / "client.py"), *words],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("models")
    write_uppercase(folder / "uppercase" / "1")
    with serving(folder, token="sesame") as toy, listening(toy.app) as url:
        yield url


def test_the_client_prints_one_prediction_per_line(url: str):
    code, out, err = client(url, "uppercase", "one", "zwei ü", NLP_APPS_TOKEN="sesame")
    assert (code, err) == (0, "")
    assert [json.loads(line) for line in out.splitlines()] == [
        {"length": 3, "upper": "ONE"},
        {"length": 6, "upper": "ZWEI ü"},
    ]


def test_the_client_sends_parameters_and_signature(url: str):
    parameters = ("--set", "temperature=0.25", "--set", "seed=1", "--set", "loud=true")
    code, out, _ = client(
        url, "uppercase", "one", "--signature", "parameters", *parameters, NLP_APPS_TOKEN="sesame"
    )
    assert (code, json.loads(out)) == (0, "ONE|0.25|1")


def test_the_client_prints_the_error_of_the_server(url: str):
    code, out, err = client(url, "none", "one", NLP_APPS_TOKEN="sesame")
    assert (code, out) == (1, "")
    assert err == '404: {"error": "Servable not found for request: Latest(none)"}\n'
    assert client(url, "uppercase", "one")[2].startswith("401: ")
    code, _, err = client("http://127.0.0.1:9", "uppercase", "one")
    assert (code, err) == (1, "http://127.0.0.1:9: [Errno 111] Connection refused\n")


def test_the_client_retries_while_the_server_is_busy(tmp_path: Path):
    def echo(arrays: Arrays) -> Arrays:
        return {"out": arrays["text"]}

    folder = fake_folder(tmp_path, "echo/1")
    with serving(folder, loader=lambda _: fake_model(echo)) as toy:
        queue = toy.registry.resolve("echo").queue
        submit = queue.submit
        errors = [RequestError(503, "The server is busy.", retry_after=1)]

        def busy_once(signature: Any, inputs: Any) -> Any:
            if errors:
                raise errors.pop()
            return submit(signature, inputs)

        queue.submit = busy_once  # type: ignore[method-assign]
        with listening(toy.app) as url:
            assert client(url, "echo", "again") == (0, '"again"\n', "")
    assert not errors


class ScriptedServer(ThreadingHTTPServer):
    """A server that sends the responses of a list, one per request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.responses: list[tuple[int, dict[str, str], bytes]] = []


class Handler(BaseHTTPRequestHandler):
    """A connection to the server."""

    server: ScriptedServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, body = self.server.responses.pop(0)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_retry_after_may_be_a_date(scripted: ScriptedServer):
    now = formatdate(time.time(), usegmt=True)
    scripted.responses = [(503, {"Retry-After": now}, b""), (200, {}, b'{"predictions": ["ONE"]}')]
    assert client(scripted.url, "uppercase", "one") == (0, '"ONE"\n', "")


def test_the_client_waits_for_retry_after_up_to_a_maximum():
    pause = runpy.run_path(str(DEPLOY / "client.py"))["pause"]
    assert pause("3", 0) == 3.0
    assert pause("0.5", 4) == 0.5
    for date in (formatdate(time.time() + 20, usegmt=True), formatdate(time.time() + 20)):
        assert 18.0 < pause(date, 0) <= 20.0
    assert pause("Sun, 06 Nov 1994 08:49:37 GMT", 0) == 0.0
    assert pause("Sun, 06 Nov 2095 08:49:37 GMT", 0) == pause("inf", 0) == pause("7200", 0) == 60.0
    assert pause("-1", 0) == pause("nan", 0) == 0.0
    for nothing in (None, "", "soon", "Sun, 99 Nov 1994", "Sun, 06 Nov 99999 08:49:37 GMT"):
        assert pause(nothing, 2) == 4.0


INCOMPLETE = {"Content-Length": "99"}, b'{"predictions'


@pytest.mark.parametrize("status", [200, 400])
def test_a_lost_request_is_sent_again(scripted: ScriptedServer, status: int):
    scripted.responses = [(status, *INCOMPLETE), (200, {}, b'{"predictions": ["ONE"]}')]
    assert client(scripted.url, "uppercase", "one") == (0, '"ONE"\n', "")
    # A proxy whose server has ended.
    scripted.responses = [(502, {}, b"<html>"), (200, {}, b'{"predictions": ["ONE"]}')]
    assert client(scripted.url, "uppercase", "one") == (0, '"ONE"\n', "")
    assert scripted.responses == []


def test_a_late_request_is_not_sent_again(scripted: ScriptedServer):
    scripted.responses = [(504, {}, b"late"), (200, {}, b'{"predictions": ["ONE"]}')]
    assert client(scripted.url, "uppercase", "one") == (1, "", "504: late\n")


def test_a_request_that_is_lost_in_every_try_is_an_error(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
):
    predict = runpy.run_path(str(DEPLOY / "client.py"))["predict"]
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    for last, message in (
        ((200, *INCOMPLETE), "incomplete response: IncompleteRead.13 bytes read, 86 more expected"),
        ((502, {}, b"Bad Gateway"), "502: Bad Gateway"),
    ):
        scripted.responses = [(200, *INCOMPLETE)] * 4 + [last]
        pauses.clear()
        with pytest.raises(RuntimeError, match=message):
            predict(scripted.url, "uppercase", [{"text": "one"}], "serving_default")
        assert [pause for pause in pauses if pause >= 1] == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize("body", [b"<html>\n", b"[]", b"{}", b'{"predictions": 1}', b"\xff", b""])
def test_a_response_without_predictions_is_an_error(scripted: ScriptedServer, body: bytes):
    scripted.responses = [(200, {}, body)]
    code, out, err = client(scripted.url, "uppercase", "one")
    assert (code, out) == (1, "")
    shown = body.decode("utf-8", "replace").strip()
    assert err == f"{scripted.url}: the response has no predictions: {shown}\n"


@pytest.mark.parametrize("word", ["x", "x=", "x=glad", "=1", "text=1"])
def test_a_wrong_parameter_is_an_error(word: str):
    code, out, err = client("http://127.0.0.1:9", "uppercase", "one", "--set", word)
    assert (code, out) == (1, "")
    assert err.startswith(f"--set {word}: must be NAME=JSON")


@pytest.mark.parametrize(
    "url", ["nohost", "http://", "file:///tmp", "http://a:b", "http://a:0", "http://[::1"]
)
def test_a_wrong_url_is_an_error(url: str):
    message = f"URL must be http://HOST:PORT, not {url}.\n"
    assert client(url, "uppercase", "one") == (1, "", message)


def test_the_client_needs_only_python():
    tree = ast.parse((DEPLOY / "client.py").read_text(encoding="utf-8"))
    names = [
        alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names
    ]
    names += [node.module or "." for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_the_client_does_not_send_its_token_to_another_server(url: str):
    received: list[str | None] = []

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            received.append(self.headers["Authorization"])
            self.send_error(404)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Redirecting(Other):
        def do_POST(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{other.server_port}/")
            self.send_header("Content-Length", "0")
            self.end_headers()

    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Other) as other,
        ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as first,
    ):
        for server in (other, first):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{first.server_port}"
        code, out, err = client(address, "uppercase", "one", NLP_APPS_TOKEN="sesame")
        for server in (other, first):
            server.shutdown()
    assert (code, out, received) == (1, "", [])
    assert err.startswith("302")
