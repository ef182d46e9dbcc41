"""Tests of the workers of one machine: their death, their errors, and that of their parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from multiprocessing import active_children
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from nlp_apps.batch_inference import local_engine
from nlp_apps.batch_inference.engine_events import Event, Finished, Progress, Ready
from nlp_apps.batch_inference.input_files import InputFile
from nlp_apps.batch_inference.local_engine import run_local
from nlp_apps.batch_inference.output_folder import Counts
from nlp_apps.batch_inference.shard_plan import plan_shards
from nlp_apps.batch_inference.shard_predictor import Job
from nlp_apps.errors import UsageError, WorkError

ROOT = Path(__file__).parents[2]


def dies_once(job: Job, connection: Connection) -> None:
    """A worker that dies with the second shard, unless one did before."""
    connection.send(Ready())
    while True:
        shard = connection.recv()
        marker = Path(job.output) / "died"
        if shard.index == 1 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        connection.send(Finished(shard, Counts(shard.num_rows, 0)))


def dies_at_the_second_shard(job: Job, connection: Connection) -> None:
    """A worker that dies with the second shard."""
    connection.send(Ready())
    while True:
        shard = connection.recv()
        if shard.index == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        connection.send(Finished(shard, Counts(shard.num_rows, 0)))


def dies_when_idle(job: Job, connection: Connection) -> None:
    """A worker that dies after another one got the last shard, which waits for that."""
    connection.send(Ready())
    last, died = Path(job.output) / "last", Path(job.output) / "died"
    while True:
        while not connection.poll(0.1):
            if last.exists() and not connection.poll():
                died.touch()
                os._exit(3)
        shard = connection.recv()
        if shard.index == 3:
            last.touch()
            while not died.exists():
                time.sleep(0.1)
            time.sleep(0.5)
        connection.send(Finished(shard, Counts(shard.num_rows, 0)))


def dies_at_once(job: Job, connection: Connection) -> None:
    """A worker that dies while it loads the model."""
    os._exit(3)


def events(
    work: object, folder: Path, monkeypatch: pytest.MonkeyPatch, processes: int = 1
) -> list[Event]:
    """Runs a function as the worker of four shards."""
    (folder / "in.txt").write_bytes(b"a\nb\nc\nd\n")
    shards = plan_shards([InputFile(str(folder / "in.txt"), "text")], "", 1).shards
    monkeypatch.setattr(local_engine, "_work", work)
    job = Job("model", "sentiment", str(folder), 4, {})
    found: list[Event] = []
    try:
        for event in run_local(job, shards, processes):
            found.append(event)
    finally:
        assert not active_children()
        finished.extend(indices(found))
    return found


finished: list[int] = []
"""Shards that the last call of `events` finished, also one that failed."""


def indices(found: Sequence[Event]) -> list[int]:
    return [event.shard.index for event in found if isinstance(event, Finished)]


@pytest.fixture(autouse=True)
def nothing_finished() -> None:
    finished.clear()


@pytest.mark.parametrize("processes", [1, 2])
def test_the_shard_of_a_dead_worker_is_predicted_by_another(
    processes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    found = events(dies_once, tmp_path, monkeypatch, processes)
    assert sorted(indices(found)) == [0, 1, 2, 3]
    assert isinstance(found[0], Ready)
    assert [event.shard.index for event in found if isinstance(event, Progress)] == [1]


def test_no_worker_is_started_for_one_that_dies_idle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    found = events(dies_when_idle, tmp_path, monkeypatch, 2)
    assert sorted(indices(found)) == [0, 1, 2, 3]
    assert (tmp_path / "died").exists()
    assert "a worker died" not in caplog.text


def test_a_shard_that_kills_three_workers_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    message = r"3 workers died predicting shard 1 \(.*in\.txt, 1 rows from line 2\) \(signal 9\)"
    with pytest.raises(WorkError, match=message):
        events(dies_at_the_second_shard, tmp_path, monkeypatch)
    assert finished == [0]


def test_workers_that_die_while_they_load_the_model_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(WorkError, match=r"workers died loading the model \(exit code 3\)"):
        events(dies_at_once, tmp_path, monkeypatch, 2)


def test_the_error_of_a_worker_is_that_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UsageError, match="model: no such folder or file"):
        events(local_engine._work, tmp_path, monkeypatch)


def test_workers_end_with_a_killed_parent(tmp_path: Path, classifier: Path):
    code = (
        "import sys, os, signal\n"
        "from nlp_apps.batch_inference.local_engine import run_local\n"
        "from nlp_apps.batch_inference.shard_predictor import Job\n"
        "from multiprocessing import active_children\n"
        "if __name__ == '__main__':\n"
        "    job = Job(sys.argv[1], 'sentiment', sys.argv[2], 1, {})\n"
        "    next(events := run_local(job, [None], 1))\n"
        "    print(active_children()[0].pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, script, classifier, tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    worker = int(done.stdout)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{worker}/stat").read_text().split()[2] == "Z":
            return  # It has ended, and waits for its parent.
        time.sleep(0.05)
    pytest.fail("the worker outlives its parent")
