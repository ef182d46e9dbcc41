"""Cost per token at lengths from 10 to 200, of training and of greedy decoding.

    .venv/bin/python -m benchmarks.cost_per_token

The goal is a cost that is independent of the length: the largest at most 1.3 times the smallest.
"""

import sys
from collections.abc import Callable

from benchmarks.settings import NO_PYTORCH, Settings, run_alone
from benchmarks.spread import Spread, rounded
from benchmarks.tables import command, table
from benchmarks.translator_sizes import parse_shape
from benchmarks.workers import measure

LENGTHS = [10, 18, 30, 50, 100, 200]
BATCH_TOKENS = 1500
ROWS = 32
"""Rows of the decoding with a fixed number of rows."""

GOAL = 1.3

Costs = dict[str, dict[int, Spread]]
"""Microseconds per token by name and length."""


def rows_of(length: int) -> int:
    """Returns the rows of a batch with about `BATCH_TOKENS` tokens."""
    return max(1, round(BATCH_TOKENS / length))


def measure_costs(settings: Settings) -> Costs:
    """Measures the cost per token."""
    worker = [sys.executable, "-m", "benchmarks.translator_worker", "--variant"]
    training = {
        "training, float32": [*worker, "float32"],
        "training, mixed precision": [*worker, "mixed"],
    }
    decoding = {"decoding": [*worker, "float32"]}
    if settings.pytorch:
        other = [settings.pytorch, "-m", "benchmarks.pytorch_worker"]
        training["training, PyTorch"] = other
        decoding["decoding, PyTorch"] = other
    found = _measure(training, "step", rows_of, "", settings)
    found |= _measure(decoding, "greedy", rows_of, "", settings)
    return found | _measure(decoding, "greedy", lambda _: ROWS, f", {ROWS} rows", settings)


def _measure(
    commands: dict[str, list[str]],
    kind: str,
    rows: Callable[[int], int],
    suffix: str,
    settings: Settings,
) -> Costs:
    cases = {f"{kind} {rows(length)}x{length}": length for length in LENGTHS}
    found = measure(commands, list(cases), repetitions=settings.repetitions, calls=2)
    return {
        name + suffix: {
            length: found[case][name].milliseconds.scaled(1000 / tokens_of(case))
            for case, length in cases.items()
        }
        for name in next(iter(found.values()))
    }


def tokens_of(case: str) -> int:
    """Returns the tokens of a case such as `step 83x18`."""
    batch, length = parse_shape(case.split()[1])
    return batch * length


def ratio(costs: dict[int, Spread]) -> float:
    """Returns the largest median divided by the smallest."""
    medians = [spread.median for spread in costs.values()]
    return max(medians) / min(medians)


def section(costs: Costs, settings: Settings) -> list[str]:
    """Returns the Markdown lines."""
    lines = [
        *command("cost_per_token"),
        "",
        f"Microseconds per token of batches of about {BATCH_TOKENS:,} tokens, or of {ROWS} rows;",
        f"the goal of the ratio of largest to smallest is {GOAL}:",
        "",
    ]
    rows = [[name, *found.values(), rounded(ratio(found))] for name, found in costs.items()]
    lines += table(["tokens of a row", *map(str, LENGTHS), "ratio"], rows)
    return lines if settings.pytorch else [*lines, "", NO_PYTORCH]


def measured_section(settings: Settings) -> list[str]:
    """Measures, and returns the Markdown lines."""
    return section(measure_costs(settings), settings)


if __name__ == "__main__":
    run_alone(measured_section, __doc__)
