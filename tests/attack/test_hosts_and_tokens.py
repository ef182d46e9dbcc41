"""Requests in the name of another: rebound names, pages of other sites, doubtful tokens."""

from collections.abc import Iterator

import pytest

from tests.attack.attacked_server import Server, attacked, exchange

BODY = b'{"instances": ["a"]}'
BEARER = "Authorization: Bearer sesame"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    words = ["--allowed-host", "models", "--allowed-host", "*.example.org"]
    with attacked(tmp_path_factory.mktemp("server"), *words) as server:
        yield server


def post(*headers: str, host: str = "Host: localhost") -> bytes:
    lines = ["POST /v1/models/uppercase:predict HTTP/1.1", host, *headers]
    lines.append(f"Content-Length: {len(BODY)}")
    return "\r\n".join([*lines, "", ""]).encode() + BODY


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LocalHost:8501", 200),
        ("127.0.0.1:8501", 200),
        ("[::1]:8501", 200),
        ("10.1.2.3", 200),  # A probe of Kubernetes; no page can have it as its name.
        ("models:8501", 200),
        ("a.b.example.org", 200),
        ("example.org", 421),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("evil-models", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
    ],
)
def test_a_request_for_another_host_is_refused(server: Server, host: str, status: int):
    """DNS rebinding: a page lets its own name resolve to 127.0.0.1. 0.1.0 responded to it."""
    assert exchange(server, post(BEARER, host=f"Host: {host}"))[0] == status
    request = f"GET /ready HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    assert exchange(server, request)[0] == status


def test_several_hosts_are_refused(server: Server):
    assert exchange(server, post(BEARER, "Host: localhost"))[0] == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([], 200),
        (["Content-Type: text/plain"], 200),  # Not a browser: curl, TF Serving's clients.
        (["Origin: http://localhost"], 200),
        (["Origin: http://evil.example", "Content-Type: application/json"], 200),
        (["Origin: http://evil.example", "Content-Type: application/json; charset=utf-8"], 200),
        (["Origin: http://evil.example", "Content-Type: text/plain"], 403),
        (["Origin: http://evil.example"], 403),
        (["Origin: null"], 403),
        (["Origin: http://localhost:9999", "Content-Type: text/plain"], 403),
        (["Sec-Fetch-Site: cross-site", "Content-Type: application/x-www-form-urlencoded"], 403),
        (["Sec-Fetch-Site: same-site"], 403),
        (["Sec-Fetch-Site: same-origin", "Origin: http://localhost"], 200),
        (["Origin: http://evil.example", "Content-Type: application/json", "Content-Type: a"], 403),
    ],
)
def test_a_page_of_another_site_sends_no_simple_post(
    server: Server, headers: list[str], status: int
):
    """Browsers send these types without a question to the server. 0.1.0 computed them."""
    assert exchange(server, post(BEARER, *headers))[0] == status


@pytest.mark.parametrize(
    "headers",
    [
        [BEARER, BEARER],
        [BEARER, "Authorization: Bearer wrong"],
        ["Authorization: Bearer wrong", BEARER],
        ["Authorization: Basic x", BEARER],
        ["Authorization: Bearer s\xe4same"],
    ],
)
def test_a_doubtful_token_is_401(server: Server, headers: list[str]):
    assert exchange(server, post(*headers).replace(b"\xc3\xa4", b"\xe4"))[0] == 401


def test_a_token_in_a_trailer_is_401(server: Server):
    """0.1.0 accepted it: its parser adds trailers to the headers."""
    head = (
        b"POST /v1/models/uppercase:predict HTTP/1.1\r\nHost: localhost\r\n"
        b"Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n"
    )
    body = b"%x\r\n%b\r\n0\r\n%b\r\n\r\n" % (len(BODY), BODY, BEARER.encode())
    assert exchange(server, head + body)[0] == 401
