"""Runs all benchmarks, and writes their tables to `docs/benchmarks.md`.

    .venv/bin/python -m benchmarks.report --only products,training

`make bench` runs it. A report of some benchmarks has the sections of those only. Run it on an idle
machine: the report has the load at its start.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    batch_throughput,
    cold_start,
    corpus_memory,
    cost_per_token,
    greedy_decoding,
    matrix_products,
    training_step,
)
from benchmarks.machine import describe, load_average
from benchmarks.settings import Settings, add_flags, settings_of
from benchmarks.workers import ROOT
from nlp_apps.io.atomic_files import atomic_write_text

REPORT = ROOT / "docs" / "benchmarks.md"

TITLES = {
    "products": "Matrix products: the limit of the machine",
    "training": "Training step",
    "decoding": "Greedy decoding",
    "tokens": "Cost per token against length",
    "batches": "Predictions against batch size",
    "memory": "Memory against corpus size",
    "start": "Cold start",
}
"""Names of the benchmarks on the command line, and titles of their sections."""

INTRODUCTION = """\
`make bench` writes this page; [benchmarks/README.md](../benchmarks/README.md) describes the
measurements. A cell is the median of {repetitions} repetitions, with the lowest and the highest in
parentheses. In each repetition, all variants of a table run in turn, each in its own process."""


def measured_sections(names: Sequence[str], settings: Settings) -> dict[str, list[str]]:
    """Runs benchmarks in the order of `TITLES`, and returns their Markdown lines by name."""
    speeds: matrix_products.Speeds | None = None

    def products() -> list[str]:
        nonlocal speeds
        speeds = matrix_products.measure_speeds(settings)
        return matrix_products.section(speeds, settings)

    def training() -> list[str]:
        return training_step.section(training_step.measure_steps(settings), speeds, settings)

    runs: dict[str, Callable[[], list[str]]] = {
        "products": products,
        "training": training,
        "decoding": lambda: greedy_decoding.measured_section(settings),
        "tokens": lambda: cost_per_token.measured_section(settings),
        "batches": lambda: batch_throughput.measured_section(settings),
        "memory": lambda: corpus_memory.measured_section(settings),
        "start": lambda: cold_start.measured_section(settings),
    }
    found = {}
    for name in TITLES:
        if name in names:
            started = time.perf_counter()
            print(f"{TITLES[name]} ...", file=sys.stderr, flush=True)
            try:
                found[name] = runs[name]()
            except RuntimeError as error:  # the other sections are worth keeping
                print(f"  failed: {error}", file=sys.stderr, flush=True)
                found[name] = ["Not measured: a command failed."]
            print(f"  {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return found


def document(
    sections: dict[str, list[str]], machine: list[str], *, repetitions: int, remarks: str
) -> str:
    """Returns the page.

    Args:
        sections: Markdown lines by name.
        machine: the table of the machine.
        repetitions: number of repetitions.
        remarks: date, duration and load.
    """
    lines = ["# Benchmarks", "", INTRODUCTION.format(repetitions=repetitions), "", remarks]
    lines += ["", "## Machine", "", *machine]
    for name, section in sections.items():
        lines += ["", f"## {TITLES[name]}", "", *section]
    return "\n".join(lines) + "\n"


def parse_names(text: str) -> list[str]:
    """Returns the names in a list such as `products,training`; all if it is empty.

    Raises:
        argparse.ArgumentTypeError: a name is unknown.
    """
    names = [name.strip() for name in text.split(",") if name.strip()] or list(TITLES)
    for name in names:
        if name not in TITLES:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(TITLES)}")
    return names


def main() -> None:
    """Runs the benchmarks that the command line names, and writes the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_flags(parser)
    parser.add_argument(
        "--only",
        type=parse_names,
        default=list(TITLES),
        metavar="NAMES",
        help=f"names with commas between: {', '.join(TITLES)} (default: all)",
    )
    parser.add_argument("--output", type=Path, default=REPORT, help="file to write")
    arguments = parser.parse_args()
    load, started, date = load_average(), time.perf_counter(), datetime.now(UTC)
    with settings_of(arguments) as settings:
        sections = measured_sections(arguments.only, settings)
        machine = describe(settings.pytorch)
    minutes = (time.perf_counter() - started) / 60
    remarks = f"Measured on {date:%Y-%m-%d} in {minutes:.0f} minutes"
    if load is not None:
        remarks += f"; load average before: {load:.1f}"
    page = document(sections, machine, repetitions=arguments.repetitions, remarks=f"{remarks}.")
    atomic_write_text(arguments.output, page)
    print(f"wrote {arguments.output}")


if __name__ == "__main__":
    main()
