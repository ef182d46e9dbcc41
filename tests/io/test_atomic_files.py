"""Files are written atomically; an error of the file system names path, reason and remedy."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from nlp_apps.io import atomic_files
from nlp_apps.io.leftovers import remove_leftovers


def test_exit_codes_are_1_for_work_and_2_for_usage() -> None:
    assert (NlpAppsError.exit_code, WorkError.exit_code, UsageError.exit_code) == (1, 1, 2)


def test_the_new_content_replaces_the_file_and_no_temporary_file_is_left(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "summary.json"
    with atomic_files.atomic_write(path) as temporary:
        assert temporary.parent == path.parent
        assert temporary.name.endswith(".summary.json")
        temporary.write_text("{}")
        assert not path.exists()
    assert path.read_text() == "{}"
    assert list(path.parent.iterdir()) == [path]


def test_text_is_written_as_utf_8_with_its_newlines_unchanged(tmp_path: Path) -> None:
    atomic_files.atomic_write_text(tmp_path / "a", "é\r\n\u2028\n")
    assert (tmp_path / "a").read_bytes() == "é\r\n\u2028\n".encode()


def test_when_the_block_raises_the_old_content_stays_and_the_temporary_file_is_removed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "weights.h5"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_files.atomic_write(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_killed_writer_leaves_the_old_content_and_a_removable_temporary_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "weights.h5"
    path.write_text("old")
    code = (
        "import sys, time\nfrom nlp_apps.io import atomic_files\n"
        "with atomic_files.atomic_write(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    print('now', flush=True)\n"
        "    time.sleep(60)\n"
    )
    root = Path(atomic_files.__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"now\n"
        writer.kill()
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2
    (tmp_path / ".tmp-notes").write_text("another name")
    assert remove_leftovers(tmp_path) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == [".tmp-notes", "weights.h5"]
    assert remove_leftovers(tmp_path / "missing") == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk always full")
def test_a_full_disk_is_a_work_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    with (
        pytest.raises(WorkError, match=r"cannot write .*weights\.h5: the disk is full\. Free some"),
        atomic_files.atomic_write(path),
        open("/dev/full", "wb", buffering=0) as disk,
    ):
        disk.write(b"x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "your disk quota is used up"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EACCES, "no permission to write there"),
    ],
)
@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_system_error_becomes_a_work_error_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str, where: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, where, refuse)
    with (
        pytest.raises(WorkError, match=words),
        atomic_files.atomic_write(tmp_path / "a") as temporary,
    ):
        temporary.write_text("x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_a_work_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WorkError, match="no permission to write there"):
        atomic_files.atomic_write_text(tmp_path / "a", "x")


def test_a_file_where_the_folder_should_be_is_a_work_error(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(WorkError, match="run: a file is in the way of this folder"):
        atomic_files.atomic_write_text(tmp_path / "run" / "summary.json", "x")
    with pytest.raises(WorkError, match="a part of this path is a file, not a folder"):
        atomic_files.make_folder(tmp_path / "run" / "deep" / "er")


def test_a_folder_where_the_file_should_be_is_a_work_error(tmp_path: Path) -> None:
    (tmp_path / "summary.json").mkdir()
    with pytest.raises(WorkError, match="a folder of this name is in the way"):
        atomic_files.atomic_write_text(tmp_path / "summary.json", "x")


def test_a_full_disk_is_recognized_in_a_message_without_error_number(tmp_path: Path) -> None:
    with (
        pytest.raises(WorkError, match="the disk is full"),
        atomic_files.atomic_write(tmp_path / "a"),
    ):
        raise OSError(f"Can't write data (error message = '{os.strerror(errno.ENOSPC)}')")


def test_errors_about_other_files_and_other_errors_pass_unchanged(tmp_path: Path) -> None:
    number = errno.EACCES
    with pytest.raises(PermissionError), atomic_files.atomic_write(tmp_path / "out" / "a"):
        raise PermissionError(number, os.strerror(number), str(tmp_path / "in" / "b"))
    number = errno.ENOENT
    with pytest.raises(FileNotFoundError), atomic_files.atomic_write(tmp_path / "out" / "a"):
        raise FileNotFoundError(number, os.strerror(number), str(tmp_path / "out" / "b"))
    with (
        pytest.raises(FileNotFoundError, match=r"out/a: nothing was written, or its folder is go"),
        atomic_files.atomic_write(tmp_path / "out" / "a"),
    ):
        pass
    with pytest.raises(UsageError, match="mine"), atomic_files.atomic_write(tmp_path / "out" / "a"):
        raise UsageError("mine")


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EIO])
def test_an_error_about_the_temporary_path_names_the_final_path(
    tmp_path: Path, number: int
) -> None:
    path = tmp_path / "a.png"
    with pytest.raises(WorkError) as caught, atomic_files.atomic_write(path) as temporary:
        raise OSError(number, os.strerror(number), str(temporary))
    message = f"cannot write {path}: {os.strerror(number)}. Choose another folder."
    assert str(caught.value) == message
    with (
        pytest.raises(WorkError) as caught,
        atomic_files.atomic_folder(lambda: tmp_path / "1") as temporary,
    ):
        raise OSError(number, os.strerror(number), str(temporary / "model" / "weights"))
    assert str(caught.value) == message.replace("a.png", "1")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc, which is read-only")
def test_a_place_where_no_folder_can_be_created_is_named() -> None:
    with pytest.raises(WorkError, match=r"^cannot write /proc/runs/checkpoints: No such file or"):
        atomic_files.make_folder("/proc/runs/checkpoints")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    atomic_files.atomic_write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_device_is_written_to_and_never_replaced() -> None:
    atomic_files.atomic_write_text(os.devnull, "x")
    assert not Path(os.devnull).is_file()


def test_a_reader_never_sees_a_partial_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    atomic_files.atomic_write_text(path, "0" * 100_000)
    code = (
        "import sys\nfrom nlp_apps.io import atomic_files\n"
        "for i in range(60): atomic_files.atomic_write_text(sys.argv[1], str(i % 10) * 100_000)\n"
    )
    root = Path(atomic_files.__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], env={**os.environ, "PYTHONPATH": str(root)}
    ) as writer:
        while writer.poll() is None:
            text = path.read_text()
            assert len(text) == 100_000
            assert len(set(text)) == 1
            time.sleep(0.001)
    assert writer.returncode == 0


# Folders -----------------------------------------------------------------------------------------


def test_a_folder_appears_complete_under_its_name(tmp_path: Path) -> None:
    final = tmp_path / "models" / "tea" / "1"
    with atomic_files.atomic_folder(lambda: final) as temporary:
        (temporary / "below").mkdir()
        (temporary / "below" / "file").write_text("whole")
        assert temporary.parent == final.parent and not temporary.name.isdecimal()
        assert not final.exists()
    assert (final / "below" / "file").read_text() == "whole"
    assert list(final.parent.iterdir()) == [final]


def test_when_the_block_raises_the_folder_is_removed(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        atomic_files.atomic_folder(lambda: tmp_path / "tea" / "1") as temporary,
    ):
        (temporary / "file").write_text("half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_another_process_used_meanwhile_is_requested_again(tmp_path: Path) -> None:
    def free() -> Path:
        return next(path for number in range(1, 9) if not (path := tmp_path / str(number)).exists())

    with atomic_files.atomic_folder(free) as temporary:
        (temporary / "file").write_text("mine")
        (tmp_path / "1").mkdir()
        (tmp_path / "1" / "file").write_text("of another process")
    assert (tmp_path / "1" / "file").read_text() == "of another process"
    assert (tmp_path / "2" / "file").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_a_work_error(tmp_path: Path) -> None:
    (tmp_path / "tea").write_text("a file")
    with (
        pytest.raises(WorkError, match="a file is in the way"),
        atomic_files.atomic_folder(lambda: tmp_path / "tea" / "1"),
    ):
        pass
