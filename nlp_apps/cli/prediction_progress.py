"""The progress of predict: share of the input, lines, lines per second, time left."""

import time

from nlp_apps.cli.input_position import InputPosition
from nlp_apps.io.stages import Stage
from nlp_apps.training.time_left import duration

OFTEN_SECONDS = 60.0
"""Seconds after which lines without a terminal become rarer."""

SECONDS_BETWEEN_LINES = 60.0
"""Seconds between two such lines."""


class PredictionProgress(Stage):
    """Shows a bar, or lines without a terminal; its count is in bytes of the input.

    Args:
        position: the reader of the input, at its start.
        size: bytes of the input; None: unknown.

    Attributes:
        lines: number of lines that this process finished.
        seconds: time since the model was loaded.
    """

    def __init__(self, position: InputPosition, size: int | None):
        share = "{percentage:3.0f}% |{bar}| " if size else ""
        super().__init__(
            "predicting",
            total=size or None,
            done=position.bytes,
            bar_format=f"{{desc}}: {share}{{elapsed}}{{postfix}}",
        )
        self.status = "loading the model"
        self.lines, self.seconds = 0, 0.0
        self._position = position
        self._first_line, self._first_byte = position.lines, position.bytes
        self._marked_bytes = position.bytes
        self._share = 0.0
        self._loaded: float | None = None

    def update_mark(self) -> None:
        """Shows that everything that was read is predicted and written."""
        if self._loaded is None:
            self._loaded = time.monotonic()
        self.lines = self._position.lines - self._first_line
        self._marked_bytes, self._share = self._position.bytes, 0.0
        self._update(self.lines)

    def update_part(self, share: float) -> None:
        """Shows that a share of the texts after the last mark is predicted."""
        self._share = max(self._share, share)
        read_lines = self._position.lines - self._first_line
        self._update(self.lines + int(self._share * (read_lines - self.lines)))

    def _update(self, lines: int) -> None:
        ahead = self._position.bytes - self._marked_bytes
        self.count = self._marked_bytes + int(self._share * ahead)
        self.seconds = time.monotonic() - (self._loaded or time.monotonic())
        parts = [f"{(total := self._first_line + lines):,} line{'s' if total != 1 else ''}"]
        if lines and self.seconds >= 1.0:
            parts.append(f"{speed(lines, self.seconds)} lines/s")
            if self.total:
                num_left = max(0, self.total - self.count)
                seconds = num_left * self.seconds / max(1, self.count - self._first_byte)
                parts.append(f"{duration(seconds)} left")
        self.status = ", ".join(parts)
        if self.seconds >= OFTEN_SECONDS:
            self.seconds_between_lines = SECONDS_BETWEEN_LINES


def speed(lines: int, seconds: float) -> str:
    """Formats lines per second with at least two digits."""
    rate = lines / max(seconds, 1e-6)
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"
