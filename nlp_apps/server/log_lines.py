"""Log lines on stderr: time, level and message, as text or JSON, a bounded number of each.

Names of models and bytes of requests are part of messages. A control character in them is escaped:
it could forge a line or change the colours of a terminal.
"""

import json
import logging
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

from nlp_apps.io.printable import escape

FORMATS = ("text", "json")

LOGGERS = ("nlp_apps", "uvicorn", "asyncio")
"""Loggers whose records are written, with those below them."""

MAX_CHARACTERS = 4096
"""Maximum characters of a message or traceback."""

BURST = 20
"""Warnings of one place in the code within `PERIOD`; further ones are counted. Infos are not
limited: no request causes one."""

PERIOD = 60.0
"""Seconds until the next `BURST` warnings are written."""


def install(form: str) -> None:
    """Writes the records of the server and its libraries on stderr, in place of other handlers.

    Args:
        form: one of `FORMATS`.
    """
    handler = _ToStderr()
    handler.setFormatter(JsonLine() if form == "json" else TextLine())
    handler.addFilter(RateLimit())
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False


class _ToStderr(logging.Handler):
    """A handler that writes to the current `sys.stderr`, and ends silently when it is closed."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record in one call, so that lines of two threads do not mix."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):  # Full or closed: a server without a log still serves.
            pass


class TextLine(logging.Formatter):
    """`TIME LEVEL MESSAGE`; a traceback follows in indented lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the lines of a record."""
        lines = [f"{_time(record)} {record.levelname} {_message(record)}"]
        lines += [f"    {escape(line)}" for line in _traceback(record).splitlines()]
        return "\n".join(lines)


class JsonLine(logging.Formatter):
    """One JSON object per line: time, level, logger, message; traceback after an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line of a record."""
        found = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        if record.exc_info:
            found["traceback"] = _traceback(record)
        return json.dumps(found)


class RateLimit(logging.Filter):
    """Passes at most `BURST` warnings and errors of each place in the code in `PERIOD` seconds.

    The first record after a period has the number of dropped ones of its place.

    Args:
        clock: returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._counts: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Returns whether a record is written; adds the number of dropped ones to it."""
        if record.levelno < logging.WARNING:
            return True
        place = (record.pathname, record.lineno)
        now = self._clock()
        started, count = self._counts.get(place, (now, 0))
        if now - started >= PERIOD:
            record.dropped = max(0, count - BURST)
            started, count = now, 0
        self._counts[place] = (started, count + 1)
        return count < BURST


def _message(record: logging.LogRecord) -> str:
    """Returns the message of a record in one line."""
    message = escape(_shortened(record.getMessage().rstrip("\n")))
    dropped = getattr(record, "dropped", 0)
    return f"{message} ({dropped:,} more like this were not logged)" if dropped else message


def _traceback(record: logging.LogRecord) -> str:
    """Returns the end of a record's traceback; "" without an exception."""
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    return "".join(traceback.format_exception(record.exc_info[1]))[-MAX_CHARACTERS:]


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 3] + "..."


def _time(record: logging.LogRecord) -> str:
    """Returns the time of a record in UTC: 2026-01-31T12:00:00.000Z."""
    made = datetime.fromtimestamp(record.created, UTC)
    return f"{made:%Y-%m-%dT%H:%M:%S}.{made.microsecond // 1000:03}Z"
