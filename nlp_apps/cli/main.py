"""The command line of an app: `nlp-apps APP VERB`."""

from collections.abc import Sequence
from typing import Any

from nlp_apps import __version__
from nlp_apps.cli import evaluate, explain, export, inspect, predict, score, suggest, train
from nlp_apps.cli.app_description import App
from nlp_apps.cli.guard import run_program
from nlp_apps.cli.parser import Parser, VerbParser, add_debug

VERBS = (inspect, train, evaluate, predict, export, explain, score, suggest)
"""One module a verb; `add_parser(verbs, app)` adds its parser."""


def main(app: App, argv: Sequence[str] | None = None) -> int:
    """Runs a command of an app; see `run_program`. The arguments follow the app's name."""

    def run(words: list[str]) -> None:
        options = make_parser(app).parse_args(words)
        options.command(options)

    return run_program(run, argv)


def make_parser(app: App) -> Parser:
    """Makes the parser of an app, with a sub-parser for each verb."""
    name = f"nlp-apps {app.name}"
    more = f"More: {name} VERB --help"
    parser = Parser(prog=name, description=app.description, epilog=more)
    parser.add_argument("--version", action="version", version=f"nlp-apps {__version__}")
    add_debug(parser)
    _add_verbs(parser, app)
    return parser


def verbs_of(app: App) -> tuple[str, ...]:
    """Returns the names of the verbs of an app: `score` and `suggest` need a language model."""
    return tuple(_add_verbs(Parser(), app).choices)


def _add_verbs(parser: Parser, app: App) -> Any:
    """Adds the sub-parsers of the verbs, and returns argparse's action that has them."""
    verbs = parser.add_subparsers(
        metavar="VERB", dest="verb", required=True, title="verbs", parser_class=VerbParser
    )
    for verb in VERBS:
        verb.add_parser(verbs, app)
    return verbs
