"""The verb `explain`: draws one prediction as a picture or page."""

import argparse
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp_apps.cli.app_description import App
from nlp_apps.cli.formatting import printable, to_columns
from nlp_apps.cli.parser import add_output, add_verb
from nlp_apps.errors import UsageError
from nlp_apps.text.normalize import LONE_SURROGATE, is_empty, one_line

MAX_CELL = 40
"""Characters of a printed word."""


def add_parser(verbs: Any, app: App) -> None:
    """Adds the parser of the verb."""
    parser = add_verb(
        verbs,
        "explain",
        app.explain_summary,
        functools.partial(run, app),
        [f'runs/{app.default_recipe} "{app.example_text}" --output explanation.html'],
    )
    parser.add_argument("run", metavar="RUN", help="run folder that train wrote")
    parser.add_argument("text", metavar="TEXT", help="text to explain")
    add_output(
        parser,
        "picture (.png) or page (.html) to write (default: RUN/explain.png)",
        "FILE",
        "--to",
    )
    if app.add_explain_flags:
        app.add_explain_flags(parser)


def run(app: App, options: argparse.Namespace) -> None:
    """Explains the text, writes the picture, and prints the words that count most.

    Raises:
        UsageError: the text is empty or not UTF-8, the run is missing, or the suffix is wrong.
        WorkError: the picture cannot be written.
    """
    from nlp_apps.plots import report_file
    from nlp_apps.training.run_folder import existing

    folder, text = existing(options.run), options.text
    path = Path(options.output) if options.output is not None else folder / "explain.png"
    if LONE_SURROGATE.search(text):
        raise UsageError("TEXT is not valid UTF-8.")
    if is_empty(text):
        raise UsageError("TEXT is empty: there is nothing to explain.")
    if path.suffix.lower() not in report_file.SUFFIXES:
        raise UsageError(f"--output {path}: must end in .png (picture) or .html (page).")
    ours = {"command", "debug", "output", "run", "text", "verb", "words"}
    kwargs = {name: value for name, value in vars(options).items() if name not in ours}
    explanation = app.explain(str(folder), text, **kwargs)
    report_file.write(explanation.report, path)
    tables = [f"{_cell(table.heading)}\n{_columns(table.rows)}" for table in explanation.tables]
    print(one_line(explanation.prediction), _columns(explanation.rows), *tables, path, sep="\n\n")


def _columns(rows: Sequence[Sequence[str]]) -> str:
    return to_columns([[_cell(cell) for cell in row] for row in rows])


def _cell(text: str) -> str:
    """Returns a word as it is printed: safe for a terminal, on one line, truncated."""
    shown = printable(text.replace("\n", "\u21b5"))
    return shown if len(shown) <= MAX_CELL else shown[: MAX_CELL - 1] + "\u2026"
