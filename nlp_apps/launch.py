"""The command `nlp-apps launch --workers N -- APP train ...`: trains with several workers."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from nlp_apps.cli.guard import run_program
from nlp_apps.cli.interruption import sigterm_as_interrupt
from nlp_apps.cli.parser import Parser, add_debug
from nlp_apps.errors import UsageError
from nlp_apps.workers.cluster import VARIABLE, require_address, tf_config
from nlp_apps.workers.local_workers import run_workers

_log = logging.getLogger("nlp_apps.launch")  # __name__ is __main__ in `python -m nlp_apps.launch`.

APPS = ("translation", "sentiment", "generation")

MAX_WORKERS = 1024

EPILOG = """\
examples:
  nlp-apps launch --workers 2 -- translation train my.toml --output runs/mine
  nlp-apps launch --hosts a:2222,b:2222 --index 0 -- sentiment train my.tsv

The servers of the workers listen on every address of the machine, without a password: close
their ports to other machines (docs/several_machines.md)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Starts the workers and waits for their end; see `run_program`."""
    return run_program(_run, argv)


def _run(words: list[str]) -> None:
    parser = make_parser()
    if "--" not in words:
        parser.parse_args(words)  # --help and errors of flags come first.
        parser.error("the training is missing. Write it after --, as in -- translation train ...")
    place = words.index("--")
    options, command = parser.parse_args(words[:place]), words[place + 1 :]
    if len(command) < 2 or command[0] not in APPS or command[1] != "train":
        raise UsageError(
            f"-- {' '.join(command)}: not a training. Write -- APP train ..., where APP is one of "
            f"{', '.join(APPS)}."
        )
    if options.hosts is not None:
        if options.ray is not None:
            parser.error("--hosts and --ray exclude each other")
        _be_one_of(options, parser, command)
        return
    if options.index is not None:
        parser.error("--index needs --hosts")
    if options.workers is None:
        parser.error("one of --workers and --hosts is needed")
    with sigterm_as_interrupt():
        if options.ray is None:
            run_workers(command, options.workers, restarts=options.restarts)
            return
        from nlp_apps.workers.ray_workers import run_on_ray

        address = None if options.ray == "local" else options.ray
        run_on_ray(command, options.workers, address=address, restarts=options.restarts)


def _be_one_of(options: argparse.Namespace, parser: Parser, command: list[str]) -> None:
    """Becomes the training process of this machine."""
    hosts = [host.strip() for host in options.hosts.split(",")]
    for host in hosts:
        require_address(host, "--hosts")
    if options.workers not in (None, len(hosts)):
        parser.error(f"--workers {options.workers}: --hosts names {len(hosts)}")
    if options.index is None or not 0 <= options.index < len(hosts):
        parser.error(f"--index must be from 0 to {len(hosts) - 1}: the place of this machine")
    os.environ[VARIABLE] = tf_config(hosts, options.index)
    os.execv(sys.executable, [sys.executable, "-m", "nlp_apps", *command])


def make_parser() -> Parser:
    """Makes the parser of the command."""
    parser = Parser(
        prog="nlp-apps launch",
        usage="nlp-apps launch --workers N [--ray ADDRESS] -- APP train ...\n"
        "       nlp-apps launch --hosts HOST:PORT,... --index I -- APP train ...",
        description="Trains one model with several workers.",
        epilog=EPILOG,
    )
    parser.add_argument("--workers", metavar="N", type=_count, help="number of workers")
    parser.add_argument(
        "--restarts",
        metavar="N",
        type=_restarts,
        default=3,
        help="times to start again, with --resume, after a worker was lost (default: 3)",
    )
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="start the workers on a Ray cluster, as in HOST:6379 or auto; local starts one here",
    )
    parser.add_argument(
        "--hosts",
        metavar="HOST:PORT,...",
        help="addresses of one worker a machine; run the command on each of them",
    )
    parser.add_argument(
        "--index", metavar="I", type=int, help="place of this machine in --hosts, from 0"
    )
    add_debug(parser)
    return parser


def _count(text: str, smallest: int = 1) -> int:
    try:
        count = int(text)
    except ValueError:
        count = -1
    if not smallest <= count <= MAX_WORKERS:
        raise argparse.ArgumentTypeError(
            f"must be from {smallest} to {MAX_WORKERS}, received {text!r}"
        )
    return count


def _restarts(text: str) -> int:
    return _count(text, smallest=0)


if __name__ == "__main__":
    raise SystemExit(main())
