"""Flags and output of `generation predict` and `generation explain`."""

import argparse
import functools
from collections.abc import Mapping
from typing import Any

from nlp_apps.cli.parser import add_renamed
from nlp_apps.errors import UsageError


def add_predict_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of sampling."""
    add = parser.add_argument
    recipe = " (default: the recipe's)"
    add(
        "--temperature",
        type=float,
        metavar="X",
        help=f"below 1: more predictable; above 1: less{recipe}",
    )
    add(
        "--top-k",
        type=int,
        metavar="N",
        help=f"sample from the N most probable tokens; 0: all{recipe}",
    )
    add(
        "--top-p",
        type=float,
        metavar="P",
        help="sample from the most probable tokens whose probabilities add up to P; 1: all"
        f"{recipe}",
    )
    add(
        "--repetition-penalty",
        type=float,
        metavar="X",
        help=f"above 1: tokens of the text so far become less probable{recipe}",
    )
    add(
        "--no-repeat-ngram-size",
        type=int,
        metavar="N",
        help=f"never repeat a sequence of N tokens; 0: off{recipe}",
    )
    add(
        "--max-tokens",
        type=int,
        metavar="N",
        help=f"maximum number of generated tokens{recipe}",
    )
    add("--seed", type=int, default=1, metavar="N", help="random seed (default: 1)")
    add("--num-samples", type=int, default=1, metavar="N", help="texts per prompt (default: 1)")
    add(
        "--stop",
        action="append",
        default=[],
        metavar="TEXT",
        help="end the text before TEXT; may be repeated",
    )
    add("--stream", action="store_true", help="print the text while it is generated")
    add_renamed(parser, "--samples", "--num-samples")
    add_renamed(parser, "--no-repeat-ngram", "--no-repeat-ngram-size")


def add_explain_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flag of the gates."""
    parser.add_argument(
        "--gates", action="store_true", help="also draw how far the gates of each layer are open"
    )


SAMPLING = (
    "temperature",
    "top_k",
    "top_p",
    "repetition_penalty",
    "no_repeat_ngram_size",
    "max_tokens",
    "seed",
    "num_samples",
    "stop",
)
"""Flags that are keyword arguments of `generation.predict` under the same name."""


def predict_kwargs(options: argparse.Namespace) -> dict[str, Any]:
    """Returns the keyword arguments of `generation.predict`.

    Raises:
        UsageError: `--stream` is combined with a flag that it excludes.
    """
    kwargs = {name: getattr(options, name) for name in SAMPLING}
    if not options.stream:
        return kwargs
    if options.json or options.output not in (None, "-") or options.num_samples > 1:
        raise UsageError(
            "--stream prints one growing text: it excludes --json, --output and --num-samples."
        )
    return {**kwargs, "on_text": functools.partial(print, end="", flush=True)}


def format_prediction(prediction: Mapping[str, Any]) -> str:
    """Formats the samples of a prompt on one line, separated by tabs."""
    texts = [sample["text"] for sample in prediction.get("samples", [prediction])]
    return "\t".join(text.replace("\t", " ") for text in texts)
