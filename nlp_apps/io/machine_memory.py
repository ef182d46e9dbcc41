"""The memory of this machine, or of the container around this process."""

import contextlib
import ctypes
import os
import sys
from pathlib import Path

_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")

UNKNOWN = 4 << 30
"""Bytes where the system does not report its memory."""


def machine_bytes() -> int:
    """Returns the bytes of memory that this process can use at most."""
    found = UNKNOWN
    with contextlib.suppress(AttributeError, OSError, ValueError):  # Windows has no sysconf
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):  # "max" without a limit
        found = min(found, int(_CONTAINER_LIMIT.read_text(encoding="ascii")))
    return found


def release_free_memory() -> None:
    """Returns unused memory of the C library to the system, on Linux with glibc.

    Compilation leaves hundreds of megabytes of it.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
