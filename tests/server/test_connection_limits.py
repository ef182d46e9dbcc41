"""Tests of limits and errors over real connections: request heads, bodies, paths."""

import contextlib
import http.client
import select
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.server.limits import Limits
from tests.server.connections import connected, read_response
from tests.toy_server import fetch, listening, serving, until, write_half_plus_two


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_half_plus_two(folder / "half_plus_two" / "1")
    return folder


@pytest.mark.skipif(
    "HTTP2" not in subprocess.getoutput("curl --version"), reason="needs a curl with HTTP/2"
)
def test_an_offer_of_http_2_is_ignored(folder: Path):
    with serving(folder) as toy, listening(toy.app) as url:
        path = f"{url}/v1/models/half_plus_two:predict"
        words = ["curl", "--silent", "--http2", "--noproxy", "*", "--data", '{"inputs": [[1.0]]}']
        done = subprocess.run([*words, path, path], capture_output=True, check=True, timeout=60)
        assert done.stdout == b'{"outputs":[[2.5]]}' * 2
        words = ["curl", "--silent", "--http2", "--noproxy", "*", f"{url}/health"]
        done = subprocess.run(words, capture_output=True, check=True, timeout=60)
        assert done.stdout == b'{"status": "alive"}'


TOO_LONG = "The request head has more than 65,536 bytes, the maximum."
TOO_MANY = "The request head has more than 100 headers, the maximum."


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"GET /health?" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", TOO_LONG),
        (b"GET /health HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", TOO_LONG),
        (b"GET /health HTTP/1.1\r\n" + (b"X: %b\r\n" % (b"y" * 1000)) * 70 + b"\r\n", TOO_LONG),
        (b"GET /health HTTP/1.1\r\n" + b"X: y\r\n" * 101 + b"\r\n", TOO_MANY),
        (b"GET /health HTTP/1.1\r\n" + b"X:\r\n" * 20_000 + b"\r\n", TOO_MANY),
    ],
)
def test_a_head_that_is_too_long_is_431(folder: Path, head: bytes, message: str):
    with serving(folder, token="sesame") as toy, listening(toy.app) as url:
        with connected(url) as connection:
            with contextlib.suppress(OSError):  # It may close before it has read everything.
                connection.sendall(head)
            line, body = read_response(connection)
        assert line == b"HTTP/1.1 431 Request Header Fields Too Large"
        assert body == {"error": message}
        assert fetch(f"{url}/health", headers={"X": "x" * 60_000}).status == 200


def test_an_endless_header_is_431(folder: Path):
    with serving(folder, token="sesame") as toy, listening(toy.app) as url:
        with connected(url) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nX: ")
            sent = 0
            with contextlib.suppress(OSError):  # The server has closed.
                while not select.select([connection], [], [], 0.1)[0] and sent < 10_000_000:
                    connection.sendall(b"x" * 16_384)
                    sent += 16_384
            line, body = read_response(connection)
        assert line.startswith(b"HTTP/1.1 431 ")
        assert body == {"error": TOO_LONG}
        assert sent < 1_000_000


def test_a_long_body_does_not_count_as_head(folder: Path):
    """Bodies and heads arrive in the same packets, and only heads are counted."""
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
        received = b""
        while part := connection.recv(65_536):
            received += part
    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert received.count(b'{"predictions":[[2.5]]}') == 3


def test_bytes_that_are_not_http_are_400_with_a_json_error(folder: Path):
    with serving(folder) as toy, listening(toy.app) as url, connected(url) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert read_response(connection) == (
            b"HTTP/1.1 400 Bad Request",
            {"error": "Malformed HTTP request."},
        )


def test_head_requests_keep_the_connection_open(folder: Path):
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
                    "/web/server_page/server-page.js",
                ):
                    connection.request("HEAD", path)
                    response = connection.getresponse()
                    assert response.read() == b""
                    assert response.status == 200
                    assert int(response.headers["content-length"]) > 0


def test_the_client_receives_the_error_of_a_body_over_the_limit(folder: Path):
    with serving(folder) as toy, listening(toy.app) as url:
        response = fetch(f"{url}/v1/models/half_plus_two:predict", b" " * 20_000_000)
        assert response.status == 413
        assert "more than 4,194,304 bytes" in response.json["error"]
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
def test_the_client_receives_an_error_that_precedes_its_body(
    folder: Path, path: str, settings: dict[str, Any], headers: dict[str, str], status: int
):
    with serving(folder, **settings) as toy, listening(toy.app) as url:
        # This client sends "Connection: close", and its whole body before it reads.
        response = fetch(url + path, b" " * 8_000_000, headers)
        assert (response.status, list(response.json)) == (status, ["error"])


def test_the_client_of_a_busy_server_receives_503_after_a_large_body(folder: Path):
    path = "/v1/models/half_plus_two:predict"
    with serving(folder, Limits(max_requests=1)) as toy, listening(toy.app) as url:
        with connected(url) as stuck:
            stuck.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n".encode())
            until(lambda: fetch(url + path, b"{}").status == 503)
            response = fetch(url + path, b" " * 8_000_000)
            assert fetch(f"{url}/v1/models").status == 200
        assert (response.status, response.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize("header", [b"Expect: 100-continue\r\n", b""])
def test_an_error_waits_for_a_body_until_the_timeout(folder: Path, header: bytes):
    """An error does not wait at all for a body with `Expect: 100-continue`."""
    limits = Limits(timeout=120.0 if header else 0.2)
    with serving(folder, limits) as toy, listening(toy.app) as url, connected(url) as connection:
        connection.sendall(
            b"POST /v1/models/none:predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Content-Length: 9\r\n" + header + b"\r\n"
        )
        assert read_response(connection)[0] == b"HTTP/1.1 404 Not Found"


@pytest.mark.parametrize("path", ["/health", "/docs", "/web/server_page/server-page.js"])
def test_a_public_path_waits_for_no_body(folder: Path, path: str):
    locked = serving(folder, Limits(timeout=120.0), token="sesame")
    with locked as toy, listening(toy.app) as url, connected(url) as idle:
        idle.sendall(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode()
            + b"Content-Length: 9\r\n\r\n"
        )
        assert read_response(idle)[0] == b"HTTP/1.1 400 Bad Request"
