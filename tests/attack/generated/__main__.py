"""Attacks the package with generated inputs: `make fuzz`.

An input is a valid one with mutations. Success and an error of one line are allowed; another
exception, more than 10 s, more than 400 MiB, or a 5xx that is not documented is a finding. Its
input is written to `--output`. Each kind has a process of its own, which a crash ends.

    python -m tests.attack.generated --inputs 100000 --seed 1
"""

import argparse
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from tests.attack.generated.attack import Attack, Report, attack
from tests.attack.generated.cards import Cards
from tests.attack.generated.readers import Readers
from tests.attack.generated.recipes import Recipes
from tests.attack.generated.rest import Rest

KINDS: tuple[type[Attack], ...] = (Readers, Recipes, Rest, Cards)


def kinds() -> dict[str, type[Attack]]:
    """Returns the attacks by name; the last ones import TensorFlow."""
    from tests.attack.generated.grpc_calls import GrpcCalls
    from tests.attack.generated.run_folders import RunFolders

    found: tuple[type[Attack], ...] = (*KINDS, RunFolders, GrpcCalls)
    return {kind.name: kind for kind in found}


SHARES = {
    **{kind.name: kind.share for kind in KINDS},
    "run_folders": 0.1,
    "grpc": 0.05,
}
"""Part of all inputs of each kind."""


def main() -> int:
    """Reads the arguments; returns 1 if there are findings."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.attack.generated",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--inputs", type=int, default=100_000, metavar="N", help="of all kinds")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--kind", nargs="+", choices=SHARES, help="default: all")
    parser.add_argument("--output", type=Path, default=Path("findings"), metavar="DIR")
    options = parser.parse_args()
    chosen = options.kind or list(SHARES)
    whole = sum(SHARES[name] for name in chosen)
    found = False
    for name in chosen:
        inputs = round(options.inputs * SHARES[name] / whole)
        if len(chosen) == 1:
            found |= _attack(name, inputs, options.seed, options.output)
            continue
        words = ["--kind", name, "--inputs", inputs, "--seed", options.seed]
        words += ["--output", options.output]
        command = [sys.executable, "-m", "tests.attack.generated", *map(str, words)]
        code = subprocess.run(command, cwd=None, check=False).returncode
        if code not in (0, 1):
            print(f"{name}: ended with exit code {code}")
        found |= code != 0
    return int(found)


def _attack(name: str, inputs: int, seed: int, output: Path) -> bool:
    """Attacks with one kind; the folder of a crashed process keeps the last input."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger().addHandler(logging.NullHandler())  # Warnings are not printed.
    warnings.simplefilter("error")  # As in the tests: a user would see it.
    kind = {found.name: found for found in KINDS}.get(name) or kinds()[name]
    memory = Path("/dev/shm")  # Opening a file on a disk costs more than most inputs.
    place = memory if os.access(memory, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix=f"generated-{name}-", dir=place))
    report = attack(kind, inputs, seed, folder, output)
    _print(report)
    subprocess.run(["rm", "-r", str(folder)], check=True)
    return bool(report.findings)


def _print(report: Report) -> None:
    number = sum(report.findings.values())
    rate = report.inputs / max(report.seconds, 1e-9)
    print(
        f"{report.kind:12} {report.inputs:8,} inputs {report.seconds:8.1f} s {rate:8,.0f} per "
        f"second {number:6,} findings",
        flush=True,
    )
    for problem, times in sorted(report.findings.items(), key=lambda item: -item[1])[:30]:
        print(f"    {times:6,} x {problem}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
