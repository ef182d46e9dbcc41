"""File descriptors: raises the process's limit, and derives the number of connections from it."""

import contextlib
import logging
import resource

from nlp_apps.errors import WorkError

_RESERVED = 64
"""Descriptors for TensorFlow, models, logs and connections that are being refused."""

_PER_CONNECTION = 2
"""A connection, and the file that is sent over it."""

_log = logging.getLogger(__name__)


def max_connections(wanted: int, protocols: int = 1) -> int:
    """Raises the soft limit of file descriptors as far as `wanted` connections need.

    Args:
        wanted: connections over each protocol.
        protocols: number of protocols, REST and gRPC.

    Returns:
        The connections that the limit has descriptors for, at most `wanted`. Fewer are logged.

    Raises:
        WorkError: there are descriptors for no connection.
    """
    per_connection = _PER_CONNECTION * protocols
    needed = wanted * per_connection + _RESERVED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        with contextlib.suppress(OSError, ValueError):  # macOS has a lower limit of its own.
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    found = (soft - _RESERVED) // per_connection
    if found < 1:
        raise WorkError(
            f"this process may open {soft} files, too few. Raise the limit: ulimit -n {needed}"
        )
    _log.warning(
        "at most %d connections instead of --max-connections %d: this process may open %d files. "
        "Raise the limit: ulimit -n %d",
        found,
        wanted,
        soft,
        needed,
    )
    return found
