"""Peak memory of `train` against the size of the corpus.

    .venv/bin/python -m benchmarks.corpus_memory

Trains two steps on synthetic pairs (`synthetic_pairs`); the validation and test texts have 100
pairs each, so that the time is that of reading and preparing the text.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.sample_models import app_command
from benchmarks.settings import Settings, run_alone
from benchmarks.spread import rounded
from benchmarks.synthetic_pairs import write_pairs
from benchmarks.tables import command, table
from benchmarks.workers import ROOT

SIZES = [10_000, 100_000, 1_000_000]

FLAGS = {
    "training.max_steps": "2",
    "data.validation": "split:100",
    "data.test": "split:100",
    "decoding.beam_size": "1",
}


class Usage(NamedTuple):
    """Resources of a finished command.

    Attributes:
        seconds: wall time.
        bytes: largest resident memory, with mapped pages of files.
        private: largest resident memory that is no page of a file, such as TensorFlow's code; 0 if
            the system does not report it. It is sampled, so that a short peak can be missing.
    """

    seconds: float
    bytes: int
    private: int


# A process starts with the peak of the one that made it, so a small one runs the command.
_RUN = """
import re, resource, subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
private = 0
while child.poll() is None:
    try:
        with open(f"/proc/{child.pid}/status") as status:
            found = re.findall(r"RssAnon:\\s*([0-9]+)", status.read())
        private = max(private, *map(int, found), 0)
    except OSError:
        pass
    time.sleep(0.05)
print(child.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, private)
"""


def usage_of(words: Sequence[str]) -> Usage:
    """Runs a command to its end.

    Raises:
        RuntimeError: it failed.
    """
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    seconds = time.perf_counter() - started
    code, peak, private = map(int, done.stdout.split())
    if code:
        raise RuntimeError(f"{' '.join(words)} failed: exit code {code}")
    unit = 1 if sys.platform == "darwin" else 1024  # Linux: in KiB
    return Usage(seconds, peak * unit, private * 1024)


def measure_memory(settings: Settings) -> dict[int, tuple[int, Usage]]:
    """Measures one training for each size: bytes of the corpus, and the usage."""
    found = {}
    flags = [word for key, value in FLAGS.items() for word in ("--set", f"{key}={value}")]
    for pairs in SIZES:
        path = settings.folder / f"pairs-{pairs}.tsv"
        write_pairs(path, pairs, seed=1)
        run = str(settings.folder / f"run-{pairs}")
        used = usage_of(app_command("translation", "train", str(path), *flags, "--output", run))
        found[pairs] = path.stat().st_size, used
        path.unlink()
    return found


def section(found: dict[int, tuple[int, Usage]]) -> list[str]:
    """Returns the Markdown lines."""
    rows = [
        [
            f"{pairs:,}",
            rounded(size / 1e6),
            f"{used.bytes / 2**20:,.0f}",
            f"{used.private / 2**20:,.0f}",
            rounded(used.seconds),
        ]
        for pairs, (size, used) in found.items()
    ]
    lines = [*command("corpus_memory"), "", "One training of two steps for each size:", ""]
    names = ["pairs", "MB of text", "peak memory, MiB", "private, MiB", "seconds"]
    return lines + table(names, rows)


def measured_section(settings: Settings) -> list[str]:
    """Measures, and returns the Markdown lines."""
    return section(measure_memory(settings))


if __name__ == "__main__":
    run_alone(measured_section, __doc__)
