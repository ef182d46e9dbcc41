"""How much the server takes: sizes, rows, seconds, each a flag of `python -m nlp_apps.serve`."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from nlp_apps.errors import UsageError


@dataclass(frozen=True)
class Limits:
    """What one request may bring, and what may wait.

    Attributes:
        max_batch: Rows that one call of a model answers at once.
        max_batch_bytes: Rows of a call times the bytes of its widest row, which is how much padding
            makes of it. A translator's memory grows by up to 16 KB for each of them (measured).
        max_queue: Rows that may wait for one model. At the default a full queue is 8 batches: who
            is let in is answered soon, and the others hear at once that the server is busy.
        max_rows: Rows of one request.
        max_text_bytes: UTF-8 bytes of one text. 16 KiB is a very long film review.
        max_body_bytes: Bytes of a request's body.
        max_requests: Requests that are looked after at once; it bounds the memory of their bodies.
        timeout: Seconds from a request's first byte to its answer.
    """

    max_batch: int = 32
    max_batch_bytes: int = 32 * 1024
    max_queue: int = 256
    max_rows: int = 128
    max_text_bytes: int = 16 * 1024
    max_body_bytes: int = 4 * 1024 * 1024
    max_requests: int = 1024
    timeout: float = 30.0

    def __post_init__(self) -> None:
        """Checks the limits against each other.

        Raises:
            UsageError: one is not positive, or the queue could never take the largest request.
        """
        for name, value in asdict(self).items():
            if not 0 < value < math.inf:
                finite = " and finite" if isinstance(value, float) else ""
                raise UsageError(f"{flag(name)} must be more than 0{finite}, not {value}.")
        if self.max_queue < self.max_rows:
            raise UsageError(
                f"--max-queue must be at least --max-rows ({self.max_rows}), not {self.max_queue}: "
                "the largest request would never be taken."
            )

    def told(self) -> dict[str, Any]:
        """What a client may know: the limits of one request."""
        return {
            "max_rows": self.max_rows,
            "max_text_bytes": self.max_text_bytes,
            "max_body_bytes": self.max_body_bytes,
            "timeout_seconds": self.timeout,
        }


def flag(name: str) -> str:
    """The flag that sets a limit."""
    return "--" + name.replace("_", "-")
