"""The command `nlp-apps sweep RECIPE --set KEY=VALUES`: searches the best values of recipe keys."""

import shlex
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from nlp_apps.cli.guard import run_program
from nlp_apps.cli.interruption import sigterm_as_interrupt
from nlp_apps.cli.parser import Parser, add_debug, add_output
from nlp_apps.errors import UsageError
from nlp_apps.resources import find_recipe

EPILOG = """\
examples:
  nlp-apps sweep mine.toml --trials 20 --set model.units=128,256 \\
    --set training.learning_rate=0.001..0.01
  nlp-apps sweep sentiment-reviews --time 1h --quick --set model.dropout=0.1..0.5
  nlp-apps sweep mine.toml --trials 40 --set model.units=128,256 \\
    --set training.learning_rate=0.001..0.01 --resume"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a sweep and prints its table; see `run_program`."""
    return run_program(_run, argv)


def _run(words: list[str]) -> None:
    """Checks the arguments, runs the trials, prints."""
    started = time.monotonic()
    options = make_parser().parse_args(words)
    if find_spec("optuna") is None:
        raise UsageError("the sweep needs Optuna. Run: pip install 'nlp-apps[sweep]'")
    if options.trials < 1:
        raise UsageError(f"--trials must be at least 1, not {options.trials}.")
    if not 0 <= options.seed < 1 << 31:
        raise UsageError(f"--seed must be from 0 to 2147483647, not {options.seed}.")
    from nlp_apps.recipe.from_data import is_data
    from nlp_apps.recipe.schema import RECIPES
    from nlp_apps.recipe.toml_file import read_toml
    from nlp_apps.sweep import space, sweep_results
    from nlp_apps.sweep.sweep_folder import SweepFolder
    from nlp_apps.sweep.sweep_run import SweepOptions, check_space, sweep
    from nlp_apps.training.time_left import duration, to_seconds

    if is_data(options.recipe):
        raise UsageError(
            f"{options.recipe}: is text. Write a recipe that names it: nlp-apps APP train "
            f"{options.recipe} prints one."
        )
    recipe = find_recipe(options.recipe).absolute()
    task = read_toml(recipe).get("task")
    if not isinstance(task, str) or task not in RECIPES:
        raise UsageError(f"{recipe}: task must be one of {', '.join(RECIPES)}, received {task!r}.")
    flags = [] if options.budget is None else [options.budget]
    if options.data_dir is not None:
        flags += ["--data-dir", options.data_dir]
    limit = None if options.time_limit is None else to_seconds(options.time_limit)
    settings = SweepOptions(
        recipe=recipe,
        task=task,
        space=space.parse(options.overrides),
        words=options.overrides,
        num_trials=options.trials,
        flags=flags,
        data_dir=options.data_dir,
        seed=options.seed,
        prunes=options.prunes,
        resume=options.resume,
        deadline=None if limit is None else started + limit,
    )
    score = check_space(settings)
    folder = SweepFolder(Path(options.output or Path("runs") / f"sweep-{recipe.stem}"))
    try:
        with sigterm_as_interrupt():
            trials = sweep(settings, score, folder)
    except KeyboardInterrupt as error:
        again = [word for word in words if word != "--resume"]
        error.add_note(f"Continue with: {shlex.join(['nlp-apps', 'sweep', *again, '--resume'])}")
        raise
    print(sweep_results.printed_table(trials, settings.space, score))
    best = trials[0]
    print(
        f"\nBest of {len(trials)} trials in {duration(time.monotonic() - started)}: trial "
        f"{best.number}, {folder.run(best.number)}\n"
        f"All trials: {folder.table}, {folder.picture}\n"
        f"Its recipe: nlp-apps {task} train {folder.best}"
    )


def make_parser() -> Parser:
    """Makes the parser of the command."""
    parser = Parser(
        prog="nlp-apps sweep",
        description="Train a recipe many times with other values, and keep the best one on "
        "validation.",
        epilog=EPILOG,
    )
    parser.add_argument("recipe", metavar="RECIPE", help="TOML file or name of a shipped recipe")
    parser.add_argument(
        "--set",
        dest="overrides",
        metavar="SECTION.KEY=VALUES",
        action="append",
        default=[],
        help="values to try: a list a,b,c, a range 0.1..0.5, or one value for all trials; may be "
        "repeated",
    )
    parser.add_argument(
        "--trials", metavar="N", type=int, default=20, help="number of trainings (default: 20)"
    )
    parser.add_argument(
        "--time",
        dest="time_limit",
        metavar="TIME",
        help="wall time of the sweep, such as 30m or 2h",
    )
    add_output(parser, "folder to write (default: runs/sweep-NAME)", "DIR")
    parser.add_argument("--data-dir", metavar="DIR", help="as in train")
    parser.add_argument(
        "--resume", action="store_true", help="continue a sweep, and the training it was at"
    )
    budget = parser.add_mutually_exclusive_group()
    for flag, text in (("--quick", "fewer"), ("--thorough", "more")):
        budget.add_argument(
            flag,
            dest="budget",
            action="store_const",
            const=flag,
            help=f"train each trial for {text} steps",
        )
    parser.add_argument(
        "--no-pruning",
        dest="prunes",
        action="store_false",
        help="finish also trials that are worse than the median of the others",
    )
    parser.add_argument(
        "--seed", metavar="N", type=int, default=1, help="seed of the values to try (default: 1)"
    )
    add_debug(parser)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
