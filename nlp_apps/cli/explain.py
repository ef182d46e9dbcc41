"""The verb `explain RUN TEXT [--to FILE]`, the same for every app."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_apps.cli.text_io import printable, to_rows
from nlp_apps.errors import UsageError
from nlp_apps.text.normalize import LONE_SURROGATE, is_empty, one_line
from nlp_apps.training.run_folder import existing

if TYPE_CHECKING:
    from nlp_apps.explain.explanation import Explained


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what every app's `explain` takes."""
    parser.add_argument("run", metavar="RUN", help="folder that train wrote")
    parser.add_argument("text", metavar="TEXT", help="the text to explain")
    parser.add_argument(
        "--to", metavar="FILE", help="picture (.png) or page (.html) (default: RUN/explain.png)"
    )


def run(explain: Callable[..., "Explained"], options: argparse.Namespace) -> None:
    """Checks the words, explains, draws, prints.

    Args:
        explain: `explain(run, text)`; an app's own flags reach it by keyword.
        options: as `arguments` has them.

    Raises:
        UsageError: the text is blank or not UTF-8, the run is missing, the file's suffix is wrong.
        WorkError: the picture cannot be written.
    """
    from nlp_apps.plots.report import SUFFIXES

    folder, text = existing(options.run), options.text
    path = Path(options.to) if options.to is not None else folder / "explain.png"
    if LONE_SURROGATE.search(text):
        raise UsageError("TEXT is not UTF-8.")
    if is_empty(text):
        raise UsageError("nothing to explain: TEXT is blank.")
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--to {path}: must end in .png (a picture) or .html (a page).")
    flags: dict[str, Any] = {
        name: value
        for name, value in vars(options).items()
        if name not in ("run", "text", "to", "debug")
    }
    found = explain(str(folder), text, **flags)

    from nlp_apps.plots import report

    report.write(found.sheet, path)
    print(one_line(found.answer))
    print()
    print(to_rows([[_cell(cell) for cell in row] for row in found.rows]))
    print()
    print(path)


def _cell(text: str) -> str:
    """A word as a terminal shows it, on one line and cut."""
    shown = printable(text.replace("\n", "\u21b5"))
    return shown if len(shown) <= 40 else shown[:39] + "\u2026"
