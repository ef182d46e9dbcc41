"""The verb `train`: trains a model from a recipe."""

import argparse
import functools
import os
from typing import Any

from nlp_apps.cli.app_description import App
from nlp_apps.cli.formatting import to_table
from nlp_apps.cli.interruption import sigterm_as_interrupt
from nlp_apps.cli.parser import add_data_dir, add_output, add_overrides, add_verb
from nlp_apps.cli.score_table import baseline_table, fine_tuning_rows, named_scores, verdict
from nlp_apps.errors import UsageError


def add_parser(verbs: Any, app: App) -> None:
    """Adds the parser of the verb."""
    parser = add_verb(
        verbs,
        "train",
        "train a model from a recipe",
        functools.partial(run, app),
        ["", "my.toml --output runs/mine --set model.units=512"],
    )
    parser.add_argument(
        "recipe",
        metavar="RECIPE",
        nargs="?",
        help="TOML file, name of a shipped recipe (models/README.md lists them), or your text: a "
        f"file or a folder (default: {app.default_recipe})",
    )
    add_data_dir(parser)
    add_output(parser, "run folder to write (default: runs/NAME)", "DIR", "--run-dir")
    add_overrides(parser, "model.units=512")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue an interrupted run; with --set training.epochs=N or training.max_steps=N, "
        "prolong a finished one",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the run in the run folder"
    )
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument(
        "--quick",
        dest="budget",
        action="store_const",
        const="quick",
        default="normal",
        help="train fewer steps, for a first model",
    )
    budget.add_argument(
        "--thorough",
        dest="budget",
        action="store_const",
        const="thorough",
        help="train more steps, for the best model",
    )
    parser.add_argument(
        "--time",
        dest="time_limit",
        metavar="TIME",
        help="wall time of the training, such as 90s, 30m or 2h: lowers the number of steps to "
        "those that fit, measured on the first steps",
    )
    parser.add_argument(
        "--tracker",
        choices=("mlflow", "wandb"),
        help="log recipe, evaluations and scores to MLflow or Weights & Biases",
    )


def run(app: App, options: argparse.Namespace) -> None:
    """Trains, and prints the run folder, the speed and the scores.

    Raises:
        UsageError: `--resume` without RECIPE names a folder that holds no run.
    """
    recipe = options.recipe
    if recipe is None and options.resume and options.output is not None:
        # The recipe of the run, because the default recipe is another model.
        recipe = os.path.join(options.output, "recipe.toml")
        if not os.path.isfile(recipe):
            raise UsageError(
                f"--output {options.output}: holds no recipe.toml, so there is no run to resume. "
                "Name the folder that train wrote, or name a RECIPE to start a run."
            )
    with sigterm_as_interrupt():
        summary = app.train(
            recipe or app.default_recipe,
            options.data_dir,
            options.output,
            tuple(options.overrides),
            options.resume,
            budget=options.budget,
            overwrite=options.overwrite,
            time_limit=options.time_limit,
            tracker=options.tracker,
        )
    shown = ("run", "train_seconds", "compile_seconds", "tokens_per_second")
    rows = {key: summary[key] for key in shown}
    for split, scores in summary["scores"].items():
        rows[split] = named_scores(scores, app.train_scores)
        for code, of_language in scores.get("languages", {}).items():
            rows[split][code] = named_scores(of_language, app.train_scores)
    rows |= fine_tuning_rows(app, summary.get("fine_tuning", {}))
    print(to_table(rows))
    if table := baseline_table(app, summary["scores"], summary["baselines"]):
        print(f"\n{table}\n")
    if line := verdict(app, summary["comparison"]):
        print(line)
