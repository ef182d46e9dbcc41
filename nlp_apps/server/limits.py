"""Limits of requests and queues: rows, bytes, seconds. Each is a flag of `nlp-apps serve`."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from nlp_apps.errors import UsageError

LOADER = "nlp_apps-loader"
"""Name of the threads that load models. This module is light: `nlp_apps.serve` reads it."""


@dataclass(frozen=True)
class Limits:
    """Limits of requests, batches and queues.

    Attributes:
        max_batch: Rows of one model call.
        max_batch_bytes: Rows of a call times the bytes of its widest row, to which the others are
            padded, and of the text that it may generate. The memory of a translator grows by up to
            16 KB for each of them (measured).
        max_queue: Rows that may wait in a lane of a model. The default is 8 full batches: an
            accepted request is soon computed, and others learn at once that the server is busy.
        max_rows: Rows of one request.
        max_text_bytes: UTF-8 bytes of one text. 16 KiB is a very long film review.
        max_body_bytes: Bytes of a request body.
        max_requests: Concurrent predict requests.
        max_memory: Bytes of all bodies, their arrays and unsent predictions together.
        max_connections: Open connections.
        max_connections_per_address: Open connections of one IPv4 address or one IPv6 network (/64).
        timeout: Seconds from the request head to the response.
        head_timeout: Seconds in which a new connection must send its first request head, and an
            open one the rest of a head.
        write_timeout: Seconds in which a client must read 64 KiB of a response, or its rest.
    """

    max_batch: int = 32
    max_batch_bytes: int = 16 * 1024
    max_queue: int = 256
    max_rows: int = 128
    max_text_bytes: int = 16 * 1024
    max_body_bytes: int = 4 * 1024 * 1024
    max_requests: int = 1024
    max_memory: int = 256 * 1024 * 1024
    max_connections: int = 1024
    max_connections_per_address: int = 512
    timeout: float = 30.0
    head_timeout: float = 20.0
    write_timeout: float = 30.0

    def __post_init__(self) -> None:
        """Checks the limits.

        Raises:
            UsageError: a limit is not positive, or the largest request never fits into the queue.
        """
        for name, value in asdict(self).items():
            if not 0 < value < math.inf:
                finite = " and finite" if isinstance(value, float) else ""
                raise UsageError(f"{flag(name)} must be more than 0{finite}, not {value}.")
        if self.max_queue < self.max_rows:
            raise UsageError(
                f"--max-queue must be at least --max-rows ({self.max_rows}), not {self.max_queue}: "
                "the largest request would never fit."
            )
        if self.max_memory < 2 * self.max_body_bytes:
            raise UsageError(
                f"--max-memory must be at least twice --max-body-bytes ({self.max_body_bytes}), "
                f"not {self.max_memory}: the largest request would never fit."
            )

    def to_dict(self) -> dict[str, Any]:
        """Returns the limits of one request, for clients."""
        return {
            "max_rows": self.max_rows,
            "max_text_bytes": self.max_text_bytes,
            "max_body_bytes": self.max_body_bytes,
            "timeout_seconds": self.timeout,
        }


def flag(name: str) -> str:
    """Returns the flag of a limit: `--max-batch` for `max_batch`."""
    return "--" + name.replace("_", "-")
