"""A warning that many lines of an input may have."""

import logging

logger = logging.getLogger(__name__)

MAX_WARNINGS = 10
"""Lines that are named; the others are counted."""


class LineWarnings:
    """Logs a warning for the first `MAX_WARNINGS` lines, and at the end the number of the others.

    Args:
        place: "line" or "TEXT".
        message: the warning.
    """

    def __init__(self, place: str, message: str):
        self._place, self._message = place, message
        self._count = 0

    def add(self, number: int) -> None:
        """Counts a line, and logs the warning if it is among the first."""
        self._count += 1
        if self._count <= MAX_WARNINGS:
            logger.warning("%s %d: %s", self._place, number, self._message)

    def close(self) -> None:
        """Logs the number of lines that were not named."""
        if (others := self._count - MAX_WARNINGS) > 0:
            logger.warning("%d more with the same warning: %s", others, self._message)
        self._count = 0
