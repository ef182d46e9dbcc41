"""Tests of `--engine ray`: the same files as the local engine, dead actors, unreachable clusters.

Ray opens ports on every address, so these tests run where the only network is loopback.
"""

import json
import os
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.batch_inference.conftest import Batch, read_parts, snapshot, write_lines
from tests.batch_inference.test_batch_command import ROOT, command

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: run make engines"),
    pytest.mark.skipif(
        any(name != "lo" for _, name in socket.if_nameindex()),
        reason="Ray opens ports on every address: run make engines",
    ),
]


def run(*words: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words, "--engine", "ray"), cwd=ROOT, capture_output=True, text=True, timeout=300
    )


def test_ray_writes_the_files_of_the_local_engine(batch: Batch, classifier: Path, tmp_path: Path):
    source = write_lines(tmp_path / "in.txt")
    flags = ("--shard-rows", 20, "--processes", 2, "--json")
    assert batch(classifier, source, tmp_path / "local", *flags).code == 0
    done = run(classifier, source, tmp_path / "ray", *flags)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 70
    assert snapshot(tmp_path / "ray") == snapshot(tmp_path / "local")
    # Only the missing shard is predicted again.
    (tmp_path / "ray" / "part-00002-of-00004.jsonl").unlink()
    done = run(classifier, source, tmp_path / "ray", *flags, "--resume")
    assert json.loads(done.stdout)["resumed_rows"] == 50
    assert snapshot(tmp_path / "ray") == snapshot(tmp_path / "local")


def test_the_shard_of_a_dead_actor_is_predicted_again(classifier: Path, tmp_path: Path):
    source = write_lines(tmp_path / "in.txt", 8000)
    psutil = pytest.importorskip("psutil")
    words = command(classifier, source, tmp_path / "out", "--shard-rows", 500, "--processes", 2)
    process = subprocess.Popen([*words, "--engine", "ray"], cwd=ROOT, stderr=subprocess.PIPE)
    end = time.monotonic() + 200
    while not list(tmp_path.glob("out/part-*")) and time.monotonic() < end:
        time.sleep(0.05)
    actors = [
        one
        for one in psutil.Process(process.pid).children(recursive=True)
        if "ShardActor" in " ".join(one.cmdline())
    ]
    assert actors
    os.kill(actors[0].pid, signal.SIGKILL)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    found = len(read_parts(tmp_path / "out"))
    assert found + len(read_parts(tmp_path / "out", "dead-letters")) == 8000


def test_a_damaged_model_is_an_error(classifier: Path, tmp_path: Path):
    damaged = tmp_path / "model.tflite"
    content = bytearray(classifier.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    done = run(damaged, write_lines(tmp_path / "in.txt"), tmp_path / "out", "--processes", 1)
    assert (done.returncode, done.stdout) == (1, "")
    assert "model.tflite" in done.stderr and "checksum" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_cluster_that_cannot_be_reached_is_an_error(classifier: Path, tmp_path: Path):
    source = write_lines(tmp_path / "in.txt")
    done = run(classifier, source, tmp_path / "out", "--ray-address", "127.0.0.1:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("nlp-apps: error: --ray-address 127.0.0.1:1: ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
