"""The process: models, requests, and a stop that loses nothing."""

import asyncio
import contextlib
import gc
import logging
import math
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf
import uvicorn

from nlp_apps.server.app import create_app
from nlp_apps.server.http_protocol import BoundedProtocol
from nlp_apps.server.limits import Limits
from nlp_apps.server.middleware import App
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry

_KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than the 60 that balancers usually have, so
that none of them sends a request into a connection that is being closed."""

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
) -> None:
    """Serves a folder of models until SIGTERM or SIGINT.

    Args:
        folder: holds NAME/VERSION folders.
        listener: a bound socket.
        limits: of requests, batches and queues.
        token: what requests must bear.
        poll: seconds between two looks at the folder.
        threads: of one operation of TensorFlow; None: one for each core.
        node_modules: where npm put LiteRT.js; None: beside the page that needs it.
    """
    if threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
    metrics = Metrics()
    models = ModelRegistry(folder, limits, metrics)
    app = create_app(models, limits, metrics, token, node_modules=node_modules)
    server = Server(app, limits)
    # What is imported stays: the collections after an unloaded version need not look through it,
    # for which they would stop all requests for half a second.
    gc.collect()
    gc.freeze()
    models.start(poll)
    try:
        server.run([listener])
    finally:
        models.stop()


class Server(uvicorn.Server):
    """Uvicorn, with a stop by signal that ends in exit code 0."""

    def __init__(self, app: App, limits: Limits) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=BoundedProtocol,
                log_config=None,
                log_level="warning",
                access_log=False,  # /metrics counts; texts of users belong in no log.
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

        Uvicorn's own raises the signal again when all is done, which would end the process by it.
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
        if not self.should_exit:
            _log.info("stopping: what was accepted is answered first")
        self.handle_exit(number, None)
