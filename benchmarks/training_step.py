"""Training step of the Multi30k translator beside Keras's LSTM layers and PyTorch.

    .venv/bin/python -m benchmarks.training_step --pytorch OTHER_VENV/bin/python

Our scan in float32 and in mixed precision, Keras's LSTM layers with XLA, and `pytorch_translator`
in float32, in bfloat16 (autocast) and compiled.
"""

import sys
from collections.abc import Callable

from benchmarks.matrix_products import BATCHES, Speeds, fastest
from benchmarks.settings import NO_PYTORCH, Settings, run_alone
from benchmarks.spread import rounded
from benchmarks.tables import command, table
from benchmarks.translator_sizes import fastest_milliseconds, step_flops
from benchmarks.workers import Measurement, measure

FLOAT32, PYTORCH_FLOAT32 = "float32", "PyTorch, float32"
ANY_PRECISION = "any precision"

Steps = dict[str, dict[str, Measurement]]
"""Measurements by shape (`BxT`) and variant."""


def measure_steps(settings: Settings, shapes: list[str] | None = None) -> Steps:
    """Measures training steps by shape and variant."""
    worker = [sys.executable, "-m", "benchmarks.translator_worker", "--variant"]
    commands = {
        FLOAT32: [*worker, "float32"],
        "mixed precision": [*worker, "mixed"],
        "Keras LSTM, XLA, float32": [*worker, "keras"],
    }
    if settings.pytorch:
        other = [settings.pytorch, "-m", "benchmarks.pytorch_worker", "--precision"]
        commands |= {
            PYTORCH_FLOAT32: [*other, "float32"],
            "PyTorch, bfloat16": [*other, "bfloat16"],
            "PyTorch, bfloat16, compiled": [*other, "bfloat16", "--compile"],
        }
    shapes = shapes or [f"{batch}x{length}" for batch, length in BATCHES]
    found = measure(
        commands, [f"step {shape}" for shape in shapes], repetitions=settings.repetitions
    )
    return dict(zip(shapes, found.values(), strict=True))


def section(steps: Steps, speeds: Speeds | None, settings: Settings) -> list[str]:
    """Returns the Markdown lines.

    Args:
        steps: the measurements.
        speeds: those of `matrix_products`, for the share of the machine's limit.
        settings: the settings of the measurements.
    """
    shapes, variants = list(steps), list(next(iter(steps.values())))
    header = ["rows x tokens", *(shape.replace("x", " x ") for shape in shapes)]

    def rows(cell: Callable[[str, str], object]) -> list[list[object]]:
        return [[name, *(cell(shape, name) for shape in shapes)] for name in variants]

    def median(shape: str, name: str) -> float:
        return steps[shape][name].milliseconds.median

    times = rows(lambda shape, name: steps[shape][name].milliseconds)
    if speeds:
        times += [
            [f"its products alone, {name}", *(rounded(alone(s, speeds, name)) for s in shapes)]
            for name in ("float32", ANY_PRECISION)
        ]
    lines = [*command("training_step"), "", "Milliseconds of a step:", "", *table(header, times)]
    lines += ["", "GFLOP/s of its products:", ""]
    lines += table(
        header,
        rows(lambda shape, name: rounded(step_flops(*sizes(shape)) / median(shape, name) / 1e6)),
    )
    if speeds:
        lines += ["", "Share of the time of its products alone, in any precision:", ""]
        lines += table(
            header,
            rows(lambda shape, name: f"{alone(shape, speeds) / median(shape, name):.0%}"),
        )
    reference = PYTORCH_FLOAT32 if PYTORCH_FLOAT32 in variants else variants[0]
    lines += ["", f"Time relative to {reference}:", ""]
    lines += table(
        header,
        rows(lambda shape, name: f"{median(shape, name) / median(shape, reference):.2f}"),
    )
    lines += ["", "Seconds of the first step of a shape, which compiles:", ""]
    lines += table(header, rows(lambda shape, name: rounded(steps[shape][name].first / 1000)))
    return lines if settings.pytorch else [*lines, "", NO_PYTORCH]


def alone(shape: str, speeds: Speeds, precision: str = ANY_PRECISION) -> float:
    """Returns milliseconds of the products of a step, each as fast as the fastest variant."""
    suffix = "" if precision == ANY_PRECISION else precision
    return fastest_milliseconds(*sizes(shape), fastest(speeds, precision=suffix))


def sizes(shape: str) -> tuple[int, int]:
    """Returns B and T of a shape such as `83x18`."""
    batch, length = map(int, shape.split("x"))
    return batch, length


def measured_section(settings: Settings) -> list[str]:
    """Measures, and returns the Markdown lines."""
    return section(measure_steps(settings), None, settings)


if __name__ == "__main__":
    run_alone(measured_section, __doc__)
