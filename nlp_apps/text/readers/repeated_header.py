"""Header lines inside a table, as in files that were joined."""

import logging

from nlp_apps.text.readers.text_file import TextFile

logger = logging.getLogger(__name__)


class RepeatedHeader:
    """Counter of the header lines inside a table, which are no rows.

    Args:
        file: the file.
    """

    def __init__(self, file: TextFile) -> None:
        self._file = file
        self._first = self._count = 0

    def add(self, number: int) -> None:
        """Counts a header line; `number` is that of its line."""
        self._first = self._first or number
        self._count += 1

    def log(self) -> None:
        """Logs a warning if there is such a line."""
        if self._count:
            logger.warning(
                "%s: the header line again; skipped (%d in the file).",
                self._file.location(self._first),
                self._count,
            )
