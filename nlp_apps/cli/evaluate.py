"""The verb `evaluate`: scores a trained model on a split."""

import argparse
import functools
from typing import Any

from nlp_apps.cli.app_description import App
from nlp_apps.cli.formatting import to_json, to_table
from nlp_apps.cli.parser import add_data_dir, add_verb
from nlp_apps.cli.score_table import baseline_table, verdict


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
    add_data_dir(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")


def run(app: App, options: argparse.Namespace) -> None:
    """Scores the split and prints the scores, those of the baselines and the comparison."""
    scores = app.evaluate(options.run, options.split, options.data_dir)
    if options.json:
        print(to_json(scores))
        return
    plain = dict(scores)
    baselines, comparison = plain.pop("baselines", {}), plain.pop("comparison", {})
    print((app.format_scores or to_table)(plain))
    if table := baseline_table(app, {options.split: scores}, {options.split: baselines}):
        print(f"\n{table}\n\n{verdict(app, comparison)}".rstrip())
