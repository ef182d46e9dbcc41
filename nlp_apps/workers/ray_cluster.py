"""The connection to a Ray cluster."""

import logging
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from nlp_apps.errors import UsageError, WorkError, first_line

CONNECT_SECONDS = 10.0
"""Seconds in which the address of a cluster accepts a connection."""


@contextmanager
def ray_cluster(
    address: str | None, *, num_cpus: int, flag: str, is_shown: bool = False
) -> Iterator[Any]:
    """Connects to a cluster for the block.

    Args:
        address: address of a running cluster; None: a new one on this machine.
        num_cpus: number of processes that a new cluster may run at the same time.
        flag: the flag of the address, for errors.
        is_shown: whether the output of processes of the cluster is printed here.

    Yields:
        The module `ray`.

    Raises:
        UsageError: Ray is not installed.
        WorkError: the cluster cannot be reached.
    """
    if find_spec("ray") is None:
        raise UsageError(f"{flag} needs Ray. Run: pip install 'nlp-apps[ray]'")
    if address is not None:
        _require_reachable(address, flag)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # No statistics of the use are sent.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray

        try:
            ray.init(
                address=address or "local",
                num_cpus=num_cpus if address is None else None,
                include_dashboard=False if address is None else None,
                log_to_driver=is_shown,
                logging_level=logging.ERROR,
            )
        except Exception as error:  # Ray has several kinds, also RuntimeError.
            raise _unreachable(address or "local", flag, error) from error
        try:
            yield ray
        finally:
            ray.shutdown()


def _require_reachable(address: str, flag: str) -> None:
    """Checks that a host and port accept connections: Ray itself tries for minutes.

    Raises:
        WorkError: they do not.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():  # such as auto
        return
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise _unreachable(address, flag, error) from error


def _unreachable(address: str, flag: str, error: Exception) -> WorkError:
    return WorkError(
        f"{flag} {address}: cannot be reached ({first_line(error)}). Start the cluster with "
        "`ray start --head`, or pass its address."
    )
