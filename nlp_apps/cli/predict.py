"""The verb `predict`: prints one prediction per text."""

import argparse
import contextlib
import functools
import logging
import os
from typing import Any

from nlp_apps.cli.app_description import App
from nlp_apps.cli.parser import add_output, add_verb
from nlp_apps.cli.text_io import NO_TEXT, input_texts, prediction_lines
from nlp_apps.errors import UsageError

logger = logging.getLogger(__name__)


def add_parser(verbs: Any, app: App) -> None:
    """Adds the parser of the verb."""
    parser = add_verb(
        verbs,
        "predict",
        "print one prediction per text",
        functools.partial(run, app),
        [f'"{app.shipped_example_text}"', f"runs/{app.default_recipe} --input texts.txt --json"],
    )
    parser.add_argument(
        "model",
        metavar="MODEL",
        nargs="?",
        help="run folder that train wrote, SavedModel or .tflite that export wrote, or name of a "
        f"shipped model (default: {app.default_model})",
    )
    parser.add_argument("texts", metavar="TEXT", nargs="*", help="texts; one prediction each")
    parser.add_argument("--input", metavar="FILE", help="read one text per line; - is stdin")
    add_output(parser, "file to write instead of stdout, complete or not at all", "FILE")
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


def run(app: App, options: argparse.Namespace) -> None:
    """Predicts, and prints or writes one line a text, in order."""
    kwargs = app.predict_kwargs(options) if app.predict_kwargs else {}
    if options.trust:
        kwargs["trust"] = True
    model = _model(app, options)
    if app.predicts_empty_text and not options.texts and options.input is None:
        options.texts = [""]
    with contextlib.ExitStack() as files:
        lines = prediction_lines(
            lambda texts: app.predict(model, texts, **kwargs),
            input_texts(options.texts, options.input, files),
            key=app.prediction_key,
            as_json=options.json,
            # A streamed text is already on the terminal, except for its newline.
            format_line=(lambda _: "") if kwargs.get("on_text") else app.format_prediction,
            predicts_empty_text=app.predicts_empty_text,
            too_long=_too_long(app, options),
        )
        if options.output in (None, "-"):
            for line in lines:
                print(line, flush=True)
            return
        from nlp_apps.io.atomic_files import atomic_write

        with (
            atomic_write(options.output) as path,
            open(path, "w", encoding="utf-8", newline="") as out,
        ):
            out.writelines(f"{line}\n" for line in lines)


def _too_long(app: App, options: argparse.Namespace) -> str:
    """Returns the warning of a text that is too long; "" if the app accepts every length."""
    from nlp_apps.results import TOO_LONG  # needs NumPy, which --help must not import

    place = "TEXT %d" if options.input is None else "line %d"
    return f"{place}: {TOO_LONG[app.name]}" if app.name in TOO_LONG else ""


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
    return os.sep in word or word.endswith(".tflite")
