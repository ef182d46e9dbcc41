"""Tests of the command `nlp-apps sweep`, with real trainings."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nlp_apps.sweep import sweep_command
from nlp_apps.training.run_folder import RunFolder
from tests import tiny_runs

pytest.importorskip("optuna", reason="Optuna is an extra")

ROOT = Path(__file__).parents[2]
Capture = pytest.CaptureFixture[str]


def test_a_sweep_trains_run_folders_and_prints_a_table(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    tiny_runs.write_corpus("sentiment", tmp_path)
    monkeypatch.chdir(tmp_path)
    words = ["--set", "data.test=validation.tsv,missing.tsv", "--output", "s"]
    code = sweep_command.main(["tiny.toml", *words])
    out, err = capsys.readouterr()
    assert code == 0, err
    assert RunFolder(tmp_path / "s" / "trials" / "0001").summary.is_file()
    assert "trial 1 of 2: accuracy 0." in err
    assert "trial 2 of 2: failed: no file 'missing.tsv'" in err
    header, first, second = out.splitlines()[:3]
    assert header.split() == ["trial", "data.test", "validation", "accuracy", "seconds", "state"]
    assert (first.split()[0], second.split()[-1]) == ("1", "failed")
    assert "nlp-apps sentiment train s/best.toml" in out


def test_a_killed_sweep_ends_its_training_and_continues_it(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    tiny_runs.write_corpus("sentiment", tmp_path)
    words = [str(tmp_path / "tiny.toml"), "--set", "model.units=8,16", "--trials", "1"]
    words += ["--set", "training.epochs=20", "--output", str(tmp_path / "s")]
    command = [sys.executable, "-m", "nlp_apps", "sweep", *words]
    process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True)
    run = RunFolder(tmp_path / "s" / "trials" / "0001")
    while len(run.read_metrics()) < 3:
        assert process.poll() is None
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = run.read_metrics()
    assert sweep_command.main([*words, "--resume"]) == 0, capsys.readouterr().err
    after = run.read_metrics()
    assert len(before) < len(after) == 20
    losses = [[row["train_loss"] for row in rows] for rows in (before, after[: len(before)])]
    assert losses[0] == losses[1]
    log = (tmp_path / "s" / "trials" / "0001.log").read_text()
    assert "nlp-apps: interrupted. Continue with" in log
