"""The server process: starts models and HTTP, and stops without losing an accepted request."""

import asyncio
import contextlib
import gc
import logging
import math
import signal
import socket
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import tensorflow as tf
import uvicorn

from nlp_apps.server.app import create_app
from nlp_apps.server.http_protocol import LimitedProtocol
from nlp_apps.server.limits import Limits
from nlp_apps.server.loaded_model import load
from nlp_apps.server.middleware import App
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry

_KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than the 60 of most load balancers, so that
none of them sends a request into a connection that is being closed."""

_log = logging.getLogger(__name__)


def serve(
    folder: Path,
    listener: socket.socket,
    limits: Limits,
    *,
    token: str | None = None,
    poll: float = 2.0,
    threads: int | None = None,
    node_modules: Path | None = None,
    trust: bool = False,
) -> None:
    """Serves a folder of models until SIGTERM or SIGINT.

    Args:
        folder: holds NAME/VERSION folders.
        listener: a bound socket.
        limits: limits of requests, batches and queues.
        token: bearer token that requests must send; None: no token.
        poll: seconds between two scans of the folder.
        threads: threads of one TensorFlow operation; None: one per core.
        node_modules: folder with LiteRT.js from npm; None: the one beside the page.
        trust: load SavedModels without a check of their operations.
    """
    if threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
    metrics = Metrics()
    registry = ModelRegistry(folder, limits, metrics, partial(load, trust=trust))
    app = create_app(registry, limits, metrics, token, node_modules=node_modules)
    server = Server(app, limits)
    # Imported objects are never collected. Scanning them after an unload would block all requests
    # for half a second.
    gc.collect()
    gc.freeze()
    registry.start(poll)
    try:
        server.run([listener])
    finally:
        registry.stop()


class Server(uvicorn.Server):
    """Uvicorn's server, whose stop by a signal ends with exit code 0."""

    def __init__(self, app: App, limits: Limits) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=LimitedProtocol,
                log_config=None,
                log_level="warning",
                access_log=False,  # /metrics has the counts; texts of users belong in no log.
                lifespan="off",
                ws="none",
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=math.ceil(limits.timeout) + 1,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stops at SIGTERM and SIGINT; a second SIGINT stops at once.

        Uvicorn's own method raises the signal again at the end, which would kill the process.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def _stop(self, number: int) -> None:
        """Handles a signal."""
        if not self.should_exit:
            _log.info("stopping: accepted requests are completed first")
        self.handle_exit(number, None)
