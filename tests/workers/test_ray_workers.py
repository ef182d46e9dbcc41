"""Tests of `launch --ray`, on a new Ray cluster where the only network is loopback."""

import json
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.tiny_runs import write_corpus

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: run make engines"),
    pytest.mark.skipif(
        any(name != "lo" for _, name in socket.if_nameindex()),
        reason="Ray opens ports on every address: run make engines",
    ),
]


def launch(*words: object, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "nlp_apps", "launch", *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_workers_of_a_cluster_train_one_run(tmp_path: Path) -> None:
    write_corpus("generation", tmp_path)
    words = ("--ray", "local", "--workers", 2, "--", "generation", "train", "tiny.toml")
    done = launch(*words, "--output", "run", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run/summary.json").read_text("utf-8"))
    assert summary["workers"] == 2
    assert "evaluation   1" in done.stdout + done.stderr  # The chief's progress is shown.
    done = launch(*words, "--output", "run", folder=tmp_path)
    assert done.returncode == 2  # The run is there.


def test_a_cluster_that_is_not_there_is_an_error_of_one_line(tmp_path: Path) -> None:
    words = ("--ray", "127.0.0.1:1", "--workers", 2, "--", "generation", "train")
    done = launch(*words, folder=tmp_path)
    assert done.returncode == 1
    assert "--ray 127.0.0.1:1: cannot be reached" in done.stderr
    assert len(done.stderr.splitlines()) == 1
