"""The checksum of a `.tflite` is added without a change of the model."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from nlp_apps.errors import WorkError
from nlp_apps.litert.archive import ArchiveError, add_checksum, append_files, checksum, read_file
from nlp_apps.litert.metadata import METADATA_FILE, PIECES, read_metadata, require_checksum
from tests.tiny_models import Made

MODEL = b"the bytes of a model"
DIGEST = hashlib.sha256(MODEL).hexdigest()


def test_the_checksum_covers_the_model_and_nothing_after_it(tmp_path: Path) -> None:
    files = {METADATA_FILE: {"task": "sentiment"}, PIECES: ["a", "\u2581b"]}
    content = add_checksum(append_files(MODEL, files))
    assert content.startswith(MODEL)
    assert add_checksum(content) == content
    path = tmp_path / "a.tflite"
    path.write_bytes(content)
    assert read_metadata(path) == {"task": "sentiment", "sha256": DIGEST}
    assert read_file(path, PIECES) == files[PIECES]
    assert checksum(path) == DIGEST
    require_checksum(path, read_metadata(path))
    path.write_bytes(content.replace(b"bytes", b"bits!"))
    with pytest.raises(WorkError, match="checksum"):
        require_checksum(path, read_metadata(path))


def test_the_error_of_a_damaged_archive_is_short(tmp_path: Path) -> None:
    content = append_files(MODEL, {METADATA_FILE: {"task": "x" * 1000}, "a" * 500: 1})
    name = content.index(METADATA_FILE.encode())
    # The header in front of the file claims a name of 600 bytes, which the error would quote.
    damaged = content[: name - 4] + (600).to_bytes(2, "little") + content[name - 2 :]
    path = tmp_path / "a.tflite"
    path.write_bytes(damaged)
    with pytest.raises(ArchiveError, match="damaged") as caught:
        read_file(path, METADATA_FILE)
    assert len(str(caught.value)) < 400


def test_an_offset_before_the_start_of_the_file_is_damage(tmp_path: Path) -> None:
    content = append_files(MODEL, {METADATA_FILE: {"task": "x"}})
    end = content.rindex(b"PK\5\6")
    path = tmp_path / "a.tflite"
    for offset in (0, 1 << 31, (1 << 32) - 1):
        start = end + 16  # of the offset of the directory
        damaged = content[:start] + offset.to_bytes(4, "little") + content[start + 4 :]
        path.write_bytes(damaged)
        with pytest.raises(ArchiveError, match="damaged"):
            read_file(path, METADATA_FILE)


def test_a_file_without_metadata_gets_no_checksum() -> None:
    for content in (MODEL, append_files(MODEL, {"other.json": {}})):
        with pytest.raises(ArchiveError):
            add_checksum(content)


def test_the_command_rewrites_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tflite"
    path.write_bytes(append_files(MODEL, {METADATA_FILE: {"task": "sentiment"}}))
    command = [sys.executable, "-m", "nlp_apps.litert.add_checksum", str(path)]
    subprocess.run(command, check=True)
    assert read_metadata(path)["sha256"] == DIGEST
    path.write_bytes(MODEL)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert path.read_bytes() == MODEL


@pytest.mark.parametrize("task", ["translation", "sentiment", "generation"])
def test_export_writes_the_checksum(task: str, tiny_lite: Made) -> None:
    path = tiny_lite(task)
    assert read_metadata(path)["sha256"] == checksum(path)
