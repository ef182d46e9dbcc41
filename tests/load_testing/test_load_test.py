"""Tests of the load generator, on a server that fails on request."""

import json
import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.load_testing import command, load_generator
from nlp_apps.load_testing.load_generator import percentile_ms, same


class Liar(ThreadingHTTPServer):
    """Answers in capitals, a number of requests rightly and then as its plan says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan: list[Any] = []
        self.right = 0
        self.asked: list[Any] = []
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: that a client hangs up is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    """One connection to the liar."""

    protocol_version = "HTTP/1.1"
    server: Liar

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append((self.path, self.headers.get("Authorization"), body))
            number = len(self.server.asked) - self.server.right - 1
            plan = self.server.plan
            step = plan[number % len(plan)] if plan and number >= 0 else "right"
        if step in ("lost", "no HTTP"):
            self.close_connection = True
            self.wfile.write(b"" if step == "lost" else b"?\r\n\r\n")
            return
        row = body["instances"][0]
        text = row if isinstance(row, str) else row["text"]
        answer = {"predictions": [{"upper": "?" if step == "wrong" else text.upper(), "p": 0.1}]}
        data = step if isinstance(step, bytes) else json.dumps(answer).encode()
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
def server() -> Iterator[Liar]:
    server = Liar()
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


def run(server: Liar, *words: Any) -> int:
    url = f"http://127.0.0.1:{server.server_address[1]}"
    return command.main([url, "shout", "--json", *map(str, words)])


def test_the_closed_loop_counts_right_answers(
    server: Liar, texts: Path, capsys: pytest.CaptureFixture[str]
):
    server.plan = ["right", "chunks"]
    assert run(server, "--texts", texts, "--clients", 3, "--seconds", 0.3) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["accepted"] == told["requests"] == len(server.asked) - 3 >= 3
    assert told["wrong"] == told["lost"] == told["errors"] == told["refused"] == 0
    assert 0 < told["p50_ms"] <= told["p99_ms"] <= told["max_ms"]
    alone = [body["instances"] for _, _, body in server.asked[:3]]
    assert alone == [["one"], ["two"], ["drei ü"]]


def test_the_open_loop_keeps_its_rate(
    server: Liar, texts: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(server, "--texts", texts, "--rate", 50, "--seconds", 0.5) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["requests"] == told["accepted"] == 25
    assert told["seconds"] >= 0.48


def test_wrong_lost_refused_and_failed_answers_are_told_apart(
    server: Liar, texts: Path, capsys: pytest.CaptureFixture[str]
):
    server.right = 3
    server.plan = ["right", "wrong", 503, "right", 429, 504, 500, "lost"]
    assert run(server, "--texts", texts, "--rate", 80, "--seconds", 0.2) == 1
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["requests"] == 16
    assert told["accepted"] == 6
    assert told["wrong"] == 2
    assert told["refused"] == 4
    assert told["refused_share"] == 0.25
    assert told["timed_out"] == 2
    assert told["errors"] == 2
    assert told["lost"] == 2
    assert err == "nlp-apps: error: 2 wrong, 2 lost, 2 failed answers.\n"


UNREADABLE = [
    *(b"", b"<html>", b'"text"', b"[]", b"{}", b"\xff", b"[" * 100_000),
    *(b'{"predictions": []}', b'{"predictions": null}', b'{"predictions": [1, 1]}'),
    b'{"predictions": [{"upper": "ONE", "p": 1' + b"0" * 400 + b"}]}",
]


@pytest.mark.parametrize("loop", [("--rate", 110), ("--clients", 2)])
def test_an_answer_that_cannot_be_read_is_wrong(
    server: Liar, texts: Path, capsys: pytest.CaptureFixture[str], loop: tuple[str, int]
):
    server.right = 3
    server.plan = UNREADABLE
    assert run(server, "--texts", texts, *loop, "--seconds", 0.1) == 1
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["wrong"] == told["accepted"] == told["requests"] == len(server.asked) - 3 > 0
    assert told["lost"] == told["errors"] == 0
    assert err == f"nlp-apps: error: {told['wrong']} wrong, 0 lost, 0 failed answers.\n"


def test_what_is_no_http_is_lost(server: Liar, texts: Path, capsys: pytest.CaptureFixture[str]):
    server.right = 3
    server.plan = ["right", "no HTTP"]
    assert run(server, "--texts", texts, "--rate", 40, "--seconds", 0.1) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["requests"], told["accepted"], told["lost"], told["wrong"]) == (4, 2, 2, 0)
    server.plan = ["no HTTP"]
    server.right = 0
    assert run(server, "--texts", texts) == 1
    assert "gives no answer: what comes is no HTTP" in capsys.readouterr().err


@pytest.mark.parametrize("loop", [("--rate", 30), ("--clients", 2)])
def test_nothing_that_fails_on_our_side_is_dropped(
    server: Liar,
    texts: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    loop: tuple[str, int],
):
    def broken(expected: Any, got: Any) -> bool:
        raise AssertionError("our fault")

    monkeypatch.setattr(load_generator, "same", broken)
    assert run(server, "--texts", texts, *loop, "--seconds", 0.1) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "unexpected error: AssertionError: our fault" in err


def test_expected_answers_may_come_from_a_file(server: Liar, texts: Path, tmp_path: Path):
    expected = tmp_path / "expected.jsonl"
    rows = ["ONE", "TWO", "", "TWO", "DREI Ü"]
    expected.write_text("".join(json.dumps({"upper": row, "more": 1}) + "\n" for row in rows))
    flags = ("--texts", texts, "--expected", expected, "--rate", 30, "--seconds", 0.1)
    assert run(server, *flags) == 0
    assert len(server.asked) == 3  # Nothing was asked before.
    expected.write_text(expected.read_text().replace("TWO", "ZWEI"))
    assert run(server, *flags) == 1


def test_only_lf_and_crlf_end_a_line(server: Liar, tmp_path: Path):
    texts, expected = tmp_path / "texts.txt", tmp_path / "expected.jsonl"
    lines = ["one\u2028two", "three\x0cfour", "five\x85six\rseven", "eight"]
    texts.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    answers = [json.dumps({"upper": line.upper()}, ensure_ascii=False) for line in lines]
    expected.write_bytes("\n".join([*answers, ""]).encode())
    flags = ("--texts", texts, "--expected", expected, "--rate", 40, "--seconds", 0.1)
    assert run(server, *flags) == 0
    asked = [text for _, _, body in server.asked for text in body["instances"]]
    assert sorted(asked) == sorted(lines)


def test_expected_answers_that_are_no_json_are_told_by_their_line(
    server: Liar, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    expected = tmp_path / "expected.jsonl"
    expected.write_text('{"upper": "ONE"}\nTWO\n')
    assert run(server, "--texts", texts, "--expected", expected) == 1
    assert f"error: {expected}, line 2: is not JSON (" in capsys.readouterr().err


def test_knobs_signature_and_token_are_sent(server: Liar, texts: Path, tmp_path: Path):
    token = tmp_path / "token"
    token.write_text("sesame\n")
    knobs = ("--set", "seed=1", "--set", 'mood="glad"', "--signature", "knobs")
    flags = ("--texts", texts, "--rate", 9, "--seconds", 0.1, "--token-file", token, *knobs)
    assert run(server, *flags) == 0
    assert server.asked[0] == (
        "/v1/models/shout:predict",
        "Bearer sesame",
        {"signature_name": "knobs", "instances": [{"text": "one", "seed": 1, "mood": "glad"}]},
    )


def test_the_token_is_read_as_the_server_reads_it(
    server: Liar,
    texts: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("NLP_APPS_TOKEN", "sesame")
    assert run(server, "--texts", texts, "--seconds", 0.1) == 0
    assert server.asked[0][1] == "Bearer sesame"
    token = tmp_path / "token"
    token.write_text("sesam\u00e9\n")
    capsys.readouterr()
    assert run(server, "--texts", texts, "--token-file", token) == 2
    assert f"--token-file {token}: must hold one token: printable ASCII" in capsys.readouterr().err


def test_a_wrong_flag_is_told_in_two_lines(
    server: Liar, texts: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(server, "--texts", texts, "--tokens", 1) == 2
    told = "nlp-apps: error: unrecognized arguments: --tokens 1\n"
    assert capsys.readouterr().err == told + "See nlp-apps load-test --help\n"


def test_what_is_wrong_with_the_command_is_told(
    server: Liar, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    server.plan = [503]
    assert run(server, "--texts", texts) == 1
    assert "the server answers 503 to 'one'" in capsys.readouterr().err
    server.plan = [b"<html>"]
    assert run(server, "--texts", texts) == 1
    assert "answer to 'one' has not one prediction: <html>" in capsys.readouterr().err
    assert run(server, "--texts", texts, "--set", "seed") == 2
    assert "--set seed: must be NAME=JSON" in capsys.readouterr().err
    empty = tmp_path / "empty"
    empty.write_text("\n \n")
    assert run(server, "--texts", empty) == 2
    assert "holds no text" in capsys.readouterr().err


@pytest.mark.parametrize(
    "url", ["example.org", "ftp://a:1", "http://", "http://[::1", "http://ä:1"]
)
def test_an_address_must_be_one_of_a_server(
    texts: Path, capsys: pytest.CaptureFixture[str], url: str
):
    assert command.main([url, "m", "--texts", str(texts)]) == 2
    told = f"nlp-apps: error: URL must be http://HOST:PORT, not {url}.\n"
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1"])
def test_a_port_must_be_a_number(texts: Path, capsys: pytest.CaptureFixture[str], port: str):
    assert command.main([f"http://a:{port}", "m", "--texts", str(texts)]) == 2
    told = f"URL http://a:{port}: the port must be a number from 1 to 65535."
    assert capsys.readouterr().err == f"nlp-apps: error: {told}\n"


@pytest.mark.parametrize(
    ("flag", "value", "rule"),
    [
        *(
            (flag, value, "at least 1")
            for flag in ("--clients", "--num-texts")
            for value in (0, -1)
        ),
        *(
            (flag, value, "a number more than 0")
            for flag in ("--rate", "--seconds")
            for value in (0.0, -3.0, math.nan, math.inf)
        ),
    ],
)
def test_a_load_must_be_some_and_end(
    server: Liar,
    texts: Path,
    capsys: pytest.CaptureFixture[str],
    flag: str,
    value: float,
    rule: str,
):
    assert run(server, "--texts", texts, f"{flag}={value}") == 2
    assert capsys.readouterr().err == f"nlp-apps: error: {flag} must be {rule}, not {value}.\n"
    assert not server.asked


def test_numbers_may_differ_in_their_last_bits():
    assert same({"a": 0.12345, "b": "x"}, {"a": 0.123451, "b": "x", "c": 1})
    assert same([1.0, float("nan")][:1], [1])
    assert not same({"a": 0.12}, {"a": 0.13})
    assert not same({"a": 1}, {"b": 1})
    assert not same(["x"], ["x", "y"])
    assert not same("x", {"a": "x"})


def test_percentiles_are_those_of_the_sorted_latencies():
    latencies = [number / 1000 for number in range(100, 0, -1)]
    assert percentile_ms(latencies, 0.5) == 50.0
    assert percentile_ms(latencies, 0.99) == 99.0
    assert percentile_ms(latencies, 1.0) == 100.0
    assert percentile_ms([], 0.5) is None
