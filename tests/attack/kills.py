"""Kills trainings and exports at random moments, and checks the files that they leave.

A killed training is continued with `--resume`, and killed again; at its end the bits are those of a
training that was never killed. After each kill, every file under its final name is whole.

    python -m tests.attack.kills --kills 20
"""

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import h5py
import numpy as np

from nlp_apps.io.folder_lock import NAME as LOCK
from nlp_apps.io.npz_files import read_npz
from nlp_apps.litert.metadata import read_metadata, require_checksum
from nlp_apps.recipe.load import load_from_run
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.training.checked_weights import CHECKSUM, checksum
from nlp_apps.training.run_folder import RunFolder
from tests.training.test_resume import end_of, write_recipe

PER_TRAINING = 5
"""Kills of one training, and of the exports into one folder."""

PATIENCE = 600
"""Seconds of a command that is not killed."""

PRELOADED = ["nlp_apps.translation", "nlp_apps.tasks.training_run", "nlp_apps.export.export_run"]
"""Modules that each command finds imported: their import is neither slow nor worth a kill."""


def command(words: Sequence[str], log: str) -> None:
    """Runs `nlp-apps translation ...` in this process."""
    from nlp_apps import translation
    from nlp_apps.cli import main as cli
    from nlp_apps.export import parity

    parity.NUM_TEXTS, parity.TIMED_TEXTS = 20, 2
    with open(log, "ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.exit(cli.main(translation.APP, list(words)))


class Killer:
    """Starts commands and kills them.

    Args:
        folder: holds the recipe, and receives runs and logs.
        seed: seed of the moments.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.draw = random.Random(seed)
        self.log = folder / "log"
        self.processes = multiprocessing.get_context("forkserver")
        self.processes.set_forkserver_preload(PRELOADED)

    def run(self, words: Sequence[str | Path], seconds: float | None = None) -> tuple[bool, float]:
        """Runs a command.

        Args:
            words: its arguments.
            seconds: it is killed after them; None: it is not.

        Returns:
            Whether it was killed, and its duration.
        """
        arguments = ([str(word) for word in words], str(self.log))
        process = self.processes.Process(target=command, args=arguments)
        started = time.monotonic()
        process.start()
        process.join(PATIENCE if seconds is None else seconds)
        killed = process.exitcode is None
        if killed and process.pid is not None:
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        assert seconds is not None or not killed, f"not done after {PATIENCE} s"
        assert killed or process.exitcode == 0, self.log.read_text("utf-8")[-2000:]
        return killed, time.monotonic() - started


def kill_trainings(killer: Killer, recipe: Path, kills: int) -> list[str]:
    """Kills trainings; returns the moments of the kills, as words."""
    train: list[str | Path] = ["train", recipe, "--output"]
    unbroken = killer.folder / "unbroken"
    _, duration = killer.run([*train, unbroken])
    print(f"training: {duration:.1f} s without a kill", flush=True)
    moments: list[str] = []
    number = 0
    while len(moments) < kills:
        number += 1
        run, here = killer.folder / f"broken-{number}", 0
        while here < min(PER_TRAINING, kills - len(moments)):
            seconds = killer.draw.uniform(0, duration)
            killed, _ = killer.run([*train, run, "--resume"], seconds)
            require_whole_run(run)
            if not killed:
                break
            here += 1
            state = f"{evaluations(run)} evaluations (training {number})"
            moments.append(f"{seconds:.1f} s, {state}")
            print(f"    killed after {moments[-1]}", flush=True)
        killer.run([*train, run, "--resume"])
        require_whole_run(run)
        require_same_end(run, unbroken)
        print(f"training {number}: {here} kills, the same bits", flush=True)
    return moments


def kill_exports(killer: Killer, run: Path, kills: int) -> list[str]:
    """Kills exports of a run in both formats; returns the moments of the kills, as words."""
    formats = ("--format", "saved_model", "--format", "tflite")
    export: list[str | Path] = ["export", run, *formats, "--output"]
    unbroken = killer.folder / "exports-0" / "tiny"
    _, duration = killer.run([*export, unbroken])
    print(f"export: {duration:.1f} s without a kill", flush=True)
    moments: list[str] = []
    number = 0
    while len(moments) < kills:
        number += 1
        folder, here = killer.folder / f"exports-{number}" / "tiny", 0
        while here < min(PER_TRAINING, kills - len(moments)):
            seconds = killer.draw.uniform(0, duration)
            killed, _ = killer.run([*export, folder], seconds)
            visible = require_whole_exports(folder, unbroken)
            if killed:
                here += 1
                moments.append(f"{seconds:.1f} s, {visible} (folder {number})")
                print(f"    killed after {moments[-1]}", flush=True)
        killer.run([*export, folder])
        assert (folder / "tiny.tflite").is_file()
        require_whole_exports(folder, unbroken)
        print(f"folder {number}: {here} kills, then an export", flush=True)
    return moments


def evaluations(run: Path) -> int:
    """Returns the number of evaluations of a run."""
    return len(RunFolder(run).read_metrics())


def require_whole_run(run: Path) -> None:
    """Checks that every visible file of a run folder is whole."""
    for path in sorted(run.rglob("*")) if run.is_dir() else []:
        if path.is_file() and path.name != LOCK and not path.name.startswith(".tmp-"):
            CHECKS[path.suffix](path)


def _check_weights(path: Path) -> None:
    with h5py.File(path, "r") as file:
        found: list[h5py.Dataset] = []
        file.visititems(lambda _, item: found.append(item) if hasattr(item, "shape") else None)
        assert found
        assert all(item.attrs[CHECKSUM] == checksum(np.asarray(item)) for item in found), path


def _check_checkpoint(path: Path) -> None:
    arrays = read_npz(path)
    assert json.loads(arrays["facts"].tobytes())["num_arrays"] == len(arrays) - 1, path


def _check_picture(path: Path) -> None:
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG") and content.endswith(b"IEND\xaeB`\x82"), path


CHECKS: dict[str, Callable[[Path], object]] = {
    ".toml": lambda path: load_from_run(path, task="translation"),
    ".json": lambda path: json.loads(path.read_bytes()),
    ".jsonl": lambda path: [json.loads(line) for line in path.read_text("utf-8").splitlines()],
    ".model": Tokenizer.load,
    ".h5": _check_weights,
    ".npz": _check_checkpoint,
    ".png": _check_picture,
}
"""Check of a file of a run folder by its suffix; a file of another suffix is an error."""


def require_same_end(run: Path, unbroken: Path) -> None:
    """Checks that two trainings have the same weights, checkpoints and scores."""
    weights, arrays, summary = end_of(run)
    wanted_weights, wanted_arrays, wanted_summary = end_of(unbroken)
    assert weights == wanted_weights, run
    assert len(arrays) == len(wanted_arrays)
    assert all(map(np.array_equal, arrays, wanted_arrays)), run
    assert summary == wanted_summary, run


def require_whole_exports(folder: Path, unbroken: Path) -> str:
    """Checks that every visible artefact is one that an export without a kill writes.

    Returns:
        The names of the artefacts.
    """
    visible = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    visible = [name for name in visible if not name.startswith(".")]
    for name in visible:
        path = folder / name
        if name.isdecimal():
            found, wanted = _files(path), _files(unbroken / "1")
            assert found == wanted, (path, found.items() ^ wanted.items())
            for inner in path.rglob("*.json"):
                json.loads(inner.read_bytes())
        elif path.suffix == ".tflite":
            require_checksum(path, read_metadata(path))
            assert path.stat().st_size == (unbroken / name).stat().st_size, path
        elif path.suffix == ".json":
            json.loads(path.read_bytes())
        else:
            raise AssertionError(f"{path} is no artefact")
    return ", ".join(visible) or "nothing"


def _files(folder: Path) -> dict[str, int]:
    """Returns the files below a folder, with the size of those without times or hashes."""
    return {
        path.relative_to(folder).as_posix(): 0
        if path.suffix == ".json" or path.name == "fingerprint.pb"
        else path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }


def main() -> int:
    """Reads the arguments, kills, and prints the moments and the counts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20, metavar="N", help="of each; default: 20")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        killer = Killer(folder, options.seed)
        recipe = write_recipe(folder)
        os.chdir(folder)
        started = time.monotonic()
        trainings = kill_trainings(killer, recipe, options.kills)
        middle = time.monotonic()
        exports = kill_exports(killer, folder / "unbroken", options.kills)
        end = time.monotonic()
    for kind, moments, seconds in (
        ("training", trainings, middle - started),
        ("export", exports, end - middle),
    ):
        print(f"{kind}: {len(moments)} kills in {seconds:.0f} s; nothing half visible")
    return 0


if __name__ == "__main__":
    sys.exit(main())
