"""The verb `inspect`: checks text before training."""

import argparse
import functools
from typing import Any

from nlp_apps.cli.app_description import App
from nlp_apps.cli.formatting import to_json
from nlp_apps.cli.parser import add_data_dir, add_overrides, add_verb

EXAMPLES = {
    "translation": "pairs.tsv",
    "sentiment": "reviews.csv",
    "generation": "book.txt",
}
"""A file of each app, for `--help`."""


def add_parser(verbs: Any, app: App) -> None:
    """Adds the parser of the verb."""
    parser = add_verb(
        verbs,
        "inspect",
        "check text before training: counts, faults with lines and fixes, expected score",
        functools.partial(run, app),
        [EXAMPLES[app.name], f"{app.default_recipe} --json"],
    )
    parser.add_argument(
        "source",
        metavar="DATA_OR_RECIPE",
        help="text (a file, a folder or tfds:NAME/CONFIG:SPLIT), or a recipe as in train",
    )
    add_data_dir(parser)
    add_overrides(parser, "data.text_column=review")
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")


def run(app: App, options: argparse.Namespace) -> None:
    """Inspects the text and prints statistics, findings and expectations."""
    from nlp_apps.cli.inspection_output import format_inspection
    from nlp_apps.inspection.inspect_source import inspect

    found = inspect(app.name, options.source, options.data_dir, tuple(options.overrides))
    print(to_json(found.to_dict()) if options.json else format_inspection(found, options.source))
