"""Compares training on the CPU, on one GPU and on several: losses, speed, compilation.

    make gpu-check

Trains the model of `translation-phrasebook` for a few steps in each way, each in a process of its
own, at most 60 seconds long, and prints a table. Exit code 1: a loss differs from that of the CPU.
"""

import glob
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

STEPS = 40

SECONDS = 60

TOLERANCE = {"float32": 0.02, "mixed": 0.1}
"""Largest difference of the mean training loss from that of the CPU, in nats. cuDNN adds up in
another order, and dropout amplifies the difference over the steps."""

TRAIN = (
    *("translation", "train", "translation-phrasebook", "--overwrite"),
    *("--set", f"training.max_steps={STEPS}", "--set", f"training.eval_steps={STEPS}"),
    *("--set", "training.tensorboard=false"),
)


def main() -> int:
    """Runs the check and prints the table."""
    gpus = len(glob.glob("/dev/nvidia[0-9]*"))
    ways = [("CPU", 1, "float32", "")]
    if gpus:
        ways += [("1 GPU", 1, "float32", "0"), ("1 GPU", 1, "mixed", "0")]
    if gpus > 1:
        several = ",".join(map(str, range(gpus)))
        ways.append((f"{gpus} GPUs, a worker each", gpus, "float32", several))
    print("| device | precision | train loss | tokens/s | seconds of compilation |")
    print("|---|---|---|---|---|")
    expected, failed = None, False
    for name, workers, precision, visible in ways:
        row = _train(workers, precision, visible)
        if row is None:
            print(f"| {name} | {precision} | failed, see above | | |")
            failed = True
            continue
        loss = row["train_loss"]
        expected = loss if expected is None else expected
        note = ""
        if abs(loss - expected) > TOLERANCE[precision]:
            failed, note = True, f" differs from the CPU's {expected:.4f}"
        speed, compiling = row["tokens_per_second"], row["compile_seconds"]
        print(f"| {name} | {precision} | {loss:.4f}{note} | {speed:,.0f} | {compiling:.1f} |")
    if not gpus:
        print("\nno GPU was found (/dev/nvidia0)")
    return int(failed)


def _train(workers: int, precision: str, visible: str) -> dict[str, float] | None:
    """Trains in a process of its own; returns the metrics of its evaluation, None if it failed."""
    with tempfile.TemporaryDirectory() as folder:
        words = [*TRAIN, "--output", folder + "/run"]
        words += ["--set", f"training.mixed_precision={str(precision == 'mixed').lower()}"]
        launch: Sequence[str] = ("launch", "--workers", str(workers), "--") if workers > 1 else ()
        try:
            subprocess.run(
                [sys.executable, "-m", "nlp_apps", *launch, *words],
                env={**os.environ, "CUDA_VISIBLE_DEVICES": visible},
                stdout=subprocess.DEVNULL,
                check=True,
                timeout=SECONDS,
            )
        except subprocess.SubprocessError as error:
            print(error, file=sys.stderr)
            return None
        lines = Path(folder, "run/metrics.jsonl").read_text("utf-8").splitlines()
        found: dict[str, float] = json.loads(lines[-1])
        return found


if __name__ == "__main__":
    raise SystemExit(main())
