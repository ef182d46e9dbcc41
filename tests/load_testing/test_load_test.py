"""Tests of nlp_apps.load_testing, with a server that fails as planned."""

import json
import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.load_testing import load_generator, load_test
from nlp_apps.load_testing.load_generator import equal, percentile_ms


class FaultyServer(ThreadingHTTPServer):
    """Responds with upper case: `num_correct` times, then as its plan says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan: list[Any] = []
        self.num_correct = 0
        self.num_connections = 0
        self.requests: list[Any] = []
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores the disconnects of the tests."""


class Handler(BaseHTTPRequestHandler):
    """A connection to the server."""

    protocol_version = "HTTP/1.1"
    server: FaultyServer

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.num_connections += 1

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.requests.append((self.path, self.headers.get("Authorization"), body))
            number = len(self.server.requests) - self.server.num_correct - 1
            plan = self.server.plan
            step = plan[number % len(plan)] if plan and number >= 0 else "correct"
        if step in ("lost", "not HTTP"):
            self.close_connection = True
            self.wfile.write(b"" if step == "lost" else b"?\r\n\r\n")
            return
        row = body["instances"][0]
        text = row if isinstance(row, str) else row["text"]
        content = {"predictions": [{"upper": "?" if step == "wrong" else text.upper(), "p": 0.1}]}
        data = step if isinstance(step, bytes) else json.dumps(content).encode()
        self.send_response(step if isinstance(step, int) else 200)
        if step == "chunks":
            self.send_header("Transfer-Encoding", "chunked")
            data = b"".join(
                b"%x\r\n%s\r\n" % (len(part), part) for part in (data[:9], data[9:], b"")
            )
        else:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    server = FaultyServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text("one\ntwo\n\ntwo\ndrei ü\n", encoding="utf-8")
    return path


def run(server: FaultyServer, *words: Any) -> int:
    url = f"http://127.0.0.1:{server.server_address[1]}"
    return load_test.main([url, "uppercase", "--json", *map(str, words)])


def test_the_closed_loop_counts_correct_predictions(
    server: FaultyServer, texts: Path, capsys: pytest.CaptureFixture[str]
):
    server.plan = ["correct", "chunks"]
    assert run(server, "--texts", texts, "--clients", 3, "--seconds", 0.3) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["accepted"] == result["requests"] == len(server.requests) - 3 >= 3
    assert result["wrong"] == result["lost"] == result["errors"] == result["refused"] == 0
    assert 0 < result["p50_ms"] <= result["p99_ms"] <= result["max_ms"]
    assert server.num_connections == 1 + 3  # One alone, one per client.
    alone = [body["instances"] for _, _, body in server.requests[:3]]
    assert alone == [["one"], ["two"], ["drei ü"]]


def test_the_open_loop_keeps_its_rate(
    server: FaultyServer, texts: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(server, "--texts", texts, "--rate", 50, "--seconds", 0.5) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["requests"] == result["accepted"] == 25
    assert result["seconds"] >= 0.48


def test_wrong_lost_refused_and_failed_responses_are_counted(
    server: FaultyServer, texts: Path, capsys: pytest.CaptureFixture[str]
):
    server.num_correct = 3
    server.plan = ["correct", "wrong", 503, "correct", 429, 504, 500, "lost"]
    assert run(server, "--texts", texts, "--rate", 80, "--seconds", 0.2) == 1
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert result["requests"] == 16
    assert result["accepted"] == 6
    assert result["wrong"] == 2
    assert result["refused"] == 4
    assert result["refused_share"] == 0.25
    assert result["timed_out"] == 2
    assert result["errors"] == 2
    assert result["lost"] == 2
    assert "2 wrong, 2 lost, 2 failed" in err


UNREADABLE = [
    *(b"", b"<html>", b'"text"', b"[]", b"{}", b"\xff", b"[" * 100_000),
    *(b'{"predictions": []}', b'{"predictions": null}', b'{"predictions": [1, 1]}'),
    b'{"predictions": [{"upper": "ONE", "p": 1' + b"0" * 400 + b"}]}",
]


@pytest.mark.parametrize("loop", [("--rate", 110), ("--clients", 2)])
def test_an_unreadable_response_is_wrong(
    server: FaultyServer, texts: Path, capsys: pytest.CaptureFixture[str], loop: tuple[str, int]
):
    server.num_correct = 3
    server.plan = UNREADABLE
    assert run(server, "--texts", texts, *loop, "--seconds", 0.1) == 1
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert (
        result["wrong"] == result["accepted"] == result["requests"] == len(server.requests) - 3 > 0
    )
    assert result["lost"] == result["errors"] == 0
    assert f"{result['wrong']} wrong, 0 lost, 0 failed" in err


def test_a_response_that_is_not_http_is_lost(
    server: FaultyServer, texts: Path, capsys: pytest.CaptureFixture[str]
):
    server.num_correct = 3
    server.plan = ["correct", "not HTTP"]
    assert run(server, "--texts", texts, "--rate", 40, "--seconds", 0.1) == 1
    result = json.loads(capsys.readouterr().out)
    assert (result["requests"], result["accepted"], result["lost"], result["wrong"]) == (4, 2, 2, 0)
    server.plan = ["not HTTP"]
    server.num_correct = 0
    assert run(server, "--texts", texts) == 1
    assert "no response: the response is not HTTP" in capsys.readouterr().err


@pytest.mark.parametrize("loop", [("--rate", 30), ("--clients", 2)])
def test_an_exception_of_the_load_test_itself_is_raised(
    server: FaultyServer,
    texts: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    loop: tuple[str, int],
):
    def broken(expected: Any, received: Any) -> bool:
        raise AssertionError("own fault")

    monkeypatch.setattr(load_generator, "equal", broken)
    assert run(server, "--texts", texts, *loop, "--seconds", 0.1) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "AssertionError: own fault" in err


def test_expected_predictions_may_come_from_a_file(
    server: FaultyServer, texts: Path, tmp_path: Path
):
    expected = tmp_path / "expected.jsonl"
    rows = ["ONE", "TWO", "", "TWO", "DREI Ü"]
    expected.write_text("".join(json.dumps({"upper": row, "more": 1}) + "\n" for row in rows))
    flags = ("--texts", texts, "--expected", expected, "--rate", 30, "--seconds", 0.1)
    assert run(server, *flags) == 0
    assert len(server.requests) == 3  # No prediction before the load.
    expected.write_text(expected.read_text().replace("TWO", "ZWEI"))
    assert run(server, *flags) == 1


def test_only_lf_and_crlf_end_a_line(server: FaultyServer, tmp_path: Path):
    texts, expected = tmp_path / "texts.txt", tmp_path / "expected.jsonl"
    lines = ["one\u2028two", "three\x0cfour", "five\x85six\rseven", "eight"]
    texts.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    predictions = [json.dumps({"upper": line.upper()}, ensure_ascii=False) for line in lines]
    expected.write_bytes("\n".join([*predictions, ""]).encode())
    flags = ("--texts", texts, "--expected", expected, "--rate", 40, "--seconds", 0.1)
    assert run(server, *flags) == 0
    sent = [text for _, _, body in server.requests for text in body["instances"]]
    assert sorted(sent) == sorted(lines)


def test_an_expected_prediction_that_is_not_json_is_an_error_with_its_line(
    server: FaultyServer, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    expected = tmp_path / "expected.jsonl"
    expected.write_text('{"upper": "ONE"}\nTWO\n')
    assert run(server, "--texts", texts, "--expected", expected) == 1
    assert f"error: {expected}, line 2: is not JSON (" in capsys.readouterr().err


def test_parameters_signature_and_token_are_sent(server: FaultyServer, texts: Path, tmp_path: Path):
    token = tmp_path / "token"
    token.write_text("sesame\n")
    parameters = ("--set", "seed=1", "--set", 'mood="glad"', "--signature", "other")
    flags = ("--texts", texts, "--rate", 9, "--seconds", 0.1, "--token-file", token, *parameters)
    assert run(server, *flags) == 0
    assert server.requests[0] == (
        "/v1/models/uppercase:predict",
        "Bearer sesame",
        {"signature_name": "other", "instances": [{"text": "one", "seed": 1, "mood": "glad"}]},
    )


def test_the_token_is_read_as_the_server_reads_it(
    server: FaultyServer,
    texts: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("NLP_APPS_TOKEN", "sesame")
    assert run(server, "--texts", texts, "--seconds", 0.1) == 0
    assert server.requests[0][1] == "Bearer sesame"
    token = tmp_path / "token"
    token.write_text("sesam\u00e9\n")
    capsys.readouterr()
    assert run(server, "--texts", texts, "--token-file", token) == 2
    assert f"--token-file {token}: must hold one token" in capsys.readouterr().err


def test_an_unknown_flag_is_an_error_that_names_the_help(
    server: FaultyServer, texts: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(server, "--texts", texts, "--tokens", 1) == 2
    message = "unrecognized arguments: --tokens 1\nSee nlp-apps load-test --help\n"
    assert capsys.readouterr().err.endswith(message)


def test_a_wrong_server_or_file_is_an_error(
    server: FaultyServer, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    server.plan = [503]
    assert run(server, "--texts", texts) == 1
    assert "'one': the server responds with status 503" in capsys.readouterr().err
    server.plan = [b"<html>"]
    assert run(server, "--texts", texts) == 1
    assert "'one': the response must hold one prediction: <html>" in capsys.readouterr().err
    assert run(server, "--texts", texts, "--set", "seed") == 2
    assert "--set seed: must be NAME=JSON" in capsys.readouterr().err
    empty = tmp_path / "empty"
    empty.write_text("\n \n")
    assert run(server, "--texts", empty) == 2
    assert "holds no text" in capsys.readouterr().err


@pytest.mark.parametrize(
    "url", ["example.org", "ftp://a:1", "http://", "http://[::1", "http://ä:1"]
)
def test_a_wrong_url_is_an_error(texts: Path, capsys: pytest.CaptureFixture[str], url: str):
    assert load_test.main([url, "m", "--texts", str(texts)]) == 2
    assert f"URL must be http://HOST:PORT, not {url}." in capsys.readouterr().err


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1"])
def test_a_port_must_be_a_number(texts: Path, capsys: pytest.CaptureFixture[str], port: str):
    assert load_test.main([f"http://a:{port}", "m", "--texts", str(texts)]) == 2
    assert f"URL http://a:{port}: the port must be a number from 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flag", "value", "rule"),
    [
        *(
            (flag, value, "at least 1")
            for flag in ("--clients", "--num-texts")
            for value in (0, -1)
        ),
        *(
            (flag, value, "more than 0 and finite")
            for flag in ("--rate", "--seconds")
            for value in (0.0, -3.0, math.nan, math.inf)
        ),
    ],
)
def test_a_number_out_of_range_is_an_error(
    server: FaultyServer,
    texts: Path,
    capsys: pytest.CaptureFixture[str],
    flag: str,
    value: float,
    rule: str,
):
    assert run(server, "--texts", texts, f"{flag}={value}") == 2
    assert f"{flag} must be {rule}, not {value}." in capsys.readouterr().err
    assert not server.requests


def test_floats_may_differ_in_their_last_bits():
    assert equal({"a": 0.12345, "b": "x"}, {"a": 0.123451, "b": "x", "c": 1})
    assert equal([1.0, float("nan")][:1], [1])
    assert not equal({"a": 0.12}, {"a": 0.13})
    assert not equal({"a": 1}, {"b": 1})
    assert not equal(["x"], ["x", "y"])
    assert not equal("x", {"a": "x"})


def test_percentiles_of_the_latencies():
    latencies = [number / 1000 for number in range(100, 0, -1)]
    assert percentile_ms(latencies, 0.5) == 50.0
    assert percentile_ms(latencies, 0.99) == 99.0
    assert percentile_ms(latencies, 1.0) == 100.0
    assert percentile_ms([], 0.5) is None
