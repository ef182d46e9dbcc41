"""Tests of nlp_apps.server.log_lines."""

import json
import logging
import re

from nlp_apps.server.log_lines import BURST, PERIOD, JsonLine, RateLimit, TextLine


def record(message: str, level: int = logging.WARNING, line: int = 1) -> logging.LogRecord:
    return logging.LogRecord("nlp_apps.x", level, "x.py", line, message, None, None)


def test_a_line_has_time_level_and_message_without_control_characters():
    line = TextLine().format(record("a\nb\x1b[2Jé\u202e\udc80"))
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z WARNING a\\nb\\x1b\[2Jé\\u202e\\udc80", line
    )
    assert len(TextLine().format(record("x" * 10_000))) < 5000


def test_a_traceback_is_indented():
    made = record("failed", logging.ERROR)
    try:
        raise ValueError("a\x1b\n2026 INFO forged")
    except ValueError as error:
        made.exc_info = (ValueError, error, error.__traceback__)
    lines = TextLine().format(made).splitlines()
    assert all(line.startswith("    ") for line in lines[1:])
    assert "\x1b" not in "".join(lines)
    found = json.loads(JsonLine().format(made))
    assert found.keys() == {"time", "level", "logger", "message", "traceback"}


def test_warnings_of_one_place_are_limited_and_counted():
    now = 0.0
    limit = RateLimit(lambda: now)
    passed = [limit.filter(record("w")) for _ in range(BURST + 5)]
    assert passed == [True] * BURST + [False] * 5
    assert limit.filter(record("another place", line=2))
    assert all(limit.filter(record("info", logging.INFO)) for _ in range(100))
    now = PERIOD
    again = record("w")
    assert limit.filter(again)
    assert TextLine().format(again).endswith("w (5 more like this were not logged)")
