"""The recall experiment: `nlp-apps recall` measures how far back recurrent cells remember."""

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nlp_apps.blocks.cells.cell_sizes import CELL_SIZES
from nlp_apps.cli.guard import run_program
from nlp_apps.cli.parser import Parser, add_debug, add_output, add_renamed

if TYPE_CHECKING:
    from nlp_apps.experiments.recall_task import Settings

CELLS = tuple(CELL_SIZES)
TRAIN_ON = ("stream", "first", "fixed")
GAPS = (10, 25, 50, 100, 200)

MAX_GAP, MAX_UNITS = 10_000, 2_048
MAX_STATE = 1_000_000
"""Maximum of longest gap times units: the gradients at all distances then need some gigabytes."""

JSON, PICTURE = "recall.json", "recall.png"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the experiment; see `run_program`."""
    return run_program(_run, argv)


def _run(words: list[str]) -> None:
    """Parses the arguments and runs the experiment."""
    parser = make_parser()
    options = parser.parse_args(words)
    state = max(options.gaps) * options.units
    if state > MAX_STATE:
        parser.error(
            f"the longest of --gaps times --units must be at most {MAX_STATE:,} (memory), received "
            f"{max(options.gaps)} times {options.units}"
        )
    folder = Path(options.output)
    _check_writable(folder)

    from nlp_apps.experiments.recall_task import Settings

    settings = Settings(
        cells=tuple(dict.fromkeys(options.cells)),
        gaps=tuple(sorted(set(options.gaps))),
        units=options.units,
        steps=options.steps,
        learning_rate=options.learning_rate,
        seed=options.seed,
        train_on=options.train_on,
    )
    experiment(settings, folder)


def experiment(settings: "Settings", folder: Path) -> None:
    """Trains every cell at every gap, and prints and writes the results.

    Args:
        settings: The settings.
        folder: Folder to write `recall.json` and `recall.png` to.

    Raises:
        WorkError: The loss became NaN or infinite, or the folder cannot be written.
    """
    from dataclasses import asdict

    from nlp_apps.cli.formatting import to_columns, to_json
    from nlp_apps.experiments import recall_task
    from nlp_apps.io.atomic_files import atomic_write_text
    from nlp_apps.plots import recall_curves

    started = time.perf_counter()
    result = recall_task.run(settings)
    chance = 1.0 / recall_task.NUM_SYMBOLS
    header = [f"{gap:,}" for gap in settings.gaps]
    print(f"accuracy on {recall_task.NUM_TEST:,} new sequences; random guesses: {chance:.1%}")
    rows = [[cell, *map("{:.1%}".format, at.values())] for cell, at in result.accuracy.items()]
    print(to_columns([["gap", *header], *rows]))
    for when, norms in (
        ("before training", result.before),
        (f"after training up to gap {header[-1]}", result.after),
    ):
        print(f"\ngradient norm {when}, as a share of the norm at distance 0")
        rows = []
        for cell, values in norms.items():
            shares = recall_curves.shares(values)
            rows.append([cell, *(f"{shares[gap]:.1e}" for gap in settings.gaps)])
        print(to_columns([["distance", *header], *rows]))
    text = to_json({"settings": asdict(settings), "chance": chance, **asdict(result)})
    atomic_write_text(folder / JSON, text + "\n")
    recall_curves.draw(
        result.accuracy, result.before, result.after, chance=chance, path=folder / PICTURE
    )
    seconds = time.perf_counter() - started
    print(f"\ndone in {seconds:,.0f} s: {folder / PICTURE}, {folder / JSON}")


def make_parser() -> argparse.ArgumentParser:
    """Makes the parser of the command."""
    parser = Parser(
        prog="nlp-apps recall",
        description="Train each recurrent cell to recall a symbol over growing gaps, and draw the "
        "accuracy and the norm of the gradient by distance.",
    )
    parser.add_argument(
        "--cells",
        metavar="CELL",
        nargs="+",
        choices=CELLS,
        default=CELLS,
        help=f"cells to train (default: {' '.join(CELLS)})",
    )
    parser.add_argument(
        "--gaps",
        metavar="STEPS",
        nargs="+",
        type=_integer(1, MAX_GAP),
        default=GAPS,
        help=f"tokens between symbol and question (default: {' '.join(map(str, GAPS))})",
    )
    parser.add_argument(
        "--units",
        metavar="N",
        type=_integer(1, MAX_UNITS),
        default=32,
        help="size of the state (default: 32)",
    )
    parser.add_argument(
        "--steps",
        metavar="N",
        type=_integer(1),
        default=1000,
        help="maximum training steps for each cell and gap (default: 1000)",
    )
    parser.add_argument(
        "--learning-rate",
        metavar="RATE",
        type=_positive,
        default=0.003,
        help="learning rate of Adam (default: 0.003)",
    )
    parser.add_argument(
        "--train-on",
        choices=TRAIN_ON,
        default=TRAIN_ON[0],
        help="training sequences. stream: gaps from 1 to the evaluated one, with distractors "
        "before the symbol; first: the same gaps, the symbol first; fixed: only the evaluated gap, "
        "the symbol first (default: stream)",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=_integer(0, 2**32 - 1),
        default=1,
        help="random seed (default: 1)",
    )
    add_output(
        parser,
        "folder to write (default: runs/recall)",
        "DIR",
        "--to",
        default="runs/recall",
    )
    add_renamed(parser, "--practice", "--train-on")
    add_debug(parser)
    return parser


def _integer(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    """Returns a parser of integers within bounds."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = minimum - 1
        if number < minimum or (maximum is not None and number > maximum):
            upper = "" if maximum is None else f" and at most {maximum}"
            raise argparse.ArgumentTypeError(
                f"must be an integer, at least {minimum}{upper}, received {text!r}"
            )
        return number

    return read


def _positive(text: str) -> float:
    """Parses a positive number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a positive number, received {text!r}")
    return number


def _check_writable(folder: Path) -> None:
    """Makes the folder and writes to it, so that an error precedes minutes of training.

    Raises:
        WorkError: The folder cannot be made or written.
    """
    import tempfile

    from nlp_apps.io.atomic_files import convert_write_errors, make_folder

    make_folder(folder)
    with convert_write_errors(folder / JSON), tempfile.TemporaryFile(dir=folder):
        pass


if __name__ == "__main__":
    sys.exit(main())
