"""Several workers train the model that one worker trains; wrong ones end with a line."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nlp_apps.tasks.training_run import train
from nlp_apps.training.checkpoints import load_checkpoint
from nlp_apps.workers.cluster import tf_config
from nlp_apps.workers.local_workers import free_ports
from tests.tiny_runs import RECIPES, write_corpus
from tests.workers.namespaces import REASON, start, unshare

pytestmark = pytest.mark.skipif(unshare() is None, reason=REASON)

SIZES = (1, 2, 4)

TASKS = tuple(RECIPES)

GROUP = """
import os, subprocess, sys
configs = sys.argv[4:]
environments = [{**os.environ, "TF_CONFIG": config} for config in configs] or [None]
words = [sys.executable, "-m", "tests.workers.train_all", *sys.argv[1:4]]
workers = [subprocess.Popen(words, env=each) for each in environments]
sys.exit(max(abs(worker.wait()) for worker in workers))
"""
"""Starts one worker for each TF_CONFIG, so that all are in one namespace."""


def write_recipes(folder: Path) -> None:
    """Writes the text and the recipe of each task: 50 steps, with dropout."""
    for task in TASKS:
        (folder / task).mkdir()
        write_corpus(task, folder / task)
        recipe = folder / task / "tiny.toml"
        text = recipe.read_text("utf-8").replace("dropout = 0.0", "dropout = 0.3")
        steps = "max_steps = 50\neval_steps = 25"
        recipe.write_text(text.replace("epochs = 2", steps), encoding="utf-8")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[int, str]]]:
    """The folder of the runs, and the output of each group."""
    folder = tmp_path_factory.mktemp("workers")
    write_recipes(folder)
    printed = {}
    for size in SIZES:
        tasks = "generation" if size == 4 else ",".join(TASKS)
        addresses = [f"127.0.0.1:{port}" for port in free_ports(size)]
        configs = [tf_config(addresses, index) for index in range(size)]
        words = [sys.executable, "-c", GROUP, folder, f"run{size}", tasks]
        process = start([*words, *configs] if size != 1 else words)
        try:
            printed[size], errors = process.communicate(timeout=400)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        assert process.returncode == 0, errors[-3000:]
    yield folder, printed


def metrics(run: Path) -> list[dict[str, float]]:
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


CASES = [*((2, task) for task in TASKS), (4, "generation")]


@pytest.mark.parametrize(("size", "task"), CASES)
def test_losses_are_those_of_one_worker(
    trained: tuple[Path, dict[int, str]], size: int, task: str
) -> None:
    folder, _ = trained
    alone, together = metrics(folder / f"run1-{task}"), metrics(folder / f"run{size}-{task}")
    assert [row["step"] for row in together] == [25, 50]
    for one, other in zip(alone, together, strict=True):
        for key in ("train_loss", "validation_loss"):
            assert other[key] == pytest.approx(one[key], abs=1e-5)


@pytest.mark.parametrize(("size", "task"), CASES)
def test_the_chief_alone_scores_and_writes(
    trained: tuple[Path, dict[int, str]], size: int, task: str
) -> None:
    folder, _ = trained
    alone, together = folder / f"run1-{task}", folder / f"run{size}-{task}"
    assert json.loads((together / "summary.json").read_text("utf-8"))["workers"] == size
    assert written(together) == written(alone)


def written(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*")}


def test_a_checkpoint_of_two_workers_continues_with_one(
    trained: tuple[Path, dict[int, str]], tmp_path: Path
) -> None:
    folder, _ = trained
    run = tmp_path / "run"
    shutil.copytree(folder / "run2-generation", run)
    for name in ("summary.json", "checkpoints/evaluation-00002.npz"):
        (run / name).unlink()
    train("generation", folder / "generation/tiny.toml", run_dir=str(run), resume=True)
    for one, other in zip(metrics(folder / "run1-generation"), metrics(run), strict=True):
        assert other["train_loss"] == pytest.approx(one["train_loss"], abs=1e-5)


def test_a_killed_worker_ends_the_group_which_starts_again_with_the_same_bits(
    trained: tuple[Path, dict[int, str]],
) -> None:
    folder, _ = trained
    run, unbroken = folder / "killed", folder / "run2-generation"
    recipe = folder / "generation/tiny.toml"
    words = ["generation", "train", recipe, "--output", run, "--set", "training.eval_steps=1"]
    lines = []
    with start([sys.executable, "-m", "nlp_apps", "launch", "--workers", 2, "--", *words]) as group:
        while not list((run / "checkpoints").glob("evaluation-00004.npz")):
            assert group.poll() is None, group.communicate()
            time.sleep(0.02)
        os.kill(process_of_worker(1, run), signal.SIGKILL)
        killed = time.monotonic()
        assert group.stderr is not None
        for line in group.stderr:
            lines.append(line)
            if "starting again" in line:
                assert time.monotonic() - killed < 30.0
        assert group.wait(timeout=300) == 0, "".join(lines)
    (lost,) = [line for line in lines if "error" in line]
    assert re.match(r"nlp-apps: error: worker 1 \(127\.0\.0\.1:\d+\) was lost", lost)
    found, _ = load_checkpoint(run / "checkpoints/evaluation-00050.npz")
    wanted, _ = load_checkpoint(unbroken / "checkpoints/evaluation-00002.npz")
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def process_of_worker(index: int, run: Path) -> int:
    """Returns the number of the process that trains into a run folder as this worker."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_text().split("\0")
            environment = (path / "environ").read_text()
        except (OSError, UnicodeDecodeError):
            continue
        if str(run) in words and "launch" not in words and f'"index": {index}}}' in environment:
            return int(path.name)
    raise AssertionError("there is no such process")


def test_every_worker_names_the_difference(trained: tuple[Path, dict[int, str]]) -> None:
    folder, printed = trained
    found: dict[str, list[tuple[int, str]]] = {}
    for line in printed[2].splitlines():
        attempt, code, message = json.loads(line)
        found.setdefault(attempt, []).append((code, message))
    wanted = {
        "recipe": "worker 1 has another recipe than worker 0: training.seed is 7, not 1. All",
        "command": "worker 1 has another command than worker 0: --resume is True, not False. All",
        "text": "worker 1 has another text than worker 0: test is",
        "run folder": "not the folder into which worker 0 trains",
    }
    assert found.keys() == wanted.keys()
    for attempt, message in wanted.items():
        assert [code for code, _ in found[attempt]] == [2, 2]
        assert all(message in text for _, text in found[attempt]), found[attempt]
    assert not list(folder.glob("run2-wrong*"))
