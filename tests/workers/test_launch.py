"""Tests of nlp_apps.launch: its arguments, and workers that fail."""

import time
from pathlib import Path

import pytest

from nlp_apps import launch
from nlp_apps.errors import WorkError
from nlp_apps.workers import local_workers, worker_process
from nlp_apps.workers.local_workers import run_workers
from nlp_apps.workers.restarts import resuming


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--workers", "2"], "the training is missing. Write it after --"),
        (["--workers", "2", "--", "translation", "predict"], "not a training. Write -- APP train"),
        (["--workers", "2", "--"], "not a training"),
        (["--workers", "0", "--", "sentiment", "train"], "from 1 to 1024, received '0'"),
        (["--workers", "2", "--restarts", "-1", "--", "sentiment", "train"], "from 0 to 1024"),
        (["--", "sentiment", "train"], "one of --workers and --hosts is needed"),
        (["--workers", "2", "--index", "1", "--", "sentiment", "train"], "--index needs --hosts"),
        (["--hosts", "a:1,b", "--index", "0", "--", "sentiment", "train"], "'b' is not an address"),
        (["--hosts", "a:1,b:1", "--", "sentiment", "train"], "--index must be from 0 to 1"),
        (
            ["--hosts", "a:1,b:1", "--index", "2", "--", "sentiment", "train"],
            "--index must be from 0 to 1",
        ),
    ],
)
def test_wrong_arguments(words: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    assert launch.main(words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) <= 2


def test_a_group_that_starts_again_resumes():
    assert resuming(["a", "train", "--overwrite"], 0.0) == ["a", "train", "--resume"]
    assert resuming(["a", "train", "--resume"], 0.0) == ["a", "train", "--resume"]


def test_a_group_that_had_not_begun_starts_with_the_same_words(tmp_path: Path):
    words = ["a", "train", "--overwrite", "--output", str(tmp_path)]
    assert resuming(words, 0.0) == words
    (tmp_path / "recipe.toml").touch()
    began = (tmp_path / "recipe.toml").stat().st_mtime
    assert resuming(words, began + 1.0) == words  # the recipe of the run to replace
    assert resuming(words, began - 1.0) == [*words[:2], *words[3:], "--resume"]


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with a program in place of `nlp_apps`, which each worker runs."""
    monkeypatch.setattr(local_workers, "SECONDS_TO_END", 1.0)
    (tmp_path / "nlp_apps.py").write_text(
        "import json, os, sys, time, signal, pathlib\n"
        "index = json.loads(os.environ['TF_CONFIG'])['task']['index']\n"
        "with open('log', 'a') as log: log.write(f'{index} {sys.argv[1:]}\\n')\n"
        "exec(pathlib.Path('work.py').read_text())\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def run(programs: Path, work: str, restarts: int = 2) -> list[str]:
    (programs / "work.py").write_text(work)
    run_workers(["sentiment", "train"], 3, restarts=restarts)
    return sorted((programs / "log").read_text().splitlines())


def test_all_workers_run_the_command(programs: Path):
    words = ["sentiment", "train"]
    assert run(programs, "pass") == [f"{index} {words}" for index in range(3)]


def test_a_worker_that_does_not_respond_is_killed_and_the_group_starts_again(programs: Path):
    """Worker 1 stops, as on a machine that is disconnected, and the others end with an error."""
    lines = run(
        programs, "if '--resume' not in sys.argv:\n  time.sleep(60 * (index == 1)); sys.exit(75)"
    )
    assert len(lines) == 6
    assert sum("--resume" in line for line in lines) == 3


def test_a_worker_that_is_killed_again_and_again_ends_the_group(programs: Path):
    with pytest.raises(WorkError, match="worker 2 was killed by SIGKILL, after 1 restarts"):
        run(programs, "if index == 2: os.kill(os.getpid(), signal.SIGKILL)", restarts=1)


def test_an_error_is_not_tried_again(programs: Path):
    work = "if index: print('nlp-apps: error: no such file', file=sys.stderr); sys.exit(1)"
    with pytest.raises(WorkError, match="^worker [12]: no such file$"):
        run(programs, work)
    with pytest.raises(SystemExit) as ended:  # The chief has printed its error.
        run(programs, "sys.exit(2)")
    assert ended.value.code == 2
    with pytest.raises(WorkError, match="^worker 2: ended with exit code 1$"):
        run(programs, "time.sleep(60 * (index != 2)); sys.exit(1)")  # the others wait for it


def test_an_interrupt_reaches_every_worker(programs: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupt(workers: object) -> None:
        log = programs / "log"
        while not log.is_file() or log.read_text().count("ready") < 3:
            time.sleep(0.02)
        raise KeyboardInterrupt

    monkeypatch.setattr(local_workers, "_wait", interrupt)
    monkeypatch.setattr(local_workers, "SECONDS_TO_END", 20.0)
    work = (
        "def end(*_):\n  open(f'interrupted{index}', 'w').close()\n  os._exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\nopen('log', 'a').write('ready\\n')\ntime.sleep(60)"
    )
    with pytest.raises(KeyboardInterrupt):
        run(programs, work)
    assert len(list(programs.glob("interrupted*"))) == 3


def test_workers_of_one_machine_share_its_cores_and_gpus(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    addresses = ["a:1", "b:1", "a:2", "b:2"]
    found = [worker_process.worker_environment(addresses, index) for index in range(4)]
    assert [each["CUDA_VISIBLE_DEVICES"] for each in found] == ["4", "4", "6", "6"]
    assert found[0]["TF_NUM_INTRAOP_THREADS"] == found[1]["TF_NUM_INTRAOP_THREADS"]


def test_a_worker_that_is_terminated_is_started_again(programs: Path):
    work = "if index == 1 and '--resume' not in sys.argv: sys.exit(143)\nsys.exit(0 if '--resume'"
    lines = run(programs, f"{work} in sys.argv else 75)")
    assert sum("--resume" in line for line in lines) == 3
