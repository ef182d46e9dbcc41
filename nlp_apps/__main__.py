"""The command `nlp-apps`: the apps and the other programs."""

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence

from nlp_apps import __version__
from nlp_apps.cli import completion
from nlp_apps.cli import main as cli
from nlp_apps.cli.app_description import App
from nlp_apps.cli.guard import guarded
from nlp_apps.cli.parser import Parser
from nlp_apps.errors import UsageError

APPS = {
    "translation": "translate text; learns from sentence pairs",
    "sentiment": "label text with moods, topics or languages; learns from labelled texts",
    "generation": "continue text, or measure how surprising it is; learns from plain text",
}
"""Each module `nlp_apps.NAME` describes its app in `APP`."""

PROGRAMS = {
    "demo": ("demo", "train, evaluate and export small models in a few minutes"),
    "serve": ("serve", "serve exported models over HTTP, and .tflite files in the browser"),
    "batch": ("batch_inference.batch_command", "predict files of any size with several processes"),
    "launch": ("launch", "train one model with several workers, on one machine or several"),
    "sweep": ("sweep.sweep_command", "search the best values of recipe keys in many trainings"),
    "push": ("hub.push_command", "upload a model folder to the Hugging Face Hub"),
    "pull": ("hub.pull_command", "download a model from the Hugging Face Hub"),
    "load-test": ("load_testing.load_test", "measure a model server under load"),
    "recall": ("experiments.recall", "measure how far back recurrent cells remember"),
    "completion": ("cli.completion_script", "print the script that completes commands on TAB"),
}
"""Each module has the functions `main(argv)` and `make_parser()`."""


def _rows(summaries: Mapping[str, str]) -> str:
    return "\n".join(f"  {name:<12} {summary}" for name, summary in summaries.items())


HELP = f"""\
apps:
{_rows(APPS)}

verbs of an app:
  inspect      check text, list its faults, and the time and score to expect
  train        train a model from a recipe (a TOML file)
  evaluate     score a trained model on a split
  predict      print one prediction per text; without a model, a shipped model predicts
  export       write a SavedModel, .tflite, .onnx or hub folder, checked against the run
  explain      draw attention, word importance or surprisal as a picture or page
  score        print surprisal and perplexity (generation only)
  suggest      print the most probable next words (generation only)

programs:
{_rows({name: summary for name, (_, summary) in PROGRAMS.items()})}

examples:
  nlp-apps translation predict "Where is the station?"
  nlp-apps sentiment export runs/sentiment-reviews --format tflite

More: nlp-apps APP --help, nlp-apps APP VERB --help, nlp-apps PROGRAM --help, nlp-apps --version"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs an app or a program. Only its own module is imported.

    Args:
        argv: The arguments. Default: those of the process.

    Returns:
        The exit code, as in `guarded`.
    """
    if completion.is_completing():
        completion.complete(make_parser(), _parser_of)
    words = list(sys.argv[1:] if argv is None else argv)
    name = words[0] if words else ""
    if name in APPS:
        return cli.main(_app(name), words[1:])
    if name in PROGRAMS:
        module = importlib.import_module(f"nlp_apps.{PROGRAMS[name][0]}")
        code: int = module.main(words[1:])
        return code

    def run() -> None:
        if name in {verb.__name__.rpartition(".")[2] for verb in cli.VERBS}:
            apps = [app for app in APPS if name in cli.verbs_of(_app(app))]
            commands = " or ".join(f"nlp-apps {app} {name}" for app in apps)
            raise UsageError(f"{name} is a verb of an app. Run {commands}.")
        make_parser().parse_args(words)

    return guarded(run)


def _app(name: str) -> App:
    """Returns the description of an app."""
    app: App = importlib.import_module(f"nlp_apps.{name}").APP
    return app


def make_parser() -> Parser:
    """Makes the parser that prints the help, the version, and errors of the first argument."""
    parser = Parser(
        prog="nlp-apps",
        usage="nlp-apps APP VERB ...\n       nlp-apps PROGRAM ...",
        description="Small, fast LSTM models for translation, sentiment and text generation on "
        "your own text.",
        epilog=HELP,
        add_help=False,
    )
    hidden = argparse.SUPPRESS  # The last line of the help has them: it fits on a screen.
    parser.add_argument("-h", "--help", action="help", help=hidden)
    parser.add_argument(
        "--version", action="version", version=f"nlp-apps {__version__}", help=hidden
    )
    parser.add_argument("name", metavar="APP or PROGRAM", choices=(*APPS, *PROGRAMS), help=hidden)
    return parser


def _parser_of(name: str) -> argparse.ArgumentParser | None:
    """Returns the parser of an app or a program; None for another word."""
    if name in APPS:
        return cli.make_parser(_app(name))
    if name in PROGRAMS:
        module = importlib.import_module(f"nlp_apps.{PROGRAMS[name][0]}")
        parser: argparse.ArgumentParser = module.make_parser()
        return parser
    return None


if __name__ == "__main__":
    raise SystemExit(main())
