"""The checksum of an `.onnx` covers the graph and the JSON files in its properties."""

from pathlib import Path

import pytest

from nlp_apps.errors import NlpAppsError, UsageError
from nlp_apps.litert.metadata import read_metadata, read_pieces, require_checksum
from nlp_apps.litert.onnx_properties import with_properties

GRAPH = b"\x08\x09\x3a\x03abc"
"""Two fields of a `ModelProto`: the version and the graph."""

FILES = {
    "nlp_apps.json": {"task": "sentiment", "labels": ["negative", "positive"]},
    "pieces.json": ["\u2581a", "\u2581b"],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(with_properties(GRAPH, FILES))
    return path


def check(path: Path) -> None:
    require_checksum(path, read_metadata(path))


def test_it_is_that_of_the_written_file(file: Path):
    check(file)
    assert read_metadata(file) == FILES["nlp_apps.json"]
    assert read_pieces(file) == FILES["pieces.json"]


def test_every_changed_bit_is_an_error(file: Path, tmp_path: Path):
    content = file.read_bytes()
    bad = tmp_path / "bad.onnx"
    for place in range(8 * len(content)):
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        bad.write_bytes(changed)
        with pytest.raises(NlpAppsError):
            check(bad)


def test_a_file_without_one_is_refused(file: Path):
    content = file.read_bytes()
    file.write_bytes(content[: content.rindex(b"sha256") - 4])
    with pytest.raises(UsageError, match="has no sha256"):
        check(file)
