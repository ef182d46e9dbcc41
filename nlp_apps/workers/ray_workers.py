"""A group of workers on a Ray cluster, each where Ray has a CPU for it.

Every machine of the cluster needs this package and the files under the same paths, and the current
folder on a file system that all machines share.
"""

import logging
import os
import socket
from collections.abc import Sequence
from typing import Any

from nlp_apps.errors import WorkError, first_line
from nlp_apps.workers.ray_cluster import ray_cluster
from nlp_apps.workers.restarts import SECONDS_TO_END, WorkerEnd, run_again
from nlp_apps.workers.worker_process import WorkerProcess, worker_environment

logger = logging.getLogger(__name__)

PLACE_SECONDS = 60.0
"""Seconds in which the cluster has a CPU for each worker."""

LOST = WorkerEnd(-9, is_killed=True)
"""The end of a worker whose machine does not respond."""


class RayWorker:
    """A process of Ray that starts a worker beside itself.

    Args:
        folder: the current folder of the worker.
    """

    def __init__(self, folder: str):
        os.chdir(folder)

    def address(self) -> str:
        """Returns an address of this machine with a port on which nothing listens."""
        import ray

        host = ray.util.get_node_ip_address()
        with socket.socket() as probe:
            probe.bind((host, 0))
            return f"{host}:{probe.getsockname()[1]}"

    def run(self, words: Sequence[str], addresses: list[str], index: int) -> WorkerEnd:
        """Runs a worker to its end."""
        return WorkerProcess(words, index, worker_environment(addresses, index)).end()


def run_on_ray(words: Sequence[str], count: int, *, address: str | None, restarts: int) -> None:
    """Runs a command in several workers of a cluster.

    Args:
        words: the arguments of `nlp-apps`.
        count: number of workers.
        address: address of a running cluster; None: a new one on this machine.
        restarts: number of times that the group may start again, with `--resume`, after a worker
            was lost.

    Raises:
        NlpAppsError: the cluster cannot be reached or has too few CPUs, a worker failed, or one was
            lost once more than `restarts`.
    """
    with ray_cluster(address, num_cpus=count, flag="--ray", is_shown=True) as ray:
        run_again(lambda words: _run_group(ray, words, count), words, restarts)


def _run_group(ray: Any, words: Sequence[str], count: int) -> dict[int, WorkerEnd]:
    """Runs a group to its end."""
    remote = ray.remote(num_cpus=1, scheduling_strategy="SPREAD")(RayWorker)
    actors = [remote.remote(os.getcwd()) for _ in range(count)]
    try:
        places = [actor.address.remote() for actor in actors]
        ready, _ = ray.wait(places, num_returns=count, timeout=PLACE_SECONDS)
        if len(ready) < count:
            raise WorkError(
                f"--ray: the cluster has no free CPU for {count - len(ready)} of {count} workers."
            )
        addresses = ray.get(places)
        calls = {
            actor.run.remote(words, addresses, index): index for index, actor in enumerate(actors)
        }
        for index, where in enumerate(addresses):
            logger.info("worker %d is at %s", index, where)
        return _wait(ray, calls)
    except ray.exceptions.RayError as error:
        raise WorkError(f"--ray: {first_line(error)}") from None
    finally:
        for actor in actors:
            ray.kill(actor)


def _wait(ray: Any, calls: dict[Any, int]) -> dict[int, WorkerEnd]:
    """Waits until all workers are done, or one has failed and the others have had time to end."""
    ends = {index: LOST for index in calls.values()}
    waiting, timeout = list(calls), None
    while waiting:
        done, waiting = ray.wait(waiting, num_returns=1, timeout=timeout)
        if not done:
            break
        try:
            end = ends[calls[done[0]]] = ray.get(done[0])
        except ray.exceptions.RayError:  # The machine, or Ray's process on it, is gone.
            end = LOST
        if end.exit_code:
            timeout = SECONDS_TO_END
    return ends
