"""The server, `python -m nlp_apps.serve DIR`: every SavedModel below DIR over REST."""

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
from typing import NoReturn

from nlp_apps.cli.guard import guarded
from nlp_apps.cli.parser import Parser
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.server import model_folders
from nlp_apps.server.address import address_of, is_local, listen
from nlp_apps.server.auth import read_token
from nlp_apps.server.limits import Limits, flag

_log = logging.getLogger("nlp_apps.serve")  # __name__ is __main__ where this is the command.

NEEDS = ("fastapi", "uvicorn", "httptools", "prometheus_client")
"""What the extra `serve` brings."""

MAX_PORT = 65_535

HELP = {
    "max_batch": "rows that one call of a model answers",
    "max_batch_bytes": "rows of a call times the bytes of its widest text",
    "max_queue": "rows that may wait for a model; more are answered 503",
    "max_rows": "rows of one request",
    "max_text_bytes": "bytes of one text",
    "max_body_bytes": "bytes of a request's body",
    "max_requests": "requests that are looked after at once; more are answered 503",
    "timeout": "seconds that a request may take; then it is answered 504",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the server until SIGTERM or SIGINT.

    Args:
        argv: The words of the command; None: those of the process.

    Returns:
        The exit code, as `cli.main`.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    return guarded(lambda: _run(words), debug="--debug" in words)


def _run(words: list[str]) -> None:
    """Parses, checks what can be checked at once, and serves."""
    options = _parser().parse_args(words)
    limits = Limits(**{name: getattr(options, name) for name in HELP})
    if not 0 <= options.port <= MAX_PORT:
        raise UsageError(f"--port must be between 0 and {MAX_PORT}, not {options.port}.")
    if not 0 < options.poll < math.inf:
        raise UsageError(f"--poll must be more than 0 and finite, not {options.poll}.")
    if options.threads is not None and options.threads < 1:
        raise UsageError(f"--threads must be at least 1, not {options.threads}.")
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise WorkError(
            f"the server needs {', '.join(missing)}. Install them: pip install '.[serve]'"
        )

    node_modules = options.node_modules and Path(options.node_modules)
    if node_modules and not (node_modules / "@litertjs" / "core").is_dir():
        raise WorkError(
            f"--node-modules {node_modules}: holds no @litertjs/core. Let npm install it."
        )
    folder = Path(options.folder)
    model_folders.check(folder)
    token = read_token(options.token_file)
    with listen(options.host, options.port) as listener:
        _log.info("%s, reference at /docs", address_of(listener))
        if token is None and not is_local(listener):
            _log.warning("anybody who can reach this address can ask: consider --token-file")

        from nlp_apps.server.process import serve

        serve(
            folder,
            listener,
            limits,
            token=token,
            poll=options.poll,
            threads=options.threads,
            node_modules=node_modules,
        )


def _parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = Parser(
        prog="nlp-apps serve",
        description="Serves the newest version of every SavedModel DIR/NAME/VERSION over "
        "TensorFlow Serving's REST, and takes up new versions as they appear; every .tflite below "
        "DIR runs in the browser, at /device/.",
    )
    parser.add_argument(
        "folder", metavar="DIR", help="holds NAME/VERSION folders, .tflite files or both"
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on; 0.0.0.0 is every one of this machine (default: 127.0.0.1)",
    )
    parser.add_argument("--port", type=int, default=8501, help="0: any free one (default: 8501)")
    parser.add_argument(
        "--token-file",
        metavar="FILE",
        help="every request must bear the token in FILE, or in $NLP_APPS_TOKEN",
    )
    parser.add_argument(
        "--poll",
        type=float,
        metavar="SECONDS",
        default=2.0,
        help="how often to look for new versions (default: 2)",
    )
    parser.add_argument(
        "--threads", type=int, metavar="N", help="threads of one operation (default: every core)"
    )
    parser.add_argument(
        "--node-modules",
        metavar="FOLDER",
        help="where npm put LiteRT.js, for the page at /device/ that runs .tflite files in the "
        "browser (default: node_modules beside that page)",
    )
    defaults = Limits()
    for name, text in HELP.items():
        default = getattr(defaults, name)
        parser.add_argument(
            flag(name),
            type=type(default),
            metavar="SECONDS" if name == "timeout" else "N",
            default=default,
            help=f"{text} (default: {default})",
        )
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


def _command() -> NoReturn:
    """The process: runs the server and ends with its exit code."""
    # Until the server listens, nothing is to be answered first. Not by an exception, which a
    # library that is being imported could take for its own.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    code = main()
    if any(thread.name.startswith("nlp_apps-") for thread in threading.enumerate()):
        # A load did not end: TensorFlow would crash the process on its ordinary way out.
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


if __name__ == "__main__":
    _command()
