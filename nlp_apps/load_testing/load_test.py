"""The command `nlp-apps load-test URL MODEL --texts FILE`: measures any TF Serving REST server."""

import argparse
import asyncio
import contextlib
import json
import math
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from nlp_apps.cli.guard import run_program
from nlp_apps.cli.parser import Parser, name_and_json
from nlp_apps.cli.text_io import read_all
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.server.auth import read_token


def main(argv: Sequence[str] | None = None) -> int:
    """Loads a server and prints the measurements; see `run_program`.

    Returns:
        The exit code: 1 also for a wrong, lost or failed response.
    """
    return run_program(_run, argv)


def _run(words: list[str]) -> None:
    """Reads texts and expected predictions, loads the server, prints."""
    options = make_parser().parse_args(words)
    if find_spec("httptools") is None:
        raise WorkError("the load test needs httptools. Run: pip install 'nlp-apps[serve]'")
    from nlp_apps.load_testing.load_generator import Load, Target, predict_alone

    _check(options)
    parameters = dict(name_and_json(word) for word in options.parameters)
    token = read_token(options.token_file)
    target = Target(options.url, options.model, token, options.signature, parameters)
    lines = _lines(options.texts, "--texts")
    texts = [text for text in dict.fromkeys(lines) if text.strip()][: options.num_texts]
    if not texts:
        raise UsageError(f"--texts {options.texts}: holds no text.")
    if options.expected:
        predictions = _json_lines(options.expected)
        if len(predictions) != len(lines):
            raise UsageError(
                f"--expected {options.expected}: must have as many lines as --texts, "
                f"{len(lines):,}, not {len(predictions):,}."
            )
        by_text = dict(zip(lines, predictions, strict=True))
        expected = [by_text[text] for text in texts]
    else:
        expected = asyncio.run(predict_alone(target, texts))
    load = Load(target, texts, expected)
    result = asyncio.run(
        load.open(options.rate, options.seconds)
        if options.rate is not None
        else load.closed(options.clients, options.seconds)
    ).to_dict()
    if options.json:
        print(json.dumps(result))
    else:
        print("\n".join(f"{name:<20} {value}" for name, value in result.items()))
    if result["wrong"] or result["lost"] or result["errors"]:
        raise WorkError(
            f"responses: {result['wrong']:,} wrong, {result['lost']:,} lost, "
            f"{result['errors']:,} failed."
        )


def _check(options: argparse.Namespace) -> None:
    """Checks the numbers.

    Raises:
        UsageError: a number is not positive or not finite.
    """
    for name in ("num_texts", "clients"):
        if (value := getattr(options, name)) < 1:
            raise UsageError(f"--{name.replace('_', '-')} must be at least 1, not {value}.")
    for name in ("rate", "seconds"):
        value = getattr(options, name)
        if value is not None and not 0 < value < math.inf:
            raise UsageError(f"--{name} must be more than 0 and finite, not {value}.")


def _lines(path: str, flag: str) -> list[str]:
    """Returns the lines of a file, read as `predict --input` reads them."""
    with contextlib.ExitStack() as files:
        return read_all(path, files, flag)


def _json_lines(path: str) -> list[Any]:
    """Returns the values of a file with one JSON value per line."""
    values = []
    for number, line in enumerate(_lines(path, "--expected"), start=1):
        try:
            values.append(json.loads(line))
        except ValueError as error:
            raise WorkError(f"{path}, line {number}: is not JSON ({error}).") from error
    return values


def make_parser() -> argparse.ArgumentParser:
    """Returns the parser."""
    parser = Parser(
        prog="nlp-apps load-test",
        description="Send many requests to a server with TensorFlow Serving's REST API, check "
        "every prediction, and print throughput and latencies.",
        epilog="example:\n  nlp-apps load-test http://127.0.0.1:8501 sentiment-reviews "
        "--texts lines.txt --clients 8",
    )
    add = parser.add_argument
    add("url", metavar="URL", help="URL of the server, for instance http://127.0.0.1:8501")
    add("model", metavar="MODEL", help="name of the model")
    add("--texts", metavar="FILE", required=True, help="file of input texts, one per line")
    add("--num-texts", metavar="N", type=int, default=500, help="texts to use (default: 500)")
    add(
        "--expected",
        metavar="FILE",
        help="file of expected predictions, one JSON value per line, for instance the output of "
        "predict --json (default: each text is predicted alone before the load)",
    )
    add("--signature", metavar="NAME", default="", help="signature (default: serving_default)")
    add(
        "--set",
        dest="parameters",
        metavar="NAME=JSON",
        action="append",
        default=[],
        help="another input, for instance seed=1; may be repeated",
    )
    add("--clients", metavar="N", type=int, default=32, help="concurrent clients (default: 32)")
    add("--rate", metavar="N", type=float, help="open loop of N requests a second")
    add("--seconds", metavar="SECONDS", type=float, default=30.0, help="duration (default: 30)")
    add(
        "--token-file",
        metavar="FILE",
        help="file with the bearer token of the server (default: $NLP_APPS_TOKEN, if set)",
    )
    add("--json", action="store_true", help="print one JSON object")
    add("--debug", action="store_true", help="show tracebacks")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
