"""Interrupts commands after every delay from their start: part of `make soak`.

Each command must end with exit code 130 and one line, without a traceback. Before Python runs the
first line of this project, an interrupt is Python's: those are counted apart.

    python -m tests.attack.interrupt_sweep --until 6 --step 0.5
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.attack.attacked import ROOT
from tests.interrupts import accept_interrupts

LINE = "nlp-apps: interrupted"
MODULE = [sys.executable, "-m", "nlp_apps.sentiment"]
SCRIPT = [
    sys.executable,
    "-c",
    "import sys; sys.argv[0] = 'nlp-apps'; "
    + ("from nlp_apps.__main__ import main; sys.exit(main())"),
]
"""The console script, without an installation."""

INTERRUPTED = (130, -signal.SIGINT)
"""Both are 130 in a shell."""

FRAME = re.compile(rf'File "{re.escape(str(ROOT / "nlp_apps"))}/(\S+)", line \d+, in (\S+)')
"""A line of a traceback through this project."""

FIRST = {("__init__.py", "<module>"), ("io/process_start.py", "<module>")}
"""Frames before the project has installed its handlers."""


def commands(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yields the name and words of each command."""
    text = folder / "reviews.tsv"
    rows = [
        f"{label}\tThe {noun} was {word} {number}."
        for number in range(40)
        for noun in ("soup", "room")
        for label, word in (("good", "hot"), ("bad", "cold"))
    ]
    text.write_text("\n".join(rows) + "\n", encoding="utf-8")
    train = [str(text), "--output", str(folder / "run"), "--overwrite"]
    small = [*train, "--set", "training.max_steps=200000", "--set", "training.eval_steps=20"]
    tiny = [*train, "--set", "training.max_steps=2", "--set", "training.eval_steps=2"]
    yield "module --version", [*MODULE, "--version"]
    yield "module --help", [*MODULE, "--help"]
    yield "script --version", [*SCRIPT, "--version"]
    yield "script predict", [*SCRIPT, "sentiment", "predict", "good soup"]
    yield "module inspect", [*MODULE, "inspect", str(text)]
    yield "module predict", [*MODULE, "predict", "good soup"]
    yield "module train", [*MODULE, "train", *small]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*MODULE, "train", *tiny], env=environment, check=True, capture_output=True)
    yield "module predict RUN", [*MODULE, "predict", str(folder / "run"), "good soup"]
    export = ["export", str(folder / "run"), "--format", "saved_model", "--format", "tflite"]
    export += ["--output", str(folder / "export" / "mine")]
    yield "module export", [*MODULE, *export]
    subprocess.run([*MODULE, *export], env=environment, check=True, capture_output=True)
    yield "script serve", [*SCRIPT, "serve", str(folder / "export"), "--port", "0"]


def interrupt(words: Sequence[str], delay: float) -> tuple[str, str]:
    """Interrupts a command after a delay; returns the kind of its end, and its stderr."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        words,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=environment,
    ) as process:
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        try:
            error = process.communicate(timeout=120)[1].decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            process.kill()
            return "hung", ""
    ends = [line for line in error.splitlines() if line.startswith(LINE)]
    if process.returncode == 0 and not ends:
        return "finished", error
    # After an interrupt of the `exec` of a text, Python repeats the signal at its end.
    if process.returncode in INTERRUPTED and len(ends) == 1 and "Traceback" not in error:
        return "interrupted", error
    is_installed = set(FRAME.findall(error)) - FIRST or "process_start.install()" in error
    if "nlp-apps: error" in error and not ends:
        return "FAILED", error
    if not is_installed and not ends and process.returncode != 130:
        # Code 1: Python was importing `site`.
        return f"Python's own (code {process.returncode})", error
    return f"WRONG (code {process.returncode})", error


def main() -> int:
    """Interrupts each command after each delay; returns 1 if one ended in another way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--until", type=float, default=6, help="largest delay in seconds")
    parser.add_argument("--step", type=float, default=0.5, help="seconds between two delays")
    parser.add_argument("--only", default="", help="commands whose name has this text")
    parser.add_argument("--verbose", action="store_true", help="print Python's own messages")
    options = parser.parse_args()
    accept_interrupts()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, words in commands(Path(folder)):
            if options.only not in name:
                continue
            counts: Counter[str] = Counter()
            last_own = 0.0
            delay = 0.0
            while delay < options.until and counts["finished"] < 3:
                kind, error = interrupt(words, delay)
                counts[kind] += 1
                if kind.startswith("Python"):
                    last_own = delay
                    if options.verbose:
                        print(f"{name} after {delay:.2f} s: {error.strip()[-300:]}", flush=True)
                if kind.startswith(("WRONG", "FAILED", "hung")):
                    wrong += 1
                    print(f"{name} after {delay:.2f} s: {kind}\n{error[-1500:]}", flush=True)
                delay += options.step
            ends = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
            print(f"{name}: {ends}; Python's own until {last_own:.2f} s", flush=True)
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
