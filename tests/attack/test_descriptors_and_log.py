"""File descriptors that run out, and messages that fill or forge the log.

Version 0.1.0 wrote 36 MB in 11 seconds when its file descriptors ran out.
"""

import contextlib
import json
import re
from pathlib import Path

from tests.attack.attacked_server import attacked, exchange, until

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO|WARNING|ERROR) [ -~]+|    [ -~]*")


def test_few_descriptors_bound_the_connections_and_the_log(tmp_path: Path):
    with attacked(tmp_path, descriptors=128) as server, contextlib.ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(server.connect())
        for _ in range(5):
            assert server.predict().status == 200
        until(lambda: server.num_descriptors() < 128)
        log = server.log.read_text()
    assert "at most 32 connections instead of --max-connections 1024" in log
    assert len(log) < 20_000


def test_wrong_requests_do_not_fill_the_log(tmp_path: Path):
    with attacked(tmp_path) as server:
        for _ in range(300):
            assert exchange(server, b"\x1b[31mwrong\x00\r\n\r\n")[0] == 400
        log = server.log.read_text()
    assert log.count("Malformed HTTP request") <= 20
    assert all(LINE.fullmatch(line) for line in log.splitlines())


def test_names_of_files_forge_no_line(tmp_path: Path):
    folder = tmp_path / "models" / "bad\n2026-01-01 INFO forged\x1b[2J"  # A name has no colon.
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "saved_model.pb").touch()
    with attacked(tmp_path) as server:
        until(lambda: "bad" in server.log.read_text())
        log = server.log.read_text()
    assert all(LINE.fullmatch(line) for line in log.splitlines()), log
    assert not [line for line in log.splitlines() if line.startswith("2026-01-01")]
    assert "\x1b" not in log and "\\x1b[2J" in log


def test_the_log_as_json_has_one_object_per_line(tmp_path: Path):
    with attacked(tmp_path, "--log-format", "json") as server:
        exchange(server, b"wrong\r\n\r\n")
        until(lambda: "Malformed" in server.log.read_text())
        records = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert all(record.keys() >= {"time", "level", "logger", "message"} for record in records)
    assert {record["level"] for record in records} == {"INFO", "WARNING"}
