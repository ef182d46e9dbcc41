"""The command `nlp-apps serve DIR`, also `python -m nlp_apps.serve DIR`: starts the server."""

import argparse
import contextlib
import logging
import math
import os
import signal
import sys
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nlp_apps.cli.guard import run_program
from nlp_apps.cli.parser import Parser
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.server import log_lines, model_folders
from nlp_apps.server.address import bind, is_loopback, url_of
from nlp_apps.server.auth import read_token
from nlp_apps.server.limits import LOADER, Limits, flag

_log = logging.getLogger("nlp_apps.serve")  # __name__ is __main__ in `python -m nlp_apps.serve`.

NEEDS = ("starlette", "uvicorn", "httptools", "prometheus_client")
"""Packages of the extra `serve`."""

GRPC_NEEDS = ("grpc", "grpc_health")
"""Modules of the extra `grpc`."""


LIMIT_HELP = {
    "max_batch": "maximum rows of one model call",
    "max_batch_bytes": "maximum rows of a call times the bytes of its longest text",
    "max_queue": "maximum rows that wait for a model, of short and of long requests; beyond it the "
    "response is 503",
    "max_rows": "maximum rows of one request",
    "max_text_bytes": "maximum UTF-8 bytes of one text",
    "max_body_bytes": "maximum bytes of a request body",
    "max_requests": "maximum number of concurrent predict requests; beyond it the response is 503",
    "max_memory": "maximum bytes of all bodies and predictions together; beyond it the response is "
    "503",
    "max_connections": "maximum number of connections; a new one replaces an idle one",
    "max_connections_per_address": "the same for one client address",
    "timeout": "maximum seconds of one request; beyond it the response is 504",
    "head_timeout": "maximum seconds of a request head; beyond it the response is 408",
    "write_timeout": "maximum seconds in which a client must read 64 KiB of a response",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the server until SIGTERM or SIGINT; see `run_program`."""
    code = run_program(_serve, argv)
    if any(thread.name == LOADER for thread in threading.enumerate()):
        # A load was abandoned: TensorFlow would crash an ordinary exit.
        sys.stderr.flush()
        os._exit(code)
    return code


def _serve(words: list[str]) -> None:
    """Checks the arguments and serves."""
    options = make_parser().parse_args(words)
    log_lines.install(options.log_format)
    limits = Limits(**{name: getattr(options, name) for name in LIMIT_HELP})
    if not 0 <= options.port <= 65_535:
        raise UsageError(f"--port must be between 0 and 65535, not {options.port}.")
    if options.grpc_port is not None and not 0 <= options.grpc_port <= 65_535:
        raise UsageError(f"--grpc-port must be between 0 and 65535, not {options.grpc_port}.")
    if not 0 < options.poll < math.inf:
        raise UsageError(f"--poll must be more than 0 and finite, not {options.poll}.")
    if options.threads is not None and options.threads < 1:
        raise UsageError(f"--threads must be at least 1, not {options.threads}.")
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise WorkError(
            f"the server needs {', '.join(missing)}. Run: pip install 'nlp-apps[serve]'"
        )
    if options.grpc_port is not None and None in map(find_spec, GRPC_NEEDS):
        raise WorkError("--grpc-port needs gRPC. Run: pip install 'nlp-apps[grpc]'")
    node_modules = options.node_modules and Path(options.node_modules)
    if node_modules and not (node_modules / "@litertjs" / "core").is_dir():
        raise WorkError(
            f"--node-modules {node_modules}: holds no @litertjs/core. Install it with npm."
        )
    folder = Path(options.folder)
    config = None
    if folder.is_file():
        config = _read_config(folder)
    else:
        model_folders.check(folder)
    token = read_token(options.token_file)
    # No request is accepted before the server runs, so SIGTERM ends the process at once. An
    # exception could be caught by a library that is being imported.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(bind(options.host, options.port))
        grpc_listener = None
        if options.grpc_port is not None:
            grpc_listener = sockets.enter_context(
                bind(options.host, options.grpc_port, "--grpc-port")
            )
            _log.info("gRPC at %s", url_of(grpc_listener).removeprefix("http://"))
            # Its core would write a line for some errors of clients, past the bound of the log.
            os.environ.setdefault("GRPC_VERBOSITY", "NONE")
        _log.info("%s, API reference at /docs", url_of(listener))
        if token is None and not is_loopback(listener):
            _log.warning(
                "no token: any client that reaches this address may send requests. Set --token-file"
            )
        from nlp_apps.server.process import serve

        serve(
            folder,
            listener,
            limits,
            token=token,
            poll=options.poll,
            threads=options.threads,
            node_modules=node_modules,
            config=config,
            # The name in --host is a name of this server.
            allowed_hosts=[options.host, *options.allowed_host],
            trust=options.trust,
            grpc_listener=grpc_listener,
            wait_for_models=options.wait_for_models,
        )


def _read_config(path: Path) -> dict[str, Any]:
    """Reads a `models.config`, and checks that one of its models has a version.

    Raises:
        WorkError: none has, or the file is a model or damaged.
    """
    from nlp_apps.server import model_config

    if path.suffix in model_folders.FILES:
        raise WorkError(
            f"{path}: one file is not served. {model_folders.EXPORT} A .tflite in a served folder "
            "runs in the browser, at /device/."
        )
    config = model_config.read(path)
    found = model_config.find(config)
    for name in sorted(config.keys() - found.models):
        _log.warning("%s: no version yet in %s", name, config[name].folder)
    if not found.models:
        raise WorkError(f"{path}: no base_path holds VERSION/{model_folders.GRAPH}.")
    return config


def make_parser() -> argparse.ArgumentParser:
    """Returns the parser."""
    parser = Parser(
        prog="nlp-apps serve",
        description="Serve the newest version of every SavedModel DIR/NAME/VERSION over TensorFlow "
        "Serving's REST API, and load new versions as they appear. Every .tflite below DIR runs in "
        "the browser, at /device/.",
        epilog="examples:\n  nlp-apps serve saved_models\n"
        "  nlp-apps serve deploy/tf_serving/models.config\n"
        "  nlp-apps serve runs/demo/export --host 0.0.0.0 --port 8600 --token-file token.txt",
    )
    add = parser.add_argument
    add(
        "folder",
        metavar="DIR",
        nargs="?",
        default="saved_models",
        help="folder with NAME/VERSION folders or .tflite files, or a models.config of TF Serving "
        "(default: saved_models)",
    )
    add(
        "--host",
        metavar="HOST",
        default="127.0.0.1",
        help="address to listen on; 0.0.0.0 is every address of this machine (default: 127.0.0.1)",
    )
    add("--port", type=int, metavar="N", default=8501, help="0 chooses a free port (default: 8501)")
    add(
        "--grpc-port",
        type=int,
        metavar="N",
        help="port of TensorFlow Serving's gRPC API; 0 chooses a free port (default: no gRPC)",
    )
    add(
        "--token-file",
        metavar="FILE",
        help="requests must send the bearer token in FILE (default: $NLP_APPS_TOKEN, if set)",
    )
    add(
        "--allowed-host",
        metavar="NAME",
        action="append",
        default=[],
        help="host name of this server in requests, besides localhost and IP addresses; may be "
        "repeated; *.NAME is every name below NAME, * every name",
    )
    add(
        "--poll",
        type=float,
        metavar="SECONDS",
        default=2.0,
        help="seconds between two scans for new versions (default: 2)",
    )
    add("--threads", type=int, metavar="N", help="threads of one operation (default: every core)")
    add(
        "--node-modules",
        metavar="DIR",
        help="folder in which npm installed LiteRT.js, for the page at /device/ (default: "
        "node_modules beside that page)",
    )
    add(
        "--wait-for-models",
        action="store_true",
        help="refuse connections until the models are loaded, for load balancers without health "
        "checks (default: 503)",
    )
    add(
        "--trust",
        action="store_true",
        help="load SavedModels that can read and write files or run code: they are programs",
    )
    defaults = Limits()
    for name, text in LIMIT_HELP.items():
        default = getattr(defaults, name)
        add(
            flag(name),
            type=type(default),
            metavar="SECONDS" if isinstance(default, float) else "N",
            default=default,
            help=f"{text} (default: {default})",
        )
    add(
        "--log-format",
        choices=log_lines.FORMATS,
        default="text",
        help="form of log lines on stderr (default: text)",
    )
    add("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
