"""The recall experiment: how far back each recurrent cell remembers (`nlp-apps recall`)."""

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nlp_apps.cli.guard import guarded
from nlp_apps.cli.parser import Parser, add_debug, add_output

if TYPE_CHECKING:
    from nlp_apps.experiments.recall_task import Settings

# Here too, because the modules that have them import TensorFlow.
CELLS = ("rnn", "gru", "lstm", "peephole", "cifg")
PRACTICES = ("stream", "first", "fixed")
GAPS = (10, 25, 50, 100, 200)

MOST_GAP, MOST_UNITS = 10_000, 2_048
MOST_STATE = 1_000_000
"""Longest gap times units: the gradients at all distances together take some gigabytes then."""

JSON, PICTURE = "recall.json", "recall.png"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the experiment.

    Args:
        argv: The words of the command; None: those of the process.

    Returns:
        The exit code, as `cli.main`.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    return guarded(lambda: _run(words), debug="--debug" in words)


def _run(words: list[str]) -> None:
    """Parses, trains, prints and writes."""
    parser = _parser()
    options = parser.parse_args(words)
    state = max(options.gaps) * options.units
    if state > MOST_STATE:
        parser.error(
            f"the longest of --gaps times --units must be at most {MOST_STATE:,}, for memory; got "
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
        practice=options.practice,
    )
    experiment(settings, folder)


def experiment(settings: "Settings", folder: Path) -> None:
    """Trains every cell at every gap, prints what came out and writes it into a folder.

    Args:
        settings: what to train.
        folder: gets `recall.json` and `recall.png`.

    Raises:
        WorkError: the loss is no longer a number, or the disk refuses.
    """
    from dataclasses import asdict

    from nlp_apps.cli.formatting import to_columns, to_json
    from nlp_apps.experiments import recall_task
    from nlp_apps.io.atomic_files import atomic_write_text
    from nlp_apps.plots import recall_curves as pictures

    started = time.perf_counter()
    result = recall_task.run(settings)
    chance = 1.0 / recall_task.NUM_SYMBOLS
    heads = [f"{gap:,}" for gap in settings.gaps]
    print(
        f"right answers on {recall_task.FRESH:,} fresh sequences; a guess is right in {chance:.1%}"
    )
    rows = [[cell, *map("{:.1%}".format, at.values())] for cell, at in result.accuracy.items()]
    print(to_columns([["gap", *heads], *rows]))
    for when, norms in (
        ("before training", result.before),
        (f"after training up to gap {heads[-1]}", result.after),
    ):
        print(f"\ngradient norm {when}, as a share of the one at distance 0")
        rows = []
        for cell, values in norms.items():
            shares = pictures.shares(values)
            rows.append([cell, *(f"{shares[gap]:.1e}" for gap in settings.gaps)])
        print(to_columns([["distance", *heads], *rows]))
    text = to_json({"settings": asdict(settings), "chance": chance, **asdict(result)})
    atomic_write_text(folder / JSON, text + "\n")
    pictures.draw(
        result.accuracy, result.before, result.after, chance=chance, path=folder / PICTURE
    )
    seconds = time.perf_counter() - started
    print(f"\ndone in {seconds:,.0f} s: {folder / PICTURE}, {folder / JSON}")


def _parser() -> argparse.ArgumentParser:
    """The parser of the command."""
    parser = Parser(
        prog="nlp-apps recall",
        description="Trains each recurrent cell to recall a symbol over growing gaps, and draws "
        "how accuracy and the gradient's norm fall with distance.",
    )
    parser.add_argument(
        "--cells",
        metavar="CELL",
        nargs="+",
        choices=CELLS,
        default=CELLS,
        help=f"which cells (default: {' '.join(CELLS)})",
    )
    parser.add_argument(
        "--gaps",
        metavar="STEPS",
        nargs="+",
        type=_whole(1, MOST_GAP),
        default=GAPS,
        help=f"tokens between symbol and question (default: {' '.join(map(str, GAPS))})",
    )
    parser.add_argument(
        "--units",
        metavar="N",
        type=_whole(1, MOST_UNITS),
        default=32,
        help="width of the state (default: 32)",
    )
    parser.add_argument(
        "--steps",
        metavar="N",
        type=_whole(1),
        default=1000,
        help="most training steps for each cell and gap (default: 1000)",
    )
    parser.add_argument(
        "--learning-rate",
        metavar="RATE",
        type=_positive,
        default=0.003,
        help="of Adam (default: 0.003)",
    )
    parser.add_argument(
        "--practice",
        choices=PRACTICES,
        default=PRACTICES[0],
        help="what training looks like. stream: gaps from 1 up to the one that is scored, and "
        "distractors before the symbol too; first: the same gaps, the symbol always first; "
        "fixed: only the gap that is scored (default: stream)",
    )
    parser.add_argument(
        "--seed", metavar="N", type=_whole(0, 2**32 - 1), default=1, help="of chance (default: 1)"
    )
    add_output(
        parser,
        "folder to write (default: runs/recall)",
        "DIR",
        "--to",
        default="runs/recall",
    )
    add_debug(parser)
    return parser


def _whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Makes a reader of whole numbers within bounds."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            upper = "" if most is None else f" and at most {most}"
            raise argparse.ArgumentTypeError(
                f"must be a whole number, at least {least}{upper}; got {text!r}"
            )
        return number

    return read


def _positive(text: str) -> float:
    """Reads a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0; got {text!r}")
    return number


def _check_writable(folder: Path) -> None:
    """Fails before the minutes of training rather than after them.

    Raises:
        WorkError: the folder cannot be made or written.
    """
    import tempfile

    from nlp_apps.io.atomic_files import convert_write_errors, make_folder

    make_folder(folder)
    with convert_write_errors(folder / JSON), tempfile.TemporaryFile(dir=folder):
        pass


if __name__ == "__main__":
    sys.exit(main())
