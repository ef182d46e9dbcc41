"""Limit of the machine: speed of the matrix products of a training step, each alone.

.venv/bin/python -m benchmarks.matrix_products
"""

import sys

from benchmarks.settings import NO_PYTORCH, Settings, run_alone
from benchmarks.spread import Spread
from benchmarks.tables import command, table
from benchmarks.translator_sizes import Product, parse_shape, product_shapes, products_of_a_call
from benchmarks.workers import measure

SQUARE = "2048x2048x2048"
"""A product without small sides, for comparison."""

BATCHES = [(83, 18), (15, 100), (7, 200)]
"""B and T of the measured training steps."""

Speeds = dict[str, dict[str, Spread]]
"""GFLOP/s by shape and variant."""


def measure_speeds(settings: Settings) -> Speeds:
    """Measures GFLOP/s by shape and variant."""
    worker = [sys.executable, "-m", "benchmarks.product_worker"]
    commands = {
        "TensorFlow, float32": worker,
        "XLA, float32": [*worker, "--xla"],
        "TensorFlow, bfloat16": [*worker, "--precision", "bfloat16"],
    }
    if settings.pytorch:
        other = [settings.pytorch, "-m", "benchmarks.pytorch_worker", "--precision"]
        commands |= {
            "PyTorch, float32": [*other, "float32"],
            "PyTorch, bfloat16": [*other, "bfloat16"],
        }
    shapes = [SQUARE, *product_shapes(BATCHES)]
    cases = [f"product {shape}" for shape in shapes]
    found = measure(commands, cases, repetitions=settings.repetitions)
    return {
        shape: {
            name: measurement.milliseconds.rate(gigaflops_of_a_call(shape) * 1000)
            for name, measurement in found[case].items()
        }
        for shape, case in zip(shapes, cases, strict=True)
    }


def gigaflops_of_a_call(shape: str) -> float:
    """Returns the billions of floating-point operations of a timed call."""
    m, k, n = parse_shape(shape)
    return Product(products_of_a_call(m, k, n), m, k, n).flops / 1e9


def fastest(speeds: Speeds, *, precision: str = "") -> dict[str, float]:
    """Returns the largest median of each shape, of all variants or those in one precision."""
    return {
        shape: max(spread.median for name, spread in found.items() if name.endswith(precision))
        for shape, found in speeds.items()
    }


def section(speeds: Speeds, settings: Settings) -> list[str]:
    """Returns the Markdown lines."""
    variants = list(next(iter(speeds.values())))
    rows = [
        [shape.replace("x", " x "), *(found[name] for name in variants)]
        for shape, found in speeds.items()
    ]
    lines = [*command("matrix_products"), "", "GFLOP/s of products [M, K] x [K, N]:", ""]
    lines += table(["M x K x N", *variants], rows)
    return lines if settings.pytorch else [*lines, "", NO_PYTORCH]


def measured_section(settings: Settings) -> list[str]:
    """Measures, and returns the Markdown lines."""
    return section(measure_speeds(settings), settings)


if __name__ == "__main__":
    run_alone(measured_section, __doc__)
