"""Tests of nlp_apps.io.folder_lock, with real processes."""

import subprocess
import sys
from pathlib import Path

import pytest

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.io import folder_lock
from nlp_apps.io.folder_lock import locked_folder

HOLD = """
import sys
from pathlib import Path
from nlp_apps.io.folder_lock import locked_folder
with locked_folder(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def hold(folder: Path) -> "subprocess.Popen[str]":
    """Starts a process that has the lock of a folder until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    return process


def test_a_second_process_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "mine"
    with hold(folder) as process:
        message = rf"mine: process {process.pid} is training"
        with pytest.raises(UsageError, match=message) as error, locked_folder(folder):
            pass
        assert "\n" not in str(error.value)
        process.communicate()
    with locked_folder(folder):
        assert (folder / folder_lock.NAME).is_file()
    assert not list(tmp_path.iterdir())


def test_the_lock_of_a_killed_process_is_released(tmp_path: Path) -> None:
    with hold(tmp_path) as process:
        process.kill()
        process.wait()
    assert (tmp_path / folder_lock.NAME).is_file()
    with locked_folder(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_a_second_block_of_one_process_is_refused(tmp_path: Path) -> None:
    with locked_folder(tmp_path):
        message = "is training into this folder"
        with pytest.raises(UsageError, match=message), locked_folder(tmp_path):
            pass
        with locked_folder(tmp_path / "inner"):
            pass


def test_the_folder_is_released_and_kept_after_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt), locked_folder(folder):
            (folder / "weights.h5").touch()
            raise KeyboardInterrupt
    assert [path.name for path in folder.iterdir()] == ["weights.h5"]


def test_a_file_system_without_locks_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(file: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(folder_lock, "_lock", unsupported)
    with locked_folder(tmp_path / "mine"):
        (tmp_path / "mine" / "weights.h5").touch()
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["weights.h5"]


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(WorkError, match="a file is in the way"), locked_folder(tmp_path / "mine"):
        pass


def test_many_processes_own_the_folder_one_at_a_time(tmp_path: Path) -> None:
    code = """
import sys, time
from pathlib import Path
from nlp_apps.errors import UsageError
from nlp_apps.io.folder_lock import locked_folder
folder, won = Path(sys.argv[1]), 0
end = time.monotonic() + 1.5
while time.monotonic() < end:
    try:
        with locked_folder(folder):
            (folder / "owner").touch(exist_ok=False)
            (folder / "owner").unlink()
            won += 1
    except UsageError:
        pass
print(won)
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sum(map(int, outputs)) > 0
