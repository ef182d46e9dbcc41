"""Greedy decoding of the Multi30k translator beside PyTorch, a fixed number of tokens.

.venv/bin/python -m benchmarks.greedy_decoding --pytorch OTHER_VENV/bin/python
"""

import sys

from benchmarks.settings import NO_PYTORCH, Settings, run_alone
from benchmarks.spread import rounded
from benchmarks.tables import command, table
from benchmarks.translator_sizes import parse_shape
from benchmarks.workers import Measurement, measure

SHAPES = ["64x20", "1x20", "16x100"]
"""Sources, and tokens of each source and of its translation."""

OWN = "float32"


def measure_searches(settings: Settings) -> dict[str, dict[str, Measurement]]:
    """Measures searches by shape and variant."""
    commands = {OWN: [sys.executable, "-m", "benchmarks.translator_worker"]}
    if settings.pytorch:
        other = [settings.pytorch, "-m", "benchmarks.pytorch_worker", "--precision"]
        commands |= {
            "PyTorch, float32": [*other, "float32"],
            "PyTorch, bfloat16": [*other, "bfloat16"],
        }
    cases = [f"greedy {shape}" for shape in SHAPES]
    found = measure(commands, cases, repetitions=settings.repetitions)
    return dict(zip(SHAPES, found.values(), strict=True))


def section(found: dict[str, dict[str, Measurement]], settings: Settings) -> list[str]:
    """Returns the Markdown lines."""
    header = ["rows x tokens", "variant", "milliseconds", "tokens per second", "relative time"]
    rows: list[list[object]] = []
    for shape, variants in found.items():
        batch, length = parse_shape(shape)
        reference = next(iter(variants.values()))
        for name, (_, milliseconds) in variants.items():
            speed = milliseconds.rate(1000 * batch * length)
            relative = milliseconds.median / reference.milliseconds.median
            rows.append([shape.replace("x", " x "), name, milliseconds, speed, rounded(relative)])
    lines = [*command("greedy_decoding"), "", *table(header, rows)]
    return lines if settings.pytorch else [*lines, "", NO_PYTORCH]


def measured_section(settings: Settings) -> list[str]:
    """Measures, and returns the Markdown lines."""
    return section(measure_searches(settings), settings)


if __name__ == "__main__":
    run_alone(measured_section, __doc__)
