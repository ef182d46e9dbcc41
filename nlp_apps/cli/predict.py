"""The verb `predict`: prints one prediction per text."""

import argparse
import logging
import os
import shlex
from collections.abc import Sequence
from typing import Any

from nlp_apps.cli.app_description import App
from nlp_apps.cli.interruption import sigterm_as_interrupt
from nlp_apps.cli.parser import add_output, add_verb
from nlp_apps.cli.prediction_output import (
    PredictWork,
    is_resumable,
    print_predictions,
    write_once,
    write_resumable,
)
from nlp_apps.cli.text_io import NO_TEXT
from nlp_apps.errors import UsageError

logger = logging.getLogger(__name__)


def add_parser(verbs: Any, app: App) -> None:
    """Adds the parser of the verb."""
    parser = add_verb(
        verbs,
        "predict",
        "print one prediction per text",
        lambda options: run(app, options, parser.words),
        [f'"{app.shipped_example_text}"', f"runs/{app.default_recipe} --input texts.txt --json"],
    )
    parser.add_argument(
        "model",
        metavar="MODEL",
        nargs="?",
        help="run folder that train wrote, SavedModel, .tflite or .onnx that export wrote, or "
        f"name of a shipped model (default: {app.default_model})",
    )
    parser.add_argument("texts", metavar="TEXT", nargs="*", help="texts; one prediction each")
    parser.add_argument("--input", metavar="FILE", help="read one text per line; - is stdin")
    add_output(
        parser,
        "file to write instead of stdout, complete or not at all; an interruption leaves the "
        "finished lines in FILE.partial",
        "FILE",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue after the finished lines of an interrupted predict with the same model, "
        "--input FILE, --output FILE and flags",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the finished lines in FILE.partial"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object per line, with scores"
    )
    parser.add_argument(
        "--trust",
        action="store_true",
        help="load a SavedModel that can read and write files or run code: it is a program",
    )
    if app.add_predict_flags:
        app.add_predict_flags(parser)


def run(app: App, options: argparse.Namespace, words: Sequence[str]) -> None:
    """Predicts, and prints or writes one line a text, in order.

    Args:
        app: The app.
        options: The parsed arguments.
        words: The same as they were typed, for the command that continues.
    """
    kwargs = app.predict_kwargs(options) if app.predict_kwargs else {}
    to_file = options.output not in (None, "-")
    if options.resume or options.overwrite:
        _require_file_to_file(options, to_file=to_file)
    model = _model(app, options)
    if app.predicts_empty_text and not options.texts and options.input is None:
        options.texts = [""]
    if options.input is not None:
        _warn_of_a_table(options.input)
    work = PredictWork(app, model, kwargs, options, words)
    if to_file and is_resumable(options.input, options.output):
        with sigterm_as_interrupt():
            write_resumable(work)
    elif to_file:
        write_once(work)
    else:
        print_predictions(work)


def _warn_of_a_table(name: str) -> None:
    from nlp_apps.text.readers.tables import is_table  # Other predictions need no readers.

    if is_table(name):
        logger.warning(
            "--input %s: each line is read as one text, with its separators and any header line. "
            "To predict one column: nlp-apps batch MODEL %s OUTPUT --column NAME",
            name,
            shlex.quote(name),
        )


def _require_file_to_file(options: argparse.Namespace, *, to_file: bool) -> None:
    """Checks the flags that need finished lines in a file.

    Raises:
        UsageError: they are combined, or without a regular file as input or as output.
    """
    flag = "--resume" if options.resume else "--overwrite"
    if options.resume and options.overwrite:
        raise UsageError("pass --resume or --overwrite, not both.")
    if not to_file:
        raise UsageError(f"{flag} needs --output FILE: without it, no finished lines are kept.")
    if options.input is None:
        raise UsageError(f"{flag} needs --input FILE, the texts whose finished lines are kept.")
    if (
        options.input == "-"
        or os.path.exists(options.input)
        and not is_resumable(options.input, options.output)
    ):
        raise UsageError(
            f"{flag} needs regular files as --input and --output: standard input, a pipe or a "
            "device cannot be read again."
        )


def _model(app: App, options: argparse.Namespace) -> str:
    """Returns the path of the model: the first argument, or the shipped model.

    A first argument that is no existing path and no shipped model is a text if it has several
    words, or if it is the only text and does not look like a path.
    """
    from nlp_apps.resources import shipped_model, shipped_model_names

    first: str | None = options.model
    if first is not None:
        is_only = not options.texts and options.input is None
        is_text = len(first.split()) != 1 or is_only and not _looks_like_a_path(first)
        if os.path.exists(first) or first in shipped_model_names() or not is_text:
            return first
        options.texts.insert(0, first)
    if not options.texts and options.input is None and not app.predicts_empty_text:
        raise UsageError(NO_TEXT)
    logger.info("using the shipped model %s", app.default_model)
    return str(shipped_model(app.default_model))


def _looks_like_a_path(word: str) -> bool:
    return os.sep in word or word.endswith((".tflite", ".onnx"))
