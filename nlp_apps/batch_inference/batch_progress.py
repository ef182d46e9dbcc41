"""The progress of a run: rows, rows per second, time left."""

import time

from nlp_apps.cli.prediction_progress import OFTEN_SECONDS, SECONDS_BETWEEN_LINES, speed
from nlp_apps.io.stages import Stage
from nlp_apps.training.time_left import duration


class BatchProgress(Stage):
    """Shows a bar, or lines without a terminal.

    Args:
        num_rows: rows of the input.
        num_done: rows that an earlier process predicted.
    """

    def __init__(self, num_rows: int, num_done: int):
        super().__init__("predicting", total=num_rows, unit="rows", done=num_done)
        self.status = "loading the model"
        self._first, self._finished = num_done, num_done
        self._parts: dict[int, int] = {}
        self._loaded = time.monotonic()

    def start(self) -> None:
        """Starts the clock: the model is loaded."""
        self._loaded = time.monotonic()
        self.status = ""

    def update(self, shard: int, num_rows: int) -> None:
        """Shows that a part of a shard is predicted."""
        self._parts[shard] = num_rows
        self._update()

    def finish(self, shard: int, num_rows: int) -> None:
        """Shows that a shard is finished."""
        self._parts.pop(shard, None)
        self._finished += num_rows
        self._update()

    def _update(self) -> None:
        self.count = self._finished + sum(self._parts.values())
        seconds = time.monotonic() - self._loaded
        predicted = self.count - self._first
        if predicted > 0 and seconds >= 1.0:
            left = ((self.total or 0) - self.count) * seconds / predicted
            self.status = f"{speed(predicted, seconds)} rows/s, {duration(left)} left"
        if seconds >= OFTEN_SECONDS:
            self.seconds_between_lines = SECONDS_BETWEEN_LINES
