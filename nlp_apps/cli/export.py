"""The verb `export RUN`, the same for every app."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

FORMATS = ("saved_model", "tflite")

QUANTIZE = ("none", "float16", "dynamic")
"""Weights of a `.tflite` as float32; as float16; as int8, a scale a row, with sums in float32."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what every app's `export` takes."""
    parser.add_argument("run", metavar="RUN", help="folder that train wrote")
    parser.add_argument(
        "--to",
        metavar="DIR",
        help="the model's folder (default: saved_models/NAME)",
    )
    parser.add_argument(
        "--format",
        dest="formats",
        choices=FORMATS,
        action="append",
        default=[],
        help="what to write; may be repeated (default: saved_model)",
    )
    parser.add_argument(
        "--quantize",
        choices=QUANTIZE,
        default="dynamic",
        help="weights of a .tflite: float32, float16, or int8 in rows (default: dynamic)",
    )
    parser.add_argument("--data-dir", metavar="DIR", help="where to look for the text first")


def run(export: Callable[..., Mapping[str, Any]], options: argparse.Namespace) -> None:
    """Exports, and prints what was written.

    Args:
        export: `export(run, to, data_dir, formats, quantize)`.
        options: as `arguments` has them.
    """
    from nlp_apps.cli.text_io import to_table
    from nlp_apps.training.run_folder import existing

    to = Path(options.to) if options.to is not None else None
    formats = options.formats or FORMATS[:1]
    print(
        to_table(
            export(str(existing(options.run)), to, options.data_dir, formats, options.quantize)
        )
    )
