"""The verb `evaluate`: scores a trained model on a split."""

import argparse
import functools
from typing import Any

from nlp_apps.cli.app_description import App
from nlp_apps.cli.formatting import to_json, to_table
from nlp_apps.cli.parser import add_verb


def add_parser(verbs: Any, app: App) -> None:
    """Adds the parser of the verb."""
    parser = add_verb(
        verbs,
        "evaluate",
        "score a trained model on a split",
        functools.partial(run, app),
        [f"runs/{app.default_recipe} --split validation"],
    )
    parser.add_argument("run", metavar="RUN", help="run folder that train wrote")
    parser.add_argument(
        "--split",
        choices=("train", "validation", "test"),
        default="test",
        help="split to score (default: test)",
    )
    parser.add_argument(
        "--data-dir",
        metavar="DIR",
        help="folder to search before the recipe's folder and data/",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")


def run(app: App, options: argparse.Namespace) -> None:
    """Scores the split and prints the scores."""
    scores = app.evaluate(options.run, options.split, options.data_dir)
    print(to_json(scores) if options.json else (app.format_scores or to_table)(scores))
