"""Settings that all benchmarks share, and their command lines."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.workers import ROOT

PYTORCH_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
"""Python of the environment that `make bench` makes for PyTorch."""

NO_PYTORCH = "Without PyTorch: `make bench` installs it, or name a Python that has it: `--pytorch`."
"""Line in place of the columns of PyTorch."""


class Settings(NamedTuple):
    """Settings of a benchmark.

    Attributes:
        repetitions: turns of each variant.
        pytorch: a Python that has PyTorch; None without one.
        folder: a folder for models and texts, which a caller removes.
    """

    repetitions: int
    pytorch: str | None
    folder: Path


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of `settings_of`."""
    parser.add_argument("--repetitions", type=int, default=5, help="turns of each variant")
    parser.add_argument(
        "--pytorch",
        metavar="PYTHON",
        help="a Python that has PyTorch (default: that of `make bench`, or this one)",
    )


@contextmanager
def settings_of(arguments: argparse.Namespace) -> Iterator[Settings]:
    """Yields the settings of a command line, with a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        yield Settings(arguments.repetitions, find_pytorch(arguments.pytorch), Path(folder))


def run_alone(section: Callable[[Settings], list[str]], description: str | None) -> None:
    """Runs one benchmark from the command line, and prints its Markdown."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_flags(parser)
    with settings_of(parser.parse_args()) as settings:
        print(*section(settings), sep="\n")


def find_pytorch(python: str | None) -> str | None:
    """Returns a Python that imports PyTorch, or None.

    Args:
        python: the only candidate; default: `PYTORCH_PYTHON`, then this Python.

    Raises:
        SystemExit: `python` is set and has no PyTorch.
    """
    for candidate in [python] if python else [str(PYTORCH_PYTHON), sys.executable]:
        if shutil.which(candidate) and version_of(candidate, "torch"):
            return str(Path(candidate).absolute()) if "/" in candidate else candidate
    if python:
        sys.exit(f"error: --pytorch {python}: no Python there imports torch")
    return None


def version_of(python: str, package: str) -> str:
    """Returns the version of an installed package, or an empty text."""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip()
