"""Files are read with bounds of kind, size and nesting."""

import json
import os
from pathlib import Path

import pytest

from nlp_apps.io.bounded_files import open_regular, parse_json, read_bytes, read_json


def test_a_file_within_its_bounds_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": [1, "\u00e9"]}', encoding="utf-8")
    assert read_bytes(path, path.stat().st_size) == path.read_bytes()
    assert read_json(path) == {"a": [1, "\u00e9"]}


def test_a_larger_file_is_refused_with_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"x" * 1001)
    with pytest.raises(OSError, match=r"larger than 1,000 bytes") as caught:
        read_bytes(path, 1000)
    assert caught.value.filename == str(path)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["pipe", "link to a pipe", "device"])
def test_a_pipe_or_device_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "special"
    os.mkfifo(tmp_path / "pipe")
    target = {"pipe": None, "link to a pipe": tmp_path / "pipe", "device": "/dev/zero"}[kind]
    if target is None:
        path = tmp_path / "pipe"
    else:
        path.symlink_to(target)
    with pytest.raises(OSError, match="not a regular file"):
        open_regular(path)


def test_a_folder_and_a_missing_file_keep_their_errors(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "none")


@pytest.mark.parametrize("depth", [3, 4, 100, 100_000])
def test_nesting_is_bounded(depth: int) -> None:
    text = "[" * depth + "7" + "]" * depth
    if depth == 3:
        assert parse_json(text, max_depth=3) == json.loads(text)
    else:
        with pytest.raises(ValueError, match="nested deeper than 3 levels"):
            parse_json(text, max_depth=3)


def test_bytes_that_are_not_utf8_are_a_value_error() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        parse_json(b'"\xff"')
