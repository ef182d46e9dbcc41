"""A group of several processes, over the collective operations of `tf.distribute`.

TensorFlow's `MultiWorkerMirroredStrategy` starts a server in each worker, adds up tensors around a
ring, and notices by heartbeats within about ten seconds that a worker is gone. Variables stay
ordinary ones: every worker computes the same update from the same sums.
"""

import json
import os
import re
import signal
import socket
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.errors import UsageError, WorkError, first_line
from nlp_apps.io.process_start import write_line
from nlp_apps.io.stages import stage
from nlp_apps.workers.cluster import Cluster
from nlp_apps.workers.worker_group import LostWorkerError, Value, WorkerGroup

WAIT_VARIABLE = "NLP_APPS_WAIT_SECONDS"
"""Environment variable of the seconds that a worker waits for the others at the start."""

WAIT_SECONDS = 600.0

LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
)
"""Errors of TensorFlow if a worker is gone."""

SMALLEST_MESSAGE = 256
"""Numbers of the shortest message. Lengths are powers of two: few lengths, few functions."""


class CollectiveGroup(WorkerGroup):
    """A group of several processes; see `WorkerGroup` for the methods.

    The object must be created before the first operation of TensorFlow. It waits for all workers.

    Args:
        cluster: the addresses of the workers.

    Raises:
        UsageError: the port of this worker is in use, or the workers know different clusters.
    """

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.index, self.size = cluster.index, len(cluster.addresses)
        _require_free(cluster)
        devices = tf.config.list_physical_devices("GPU")
        if (
            len(devices) > 1
        ):  # Each process uses one device; `nlp-apps launch` sets another for each.
            tf.config.set_visible_devices(devices[:1], "GPU")
        self._options = tf.distribute.experimental.CommunicationOptions(
            implementation=tf.distribute.experimental.CommunicationImplementation.AUTO
        )
        with stage(f"waiting for the {self.size} workers"), _Watch(cluster):
            self._strategy = _start(cluster, self._options)
        _restore_sigterm()
        self._sum = tf.function(self._all_reduce, autograph=False)

    def _all_reduce(self, tensors: list[tf.Tensor]) -> list[tf.Tensor]:
        def reduce(*values: tf.Tensor) -> Any:
            # `identity` puts a value on the device of the worker, which the sum requires.
            here = [tf.identity(value) for value in values]
            context = tf.distribute.get_replica_context()
            return context.all_reduce(tf.distribute.ReduceOp.SUM, here, options=self._options)

        return list(self._strategy.run(reduce, args=tensors))

    def sum(self, tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """Returns the sums over all workers."""
        try:
            return list(self._sum(list(tensors)))
        except LOST as error:
            raise self._lost(str(error)) from None

    def gather(self, value: Value) -> list[Value]:
        """Returns the values of all workers, in their order."""
        message = json.dumps(value).encode()
        lengths = self._gather_numbers(tf.constant([len(message)], tf.int32))
        longest = int(max(lengths[:, 0]))
        padded = SMALLEST_MESSAGE
        while padded < longest:
            padded *= 2
        numbers = np.frombuffer(message.ljust(padded), np.uint8).astype(np.int32)
        found = self._gather_numbers(tf.constant(numbers)).astype(np.uint8)
        return [
            json.loads(row[: int(length)].tobytes())
            for row, (length,) in zip(found, lengths, strict=True)
        ]

    def _gather_numbers(self, numbers: tf.Tensor) -> Any:
        """Gathers numbers: <int32>[N] of each worker -> <int32>[workers, N]."""
        mine = tf.pad(numbers[None], [[self.index, self.size - 1 - self.index], [0, 0]])
        return self.sum([mine])[0].numpy()

    def _lost(self, message: str) -> LostWorkerError:
        """Returns the error of a group that is broken, with the worker that TensorFlow names."""
        for role, task in re.findall(r"/job:(\w+)/(?:replica:\d+/)?task:(\d+)", message):
            index = self.cluster.index_of(role, int(task))
            if index != self.index and index < self.size:
                address = self.cluster.addresses[index]
                return LostWorkerError(f"worker {index} ({address}) was lost, so the group ends.")
        return LostWorkerError(
            f"the connection between the workers was lost ({first_line(Exception(message))}), so "
            "the group ends."
        )


def _start(cluster: Cluster, options: Any) -> Any:
    """Starts the server of this worker and waits for the others."""
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec(dict(cluster.roles)),
        task_type=cluster.role,
        task_id=cluster.task,
        rpc_layer="grpc",
    )
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(resolver, options)
    except tf.errors.InvalidArgumentError as error:
        raise UsageError(
            f"the workers cannot form a group ({first_line(error)}). Do all have the same cluster "
            "in TF_CONFIG?"
        ) from None
    except tf.errors.OpError as error:
        raise LostWorkerError(
            f"the workers cannot form a group: {first_line(error)}. Was one of them stopped?"
        ) from None
    except RuntimeError as error:
        raise WorkError(
            f"the group must be formed before the first operation of TensorFlow ({error}). Train "
            "in a process of its own."
        ) from None


def _restore_sigterm() -> None:
    """Installs the handler of Python again: TensorFlow's server replaces it by one that waits."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))


def _require_free(cluster: Cluster) -> None:
    """Checks that no other process listens on the port of this worker; otherwise TF aborts."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", cluster.port))
        except OSError as error:
            raise UsageError(
                f"port {cluster.port} of worker {cluster.index} cannot be used: {error.strerror}. "
                "Stop the process that listens on it, or choose another port."
            ) from None


class _Watch:
    """Ends this process with a line if the other workers do not come within the block.

    TensorFlow waits in native code, which no exception interrupts.
    """

    def __init__(self, cluster: Cluster):
        self._cluster = cluster
        self._seconds = _wait_seconds()
        self._timer = threading.Timer(self._seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        others = [
            f"worker {index} ({address})"
            for index, address in enumerate(self._cluster.addresses)
            if index != self._cluster.index and not _responds(address)
        ]
        missing = ", ".join(others) or "a worker with another TF_CONFIG"
        write_line(
            f"nlp-apps: error: waited {self._seconds:.0f} s for {missing}. Start every worker with "
            f"the same cluster; {WAIT_VARIABLE} sets the time."
        )
        os._exit(WorkError.exit_code)


def _wait_seconds() -> float:
    text = os.environ.get(WAIT_VARIABLE, "")
    try:
        seconds = float(text or WAIT_SECONDS)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= threading.TIMEOUT_MAX:
        raise UsageError(f"{WAIT_VARIABLE} must be a number of seconds, received {text!r}.")
    return seconds


def _responds(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=2.0).close()
    except OSError:
        return False
    return True
