"""The server process: starts models and HTTP, and stops without losing an accepted request."""

import asyncio
import contextlib
import gc
import logging
import math
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tensorflow as tf
import uvicorn

from nlp_apps.server.app import create_app
from nlp_apps.server.connection_table import ConnectionTable
from nlp_apps.server.file_descriptors import max_connections
from nlp_apps.server.http_protocol import LimitedProtocol
from nlp_apps.server.limits import Limits
from nlp_apps.server.loaded_model import load
from nlp_apps.server.middleware import App
from nlp_apps.server.model_config import ModelConfig
from nlp_apps.server.predictions import Predictions
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry

if TYPE_CHECKING:
    from nlp_apps.server.grpc_service import GrpcService

_KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than the 60 of most load balancers, so that
none of them sends a request into a connection that is being closed."""

_ACCEPT_BATCH = 16
"""Connections that are accepted before the bounds are applied to them, and tries of one accept
without a free file descriptor, each of which asyncio logs."""

_BACKLOG = 1024
"""Connections that wait in the kernel to be accepted."""

_READY_POLL = 0.05
"""Seconds between two checks of `wait_for_models`."""

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
    config: Mapping[str, ModelConfig] | None = None,
    allowed_hosts: Sequence[str] = (),
    trust: bool = False,
    grpc_listener: socket.socket | None = None,
    wait_for_models: bool = False,
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
        config: models with their folders, policies and labels; None: those of `folder`.
        allowed_hosts: host names of this server, besides localhost and IP addresses.
        trust: load SavedModels without a check of their operations.
        grpc_listener: a bound socket whose address gRPC takes over; None: no gRPC.
        wait_for_models: refuse connections until the first scan is done and a model is active.

    Raises:
        WorkError: the process may open too few files, or gRPC cannot listen.
    """
    if threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
    metrics = Metrics()
    registry = ModelRegistry(folder, limits, metrics, partial(load, trust=trust), config=config)
    predictions = Predictions(registry, limits, metrics)
    app = create_app(
        registry,
        limits,
        metrics,
        token,
        node_modules=node_modules,
        allowed_hosts=allowed_hosts,
        predictions=predictions,
    )
    service = None
    if grpc_listener is not None:
        from nlp_apps.server.grpc_service import GrpcService  # Of the extra `grpc`.

        service = GrpcService(predictions, token, grpc_listener)
    server = Server(app, limits, service)
    protocols = 1 if service is None else 2
    server.table.lower(max_connections(limits.max_connections, protocols))
    # Imported objects are never collected. Scanning them after an unload would block all requests
    # for half a second.
    gc.collect()
    gc.freeze()
    registry.start(poll)
    try:
        while wait_for_models and not registry.ready()[0]:
            time.sleep(_READY_POLL)
        server.run([listener])
    finally:
        registry.stop()


class Server(uvicorn.Server):
    """Uvicorn's server, with a table of its connections; a stop by a signal ends with exit code 0.

    Args:
        app: the ASGI app.
        limits: limits of connections.
        service: the gRPC server, which starts and stops with this one; None: there is none.

    Attributes:
        table: The open connections.
    """

    def __init__(self, app: App, limits: Limits, service: "GrpcService | None" = None) -> None:
        self._service = service
        self.table = ConnectionTable(limits)
        protocol: Any = partial(LimitedProtocol, table=self.table)
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol,
                backlog=_ACCEPT_BATCH,
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

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen, with a longer backlog than the number of connections of one accept."""
        if self._service is not None:  # First: `started` is true when both protocols listen.
            await self._service.start()
        await super().startup(sockets)
        for listener in sockets or []:
            listener.listen(_BACKLOG)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Completes the accepted requests of both protocols; a second SIGINT ends both."""
        if self._service is None:
            await super().shutdown(sockets)
            return
        calls = asyncio.create_task(self._service.stop(self.config.timeout_graceful_shutdown))
        await super().shutdown(sockets)
        while not calls.done():
            if self.force_exit:
                await self._service.stop(None)
            await asyncio.wait({calls}, timeout=0.1)
        calls.result()

    async def on_tick(self, counter: int) -> bool:
        """Closes connections of slow clients, once per second; uvicorn calls this ten times."""
        if counter % 10 == 0:
            self.table.sweep(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

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
