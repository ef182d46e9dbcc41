"""The verb `suggest`: prints the most probable next words of texts, as a keyboard shows them."""

import argparse
import contextlib
import functools
from typing import Any

from nlp_apps.cli.app_description import App
from nlp_apps.cli.formatting import printable, to_json
from nlp_apps.cli.parser import add_verb
from nlp_apps.cli.text_io import input_texts


def add_parser(verbs: Any, app: App) -> None:
    """Adds the parser of the verb if the app has a language model."""
    if app.suggest is None:
        return
    run_folder = f"runs/{app.default_recipe}"
    parser = add_verb(
        verbs,
        "suggest",
        "print the most probable next words, or completions of a begun word",
        functools.partial(run, app),
        [f'{run_folder} "The goat was in the wr"', f'{run_folder} --learn notes.txt "See you "'],
    )
    parser.add_argument(
        "run",
        metavar="MODEL",
        help="run folder that train wrote; or SavedModel, .tflite or .onnx that export wrote",
    )
    parser.add_argument(
        "texts",
        metavar="TEXT",
        nargs="*",
        help="texts so far; the last word has begun unless a space follows it",
    )
    parser.add_argument("--input", metavar="FILE", help="read texts from FILE, one a line")
    parser.add_argument(
        "--learn",
        metavar="FILE",
        action="append",
        default=[],
        help="read FILE into the neural cache first, so that its words are suggested; may be "
        "repeated; not with a SavedModel",
    )
    parser.add_argument(
        "--top", type=int, metavar="N", help="print N words, at most 6 (default: 3)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON with probabilities")


def run(app: App, options: argparse.Namespace) -> None:
    """Prints a line of words for each text.

    Raises:
        NlpAppsError: a file is missing, a flag is wrong, or there is no such model.
    """
    from nlp_apps.inference import artefacts

    assert app.suggest is not None
    artefacts.find(options.run)
    with contextlib.ExitStack() as files:
        texts = list(input_texts(options.texts, options.input, files))
    for row in app.suggest(options.run, texts, learn=options.learn, number=options.top):
        line = "\t".join(printable(one["word"]) for one in row["words"])
        print(to_json(row) if options.json else line, flush=True)
