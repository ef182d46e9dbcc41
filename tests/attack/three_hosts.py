"""Three machines, as network namespaces on one bridge; one is disconnected and comes back."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nlp_apps.training.checkpoints import load_checkpoint
from tests.tiny_runs import write_corpus

HOSTS = 3
SECONDS_TO_NOTICE = 30.0


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


@pytest.fixture
def hosts() -> Iterator[list[str]]:
    """Names of namespaces with the addresses 10.77.0.1 to 10.77.0.3, on the bridge of a fourth."""
    mark = f"nlp{os.getpid() % 10_000}"
    switch, names = f"{mark}s", [f"{mark}h{index}" for index in range(HOSTS)]
    try:
        for name in (switch, *names):
            ip("netns", "add", name)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("no network namespaces with names can be made here (ip netns add)")
    try:
        ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        ip("-n", switch, "link", "set", "bridge", "up")
        for index, name in enumerate(names):
            port = f"port{index}"
            ip("-n", switch, "link", "add", port, "type", "veth", "peer", "eth0", "netns", name)
            ip("-n", switch, "link", "set", port, "master", "bridge", "up")
            ip("-n", name, "address", "add", f"10.77.0.{index + 1}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                ip("-n", name, "link", "set", device, "up")
        yield names
    finally:
        for name in (switch, *names):
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def start(hosts: list[str], words: list[str]) -> list["subprocess.Popen[str]"]:
    """Starts a worker on every host."""
    addresses = ",".join(f"10.77.0.{index + 1}:2222" for index in range(HOSTS))
    return [
        subprocess.Popen(
            [
                *("ip", "netns", "exec", host, sys.executable, "-m", "nlp_apps", "launch"),
                *("--hosts", addresses, "--index", str(index), "--", *words),
            ],
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for index, host in enumerate(hosts)
    ]


def test_a_host_that_is_disconnected_ends_the_group_and_comes_back(
    hosts: list[str], tmp_path: Path
) -> None:
    write_corpus("generation", tmp_path)
    words = ["generation", "train", str(tmp_path / "tiny.toml"), "--resume"]
    words += ["--set", "training.max_steps=60", "--output"]
    unbroken, run = tmp_path / "unbroken", tmp_path / "run"
    for worker in start(hosts, [*words, str(unbroken)]):
        _, error = worker.communicate(timeout=200)
        assert worker.returncode == 0, error

    words += [str(run), "--set", "training.eval_steps=1"]
    workers = start(hosts, words)
    while not (run / "checkpoints/evaluation-00005.npz").is_file():
        assert workers[0].poll() is None, workers[0].communicate()
        time.sleep(0.02)
    ip("-n", hosts[2], "link", "set", "eth0", "down")
    disconnected = time.monotonic()
    for worker in workers[:2]:
        _, error = worker.communicate(timeout=SECONDS_TO_NOTICE)
        assert worker.returncode == 1
        assert "worker 2 (10.77.0.3:2222) was lost" in error, error
    assert time.monotonic() - disconnected < SECONDS_TO_NOTICE
    _, error = workers[2].communicate(timeout=120)  # It notices that the others are gone.
    assert workers[2].returncode == 1
    assert "was lost" in error

    ip("-n", hosts[2], "link", "set", "eth0", "up")
    for worker in start(hosts, words):
        _, error = worker.communicate(timeout=200)
        assert worker.returncode == 0, error
    found, _ = load_checkpoint(run / "checkpoints/evaluation-00060.npz")
    (path,) = sorted((unbroken / "checkpoints").iterdir())[-1:]
    wanted, _ = load_checkpoint(path)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
