"""Runs all benchmarks, and writes their tables to `docs/benchmarks.md`.

    .venv/bin/python -m benchmarks.report --only products,training

`make bench` runs it. `--only` keeps the other sections of a page from the same machine. Run it on
an idle machine: each section has the load at its start.
"""

import argparse
import re
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
measurements. A cell is the median of the repetitions, with the lowest and the highest in
parentheses. In each repetition, all variants of a table run in turn, each in its own process."""

MACHINE = "Machine"
"""Title of the section that describes the machine."""


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
            started, load, date = time.perf_counter(), load_average(), datetime.now(UTC)
            print(f"{TITLES[name]} ...", file=sys.stderr, flush=True)
            try:
                section = runs[name]()
            except RuntimeError as error:  # the other sections are worth keeping
                print(f"  failed: {error}", file=sys.stderr, flush=True)
                section = ["Not measured: a command failed."]
            seconds = time.perf_counter() - started
            print(f"  {seconds:.0f} s", file=sys.stderr, flush=True)
            found[name] = [remarks(date, seconds, load, settings.repetitions), "", *section]
    return found


def remarks(date: datetime, seconds: float, load: float | None, repetitions: int) -> str:
    """Returns the first line of a section."""
    line = f"Measured on {date:%Y-%m-%d} in {seconds:.0f} seconds, {repetitions} repetitions"
    return line + (f"; load average before: {load:.1f}." if load is not None else ".")


def document(sections: dict[str, list[str]], machine: list[str]) -> str:
    """Returns the page.

    Args:
        sections: Markdown lines by name.
        machine: the table of the machine.
    """
    lines = ["# Benchmarks", "", INTRODUCTION, "", f"## {MACHINE}", "", *machine]
    for name, title in TITLES.items():
        if name in sections:
            lines += ["", f"## {title}", "", *sections[name]]
    return "\n".join(lines) + "\n"


def sections_of(page: str, machine: list[str]) -> dict[str, list[str]]:
    """Returns the Markdown lines by name of a page, none if it is of another machine."""
    parts = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)
    found = dict(zip(parts[1::2], (part.strip().split("\n") for part in parts[2::2]), strict=True))
    if found.get(MACHINE) != machine:
        return {}
    return {name: found[title] for name, title in TITLES.items() if title in found}


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
    with settings_of(arguments) as settings:
        machine = describe(settings.pytorch)
        sections = measured_sections(arguments.only, settings)
    if arguments.output.exists():
        kept = sections_of(arguments.output.read_text("utf-8"), machine)
        if not kept:
            print(f"{arguments.output} was of another machine and is replaced", file=sys.stderr)
        sections = kept | sections
    atomic_write_text(arguments.output, document(sections, machine))
    print(f"wrote {arguments.output}")


if __name__ == "__main__":
    main()
