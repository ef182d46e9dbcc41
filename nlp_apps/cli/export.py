"""The verb `export`: writes a SavedModel, a `.tflite`, an `.onnx` or a folder for a hub."""

import argparse
import functools
from pathlib import Path
from typing import Any

from nlp_apps.cli.app_description import App
from nlp_apps.cli.formatting import to_table
from nlp_apps.cli.parser import add_data_dir, add_output, add_verb
from nlp_apps.errors import UsageError
from nlp_apps.export.formats import FORMATS, QUANTIZE

CARD_FLAGS = (
    ("--license", "license", "ID", "model card: licence of the model, such as apache-2.0"),
    ("--language", "language", "CODE", "model card: language of the text; may be repeated"),
    ("--base-model", "base_model", "OWNER/NAME", "model card: model on the hub that was continued"),
    ("--dataset", "datasets", "OWNER/NAME", "model card: data set on the hub; may be repeated"),
    ("--tag", "tags", "TAG", "model card: a further tag; may be repeated"),
)
"""Flags of the model card: flag, key of the card, form and help."""


def add_parser(verbs: Any, app: App) -> None:
    """Adds the parser of the verb."""
    run_folder = f"runs/{app.default_recipe}"
    parser = add_verb(
        verbs,
        "export",
        "write a SavedModel, .tflite, .onnx or a folder for a hub, checked against the run",
        functools.partial(run, app),
        [
            run_folder,
            f"{run_folder} --format saved_model --format tflite --output saved_models/mine",
            f"{run_folder} --format tflite --quantize float16",
            f"{run_folder} --format onnx --quantize none",
            f"{run_folder} --format hub --license cc0-1.0 --language en",
        ],
    )
    parser.add_argument("run", metavar="RUN", help="run folder that train wrote")
    add_output(parser, "folder to write (default: saved_models/NAME)", "DIR", "--to")
    parser.add_argument(
        "--format",
        dest="formats",
        choices=FORMATS,
        action="append",
        default=[],
        help="format to write; may be repeated (default: saved_model)",
    )
    parser.add_argument(
        "--quantize",
        choices=QUANTIZE,
        default="dynamic",
        help="weights of the .tflite or .onnx: none is float32, dynamic is int8 (default: dynamic)",
    )
    for flag, key, metavar, text in CARD_FLAGS:
        parser.add_argument(
            flag, dest=f"card_{key}", metavar=metavar, action="append", default=[], help=text
        )
    add_data_dir(parser)


def run(app: App, options: argparse.Namespace) -> None:
    """Exports, and prints the artefacts."""
    from nlp_apps.training.run_folder import existing

    folder = Path(options.output) if options.output is not None else None
    formats = options.formats or FORMATS[:1]
    run = str(existing(options.run))
    card = {
        key: values for _, key, _, _ in CARD_FLAGS if (values := getattr(options, f"card_{key}"))
    }
    if card and "hub" not in formats:
        flag = next(flag for flag, key, _, _ in CARD_FLAGS if key in card)
        raise UsageError(f"{flag} is for the model card. Add --format hub.")
    print(to_table(app.export(run, folder, options.data_dir, formats, options.quantize, card)))
