"""The verb `score`: prints the surprisal and perplexity of texts under a language model."""

import argparse
import contextlib
import functools
from typing import Any

from nlp_apps.cli.app_description import App
from nlp_apps.cli.formatting import printable, to_json, to_table
from nlp_apps.cli.parser import add_verb
from nlp_apps.cli.text_io import input_texts
from nlp_apps.errors import UsageError
from nlp_apps.text.normalize import one_line


def add_parser(verbs: Any, app: App) -> None:
    """Adds the parser of the verb if the app has a language model."""
    if app.score is None:
        return
    run_folder = f"runs/{app.default_recipe}"
    parser = add_verb(
        verbs,
        "score",
        "print the surprisal of texts in nats, and the perplexity",
        functools.partial(run, app),
        [f'{run_folder} "{app.example_text}"', f"{run_folder} --input app.log --top 10"],
    )
    parser.add_argument(
        "run",
        metavar="MODEL",
        help="run folder that train wrote, or .tflite or .onnx that export wrote",
    )
    parser.add_argument("texts", metavar="TEXT", nargs="*", help="texts; each is scored by itself")
    parser.add_argument("--input", metavar="FILE", help="score FILE as one text; - is stdin")
    parser.add_argument(
        "--top", type=int, metavar="N", help="print the N most surprising lines of FILE"
    )
    parser.add_argument("--json", action="store_true", help="print JSON with every token or line")


def run(app: App, options: argparse.Namespace) -> None:
    """Scores texts, one line each; or a file as one text, with its most surprising lines.

    Raises:
        NlpAppsError: there is no text, flags exclude each other, or there is no such model.
    """
    from nlp_apps.inference import artefacts

    assert app.score is not None
    assert app.score_file is not None
    if options.top is not None and options.top < 1:
        raise UsageError(f"--top must be at least 1, received {options.top}.")
    if options.top is not None and options.input is None:
        raise UsageError("--top needs --input FILE: it selects lines of a file.")
    artefacts.find(options.run)
    if options.input is None:
        with contextlib.ExitStack() as files:
            texts = [text for text in input_texts(options.texts, None, files) if text.strip()]
        if not texts:
            raise UsageError("every TEXT is empty: there is nothing to score.")
        for row in app.score(options.run, texts):
            line = f"{row['perplexity']:.2f}\t{row['nats']:.2f}\t{_shown(row['text'])}"
            print(to_json(row) if options.json else line, flush=True)
        return
    if options.texts:
        raise UsageError("pass TEXT or --input FILE, not both.")
    scores = app.score_file(options.run, options.input)
    lines = scores.pop("lines")
    scores["num_lines"] = len(lines)
    if options.top is not None:
        lines = [row for row in lines if row["text"].strip()]  # skips empty lines
        lines = sorted(lines, key=lambda row: -row["nats_per_token"])[: options.top]
    if options.json:
        print(to_json({**scores, "lines": lines}))
        return
    print(to_table(scores))
    for row in lines if options.top is not None else ():
        print(f"{row['nats_per_token']:.3f}\t{row['line']}\t{_shown(row['text'])}")


def _shown(text: str) -> str:
    """Returns a text on one line, without control characters: logs contain escape sequences."""
    return printable(one_line(text))
