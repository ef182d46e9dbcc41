"""The load test of a model server: `nlp-apps load-test URL MODEL --texts FILE`.

Many clients at once, or with `--rate` requests at their own times; every accepted answer is
compared with the one that the same text got alone. Works on any server with TF Serving's REST.
"""

import argparse
import asyncio
import contextlib
import json
import math
import sys
from collections.abc import Sequence
from typing import Any

from nlp_apps.cli.guard import guarded
from nlp_apps.cli.parser import Parser
from nlp_apps.cli.text_io import read_texts
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.load_testing.load_generator import Load, Target, ask_alone
from nlp_apps.server.auth import read_token


def main(argv: Sequence[str] | None = None) -> int:
    """Loads a server and prints what it did.

    Args:
        argv: The words of the command; None: those of the process.

    Returns:
        The exit code, as `cli.main`; 1 also where an answer was wrong or lost.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    return guarded(lambda: _run(words), debug="--debug" in words)


def _run(words: list[str]) -> None:
    """Parses, asks alone, loads, prints."""
    options = _parser().parse_args(words)
    _check(options)
    knobs = dict(_knob(word) for word in options.knobs)
    token = read_token(options.token_file)
    target = Target(options.url, options.model, token, options.signature, knobs)
    lines = _lines(options.texts, "--texts")
    texts = [text for text in dict.fromkeys(lines) if text.strip()][: options.num_texts]
    if not texts:
        raise UsageError(f"--texts {options.texts}: holds no text.")
    if options.expected:
        answers = _answers(options.expected)
        if len(answers) != len(lines):
            counts = f"{len(answers):,} lines, --texts {len(lines):,}"
            raise UsageError(f"--expected {options.expected}: has {counts}.")
        known = dict(zip(lines, answers, strict=True))
        expected = [known[text] for text in texts]
    else:
        expected = asyncio.run(ask_alone(target, texts))
    load = Load(target, texts, expected)
    told = asyncio.run(
        load.open(options.rate, options.seconds)
        if options.rate is not None
        else load.closed(options.clients, options.seconds)
    ).told()
    print(json.dumps(told) if options.json else "\n".join(f"{k:<20} {v}" for k, v in told.items()))
    if told["wrong"] or told["lost"] or told["errors"]:
        raise WorkError(
            f"{told['wrong']:,} wrong, {told['lost']:,} lost, {told['errors']:,} failed answers."
        )


def _check(options: argparse.Namespace) -> None:
    """Checks the numbers.

    Raises:
        UsageError: one of them asks nothing, or has no end.
    """
    for name in ("num_texts", "clients"):
        if (value := getattr(options, name)) < 1:
            raise UsageError(f"--{name.replace('_', '-')} must be at least 1, not {value}.")
    for name in ("rate", "seconds"):
        value = getattr(options, name)
        if value is not None and not 0 < value < math.inf:
            raise UsageError(f"--{name} must be a number more than 0, not {value}.")


def _lines(path: str, flag: str) -> list[str]:
    """The lines of a file, as `predict --input` reads them."""
    with contextlib.ExitStack() as files:
        return list(read_texts(path, files, flag))


def _answers(path: str) -> list[Any]:
    """The answers of a file, one JSON value a line."""
    found = []
    for number, line in enumerate(_lines(path, "--expected"), start=1):
        try:
            found.append(json.loads(line))
        except ValueError as error:
            raise WorkError(f"{path}, line {number}: is not JSON ({error}).") from error
    return found


def _knob(word: str) -> tuple[str, Any]:
    """A name and its value from NAME=JSON."""
    name, equals, value = word.partition("=")
    try:
        return name, json.loads(value)
    except ValueError as error:
        raise UsageError(f"--set {word}: must be NAME=JSON, for instance seed=1.") from error


def _parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = Parser(
        prog="nlp-apps load-test",
        description="Loads a server of SavedModels, checks every answer, prints the figures.",
    )
    add = parser.add_argument
    add("url", metavar="URL", help="for instance http://127.0.0.1:8501")
    add("model", metavar="MODEL")
    add("--texts", metavar="FILE", required=True, help="what to ask, a text a line")
    add("--num-texts", metavar="N", type=int, default=500, help="how many of them (default: 500)")
    add(
        "--expected",
        metavar="FILE",
        help="their right predictions, a JSON value a line, for instance of predict --json "
        "(default: each text is asked alone first)",
    )
    add("--signature", metavar="NAME", default="", help="which one (default: serving_default)")
    add(
        "--set",
        dest="knobs",
        metavar="NAME=JSON",
        action="append",
        default=[],
        help="an input beside the text; may be repeated",
    )
    add("--clients", metavar="N", type=int, default=32, help="of the closed loop (default: 32)")
    add("--rate", metavar="N", type=float, help="open loop with N requests a second")
    add("--seconds", metavar="N", type=float, default=30.0, help="how long (default: 30)")
    add(
        "--token-file",
        metavar="FILE",
        help="the server's token is in FILE, or in $NLP_APPS_TOKEN",
    )
    add("--json", action="store_true", help="print one JSON object")
    add("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
