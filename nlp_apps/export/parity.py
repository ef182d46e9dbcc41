"""The proof that an artefact answers as the model does that training left."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

NUM_TEXTS = 500
"""Texts that are checked, of the validation split first."""

LEAST_SAME = 0.995
"""Share of the texts that must get the same answer: sums in another order may part two answers that
are equally likely."""

TIMED = 64
"""Texts whose answers are timed."""

TIMED_CALLS = 10
"""Calls that are timed at least, of few batches several."""


class Answer(NamedTuple):
    """What is compared.

    Attributes:
        output: must be the same.
        figures: must be close.
    """

    output: str
    figures: tuple[float, ...]


class Check(NamedTuple):
    """One way to ask, of the model and of the artefact.

    Attributes:
        name: of the way, for instance "beam".
        model: answers texts, in order, in batches of its recipe.
        artefact: does the same, so many together.
        tolerance: how far figures of the same answer may lie apart.
    """

    name: str
    model: Callable[[Sequence[str]], Iterable[Answer]]
    artefact: Callable[[Sequence[str], int], Iterable[Answer]]
    tolerance: float = 1e-4


def compare(check: Check, texts: Sequence[str], batch_sizes: Sequence[int]) -> dict[str, Any]:
    """Asks both.

    Args:
        check: the way to ask.
        texts: the texts.
        batch_sizes: how many texts the artefact is asked together.

    Returns:
        For each batch size how many texts were checked, how many answers are the same, the largest
        difference of their figures, and whether that is enough.
    """
    wanted = list(check.model(texts))
    found: dict[str, Any] = {}
    for batch_size in batch_sizes:
        given = list(check.artefact(texts, batch_size))
        pairs = list(zip(wanted, given, strict=True))
        same = [(a.figures, b.figures) for a, b in pairs if a.output == b.output]
        largest = max((abs(x - y) for a, b in same for x, y in zip(a, b, strict=True)), default=0.0)
        is_same = len(same) >= LEAST_SAME * len(texts)
        found[f"batch_{batch_size}"] = {
            "texts": len(texts),
            "same": len(same),
            "largest_difference": float(f"{largest:.3g}"),
            "tolerance": check.tolerance,
            "passed": bool(is_same and largest <= check.tolerance),
        }
    return found


def latency(
    check: Check, texts: Sequence[str], batch_sizes: Sequence[int], rounds: int = 3
) -> dict[str, Any]:
    """Milliseconds that a text takes, with both in turn, batch by batch.

    Args:
        check: the way to ask.
        texts: at least one.
        batch_sizes: how many texts are asked together.
        rounds: how often each batch is timed at least, after a first time that does not count; its
            median counts.
    """
    texts = [texts[index % len(texts)] for index in range(TIMED)]
    found = {}
    for batch_size in batch_sizes:
        batches = [texts[at : at + batch_size] for at in range(0, len(texts), batch_size)]
        seconds = {"model": 0.0, "artefact": 0.0}
        for batch in batches:
            asks = {
                "model": partial(check.model, batch),
                "artefact": partial(check.artefact, batch, batch_size),
            }
            taken: dict[str, list[float]] = {name: [] for name in seconds}
            for _ in range(1 + max(rounds, TIMED_CALLS // len(batches))):
                for name, ask in asks.items():
                    started = time.perf_counter()
                    for _ in ask():
                        pass
                    taken[name].append(time.perf_counter() - started)
            for name, values in taken.items():
                seconds[name] += float(np.median(values[1:]))
        found[f"batch_{batch_size}"] = {
            **{name: round(1000 * value / len(texts), 3) for name, value in seconds.items()},
            "ratio": round(seconds["artefact"] / seconds["model"], 3),
        }
    return found


def failures(report: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What did not pass, in words: of `{check: {batch size: compare's}}`."""
    return [
        f"{name}, {size.replace('_', ' ')}: {row['same']} of {row['texts']} texts the same, "
        f"largest difference {row['largest_difference']} (allowed: {row['tolerance']})"
        for name, sizes in report.items()
        for size, row in sizes.items()
        if not row["passed"]
    ]
