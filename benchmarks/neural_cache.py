"""Perplexity with and without the neural cache of a keyboard: for docs/learning_on_devices.md.

    .venv/bin/python -m benchmarks.neural_cache MODEL TEXT.txt [TEXT.txt ...]

MODEL is the run folder of a language model, its `.tflite`, or the name of a shipped model. Prints
for each text the perplexity per token of its first `--tokens` tokens. Each token is predicted
before the cache learns it. `--weights` and `--sharpness` measure other settings than the recipe's;
they need a run folder.
"""

import argparse
import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.tables import table
from nlp_apps import generation


class Setting(NamedTuple):
    """Settings of a cache; None: those of the model."""

    weight: float | None = None
    sharpness: float | None = None


class Scores(NamedTuple):
    """Perplexities of a text, without the cache and with each setting of it."""

    tokens: int
    plain: float
    cached: list[float]


def perplexity(nats: Sequence[float]) -> float:
    """Returns e to the mean of surprisals."""
    return math.exp(sum(nats) / len(nats))


def with_setting(board: Any, setting: Setting) -> Any:
    """Returns the keyboard, of a run folder, with other settings of its cache."""
    wanted = {"cache_weight": setting.weight, "cache_sharpness": setting.sharpness}
    changed: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if not changed:
        return board
    decoding = board.generator.recipe.decoding.model_copy(update=changed)
    return type(board)(board.generator, decoding)


def scores(boards: Sequence[Any], text: str, tokens: int) -> Scores:
    """Computes the perplexities of the first tokens of a text.

    Args:
        boards: a keyboard for each setting of the cache.
        text: the text.
        tokens: tokens of the text that count; fewer if it is shorter.
    """
    (plain,) = boards[0].generator.surprisals([text])
    cached = []
    for board in boards:
        board.forget()
        cached.append(perplexity(board.learn(text).nats[:tokens].tolist()))
    nats = plain.nats[:tokens].tolist()
    return Scores(len(nats), perplexity(nats), cached)


def section(found: dict[str, Scores], settings: Sequence[Setting]) -> list[str]:
    """Returns the table of the scores of each text by its name."""
    names = [_name(setting) for setting in settings]
    rows = [
        [name, f"{one.tokens:,}", *(f"{value:,.1f}" for value in (one.plain, *one.cached))]
        for name, one in found.items()
    ]
    return table(["text", "tokens", "without the cache", *names], rows)


def _name(setting: Setting) -> str:
    """Returns the heading of a setting: `weight 0.2, sharpness 0.8`."""
    values = setting._asdict().items()
    found = ", ".join(f"{name} {value}" for name, value in values if value is not None)
    return found or "with it"


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("texts", metavar="TEXT.txt", type=Path, nargs="+")
    parser.add_argument("--tokens", type=int, default=6000)
    parser.add_argument("--characters", type=int, default=30_000, help="of a text that are read")
    parser.add_argument("--weights", type=float, nargs="+")
    parser.add_argument("--sharpness", type=float, nargs="+")
    arguments = parser.parse_args()
    board = generation.keyboard(arguments.model)
    grid = [arguments.weights or [None], arguments.sharpness or [None]]
    settings = [Setting(*one) for one in itertools.product(*grid)]
    if not hasattr(board, "cache"):
        parser.error("a SavedModel has no cache. Pass a run folder or a .tflite.")
    if settings != [Setting()] and not hasattr(board.generator, "recipe"):
        parser.error("--weights and --sharpness need a run folder.")
    boards = [with_setting(board, setting) for setting in settings]
    found = {
        path.stem: scores(
            boards, path.read_text(encoding="utf-8")[: arguments.characters], arguments.tokens
        )
        for path in arguments.texts
    }
    print("\n".join(section(found, settings)))


if __name__ == "__main__":
    main()
