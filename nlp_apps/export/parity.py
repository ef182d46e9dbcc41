"""Parity proof: compares the predictions of an artefact with those of the run."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

NUM_TEXTS = 500
"""Texts that are compared, of the validation split first."""

MIN_EQUAL = 0.995
"""Share of the texts whose predictions must be equal: floats are added in another order, which may
swap two predictions of the same probability."""

TIMED_TEXTS = 64
"""Texts whose predictions are timed."""

TIMED_CALLS = 10
"""Least number of timed calls; a few batches are timed several times each."""

TIMED_SECONDS = 1.0
"""Seconds after which a batch is timed no further: slow calls need no more repeats."""


class Prediction(NamedTuple):
    """A prediction as it is compared.

    Attributes:
        output: must be equal.
        scores: must be close.
    """

    output: str
    scores: tuple[float, ...]


class Check(NamedTuple):
    """A comparison of the run with an artefact.

    Attributes:
        name: the prediction mode, for instance "beam".
        model: predicts with the run for texts, in order, in batches of its recipe.
        artefact: predicts with the artefact; its second argument is the batch size.
        tolerance: allowed difference of the scores of equal outputs.
    """

    name: str
    model: Callable[[Sequence[str]], Iterable[Prediction]]
    artefact: Callable[[Sequence[str], int], Iterable[Prediction]]
    tolerance: float = 1e-4


def compare(check: Check, texts: Sequence[str], batch_sizes: Sequence[int]) -> dict[str, Any]:
    """Compares the predictions of both.

    Args:
        check: the comparison.
        texts: the texts.
        batch_sizes: batch sizes of the artefact.

    Returns:
        For each batch size the number of texts, the number of equal outputs, the maximum absolute
        difference of their scores, and whether the artefact passed.
    """
    expected = list(check.model(texts))
    report: dict[str, Any] = {}
    for batch_size in batch_sizes:
        found = check.artefact(texts, batch_size)
        pairs = list(zip(expected, found, strict=True))
        equal = [(a.scores, b.scores) for a, b in pairs if a.output == b.output]
        difference = max(
            (abs(x - y) for a, b in equal for x, y in zip(a, b, strict=True)), default=0.0
        )
        enough = len(equal) >= MIN_EQUAL * len(texts)
        report[f"batch_{batch_size}"] = {
            "texts": len(texts),
            "num_equal": len(equal),
            "max_abs_diff": float(f"{difference:.3g}"),
            "tolerance": check.tolerance,
            "passed": bool(enough and difference <= check.tolerance),
        }
    return report


def latency(
    check: Check, texts: Sequence[str], batch_sizes: Sequence[int], repeats: int = 3
) -> dict[str, Any]:
    """Times both in turn, batch by batch.

    Args:
        check: the comparison.
        texts: at least one.
        batch_sizes: batch sizes.
        repeats: least number of calls of a batch. Their median counts, so that a slow first call
            does not.

    Returns:
        For each batch size the milliseconds per text of both and their ratio.
    """
    texts = [texts[index % len(texts)] for index in range(TIMED_TEXTS)]
    report = {}
    for batch_size in batch_sizes:
        batches = [texts[at : at + batch_size] for at in range(0, len(texts), batch_size)]
        seconds = {"model": 0.0, "artefact": 0.0}
        for batch in batches:
            calls = {
                "model": partial(check.model, batch),
                "artefact": partial(check.artefact, batch, batch_size),
            }
            times: dict[str, list[float]] = {name: [] for name in seconds}
            for index in range(max(repeats, TIMED_CALLS // len(batches))):
                if index >= repeats and sum(map(sum, times.values())) > TIMED_SECONDS:
                    break
                for name, call in calls.items():
                    started = time.perf_counter()
                    for _ in call():
                        pass
                    times[name].append(time.perf_counter() - started)
            for name, values in times.items():
                seconds[name] += float(np.median(values))
        report[f"batch_{batch_size}"] = {
            **{name: round(1000 * value / len(texts), 3) for name, value in seconds.items()},
            "ratio": round(seconds["artefact"] / seconds["model"], 3),
        }
    return report


def failures(report: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Describes each comparison that did not pass.

    Args:
        report: check -> the result of `compare`.
    """
    return [
        f"{name}, {size.replace('_', ' ')}: {row['num_equal']} of {row['texts']} outputs equal, "
        f"max_abs_diff {row['max_abs_diff']} (allowed: {row['tolerance']})"
        for name, sizes in report.items()
        for size, row in sizes.items()
        if not row["passed"]
    ]
