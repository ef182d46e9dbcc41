"""A real run, killed twice with SIGKILL, ends with the same bits as one that was never killed."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps.training.run_folder import RunFolder

ROOT = Path(__file__).parents[2]
PATIENCE = 250.0  # seconds to wait for a run on a busy machine

pytestmark = [
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL"),
    pytest.mark.timeout(900),
]

RECIPE = """
task = "translation"
name = "backwards"
[data]
train = "train.tsv"
validation = "few.tsv"
test = "few.tsv"
augment_case = 0.3
augment_punctuation = 0.3
augment_numbers = 0.5
augment_names = 0.5
join_sentences = 0.2
[tokenizer]
kind = "characters"
vocabulary_size = 300
[model]
embedding_size = 12
units = 16
num_layers = 1
dropout = 0.2
word_dropout = 0.1
[training]
epochs = 3
eval_steps = 8
batch_tokens = 100
num_buckets = 1
ema_decay = 0.95
warmup_steps = 10
jit_compile = false
tensorboard = false
[decoding]
beam_size = 1
[export]
max_characters = 64
max_tokens = 48
"""


def write_recipe(folder: Path) -> Path:
    """Writes a recipe beside its corpus: words and the same words backwards."""
    choice = random.Random(1).choice
    words = ["".join(choice("abcdef") for _ in range(2 + number % 4)) for number in range(500)]
    lines = [f"{word}\t{word[::-1]}\n" for word in words]
    (folder / "train.tsv").write_text("".join(lines), encoding="utf-8")
    (folder / "few.tsv").write_text("".join(lines[:4]), encoding="utf-8")
    path = folder / "backwards.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recipe(tmp_path_factory.mktemp("corpus"))


# The run starts its own killer: one outside might read the metrics after the last evaluation.
KILLED = """
import os, signal, sys, threading
from nlp_apps import translation
from nlp_apps.cli import main as cli
from nlp_apps.training.run_folder import RunFolder
number, late, *words = sys.argv[1:]
killer = threading.Timer(float(late), os.kill, (os.getpid(), signal.SIGKILL))
write_metrics = RunFolder.write_metrics
def write_and_die(folder, rows):
    write_metrics(folder, rows)
    if len(rows) == int(number):
        killer.start()
RunFolder.write_metrics = write_and_die
raise SystemExit(cli.main(translation.APP, words))
"""

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(recipe: Path) -> Iterator[Start]:
    """Starts a training of the recipe; its process is killed at the end of the test."""
    processes: list[subprocess.Popen[bytes]] = []

    def begin(
        run: Path, *words: str, program: Sequence[str] = ("-m", "nlp_apps.translation")
    ) -> "subprocess.Popen[bytes]":
        command = [sys.executable, *program, "train", str(recipe), "--run-dir", str(run), *words]
        processes.append(
            subprocess.Popen(
                command,
                cwd=recipe.parent,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        )
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def finish(process: "subprocess.Popen[bytes]") -> None:
    _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, stderr.decode()


def killed_after_evaluation(start: Start, run: Path, number: int, late: float, *words: str) -> int:
    """Starts a run that dies `late` seconds after an evaluation; returns its last evaluation."""
    process = start(run, *words, program=("-c", KILLED, str(number), str(late)))
    _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL, stderr.decode()
    return len(RunFolder(run).read_metrics())


def end_of(run: Path) -> tuple[bytes, list[np.ndarray], dict[str, Any]]:
    """Returns weights, arrays of the last checkpoint, and the summary without durations."""
    folder = RunFolder(run)
    with np.load(folder.found_checkpoints()[-1]) as file:
        arrays = [file[name] for name in file.files if name != "facts"]
    summary = json.loads(folder.summary.read_text(encoding="utf-8"))
    measured = ("train_seconds", "compile_seconds", "tokens_per_second")
    return (
        folder.weights.read_bytes(),
        arrays,
        {key: value for key, value in summary.items() if key not in measured},
    )


def test_a_run_killed_twice_ends_with_the_bits_of_a_run_never_killed(
    start: Start, tmp_path: Path
) -> None:
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    other = start(unbroken)  # meanwhile
    # Killed before the checkpoint is complete, then in the next evaluation.
    evaluations = killed_after_evaluation(start, broken, 2, 0.0)
    evaluations = killed_after_evaluation(start, broken, evaluations + 1, 0.1, "--resume")
    finish(start(broken, "--resume"))
    finish(other)
    weights, arrays, summary = end_of(broken)
    wanted_weights, wanted_arrays, wanted_summary = end_of(unbroken)
    note = f"{evaluations} evaluations written when it was killed"
    assert weights == wanted_weights, note
    assert len(arrays) == len(wanted_arrays)
    for array, wanted in zip(arrays, wanted_arrays, strict=True):
        assert np.array_equal(array, wanted), note
    assert summary == wanted_summary, note
    assert len(RunFolder(broken).read_metrics()) == summary["evaluations"] > evaluations
    assert not list(broken.rglob(".tmp-*"))
