"""Tests of nlp_apps.io.npz_files."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nlp_apps.io.npz_files import read_npz


def test_arrays_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, one=np.arange(3), two=np.array("x"))
    found = read_npz(path)
    assert found["one"].tolist() == [0, 1, 2] and found["two"] == "x"


def header(text: str) -> bytes:
    """An array file with a header of any text."""
    content = text.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\1\0" + len(content).to_bytes(2, "little") + content


def shaped(shape: str) -> bytes:
    return header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}")


FILES: dict[str, bytes] = {
    "text": b"abc",
    "a huge shape": header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000000,)}"
    ),
    "no shape": shaped("3"),
    "a negative shape": shaped("(-3, 1)"),
    "no type": header("{'descr': '<q9', 'fortran_order': False, 'shape': (1,)}"),
    "no literal": header("{'descr': open('x'), 'fortran_order': False, 'shape': (1,)}"),
    "no dictionary": header("((" * 20),
    "objects": header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}") + b"cos\nsystem",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_array_is_damage(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.npy", FILES[name])
    with pytest.raises(ValueError):
        read_npz(path)


def test_too_little_memory_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, one=np.arange(3))

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np.lib.format, "read_array", fail)
    with pytest.raises(MemoryError):
        read_npz(path)


def test_another_file_is_damage(tmp_path: Path) -> None:
    path, stream = tmp_path / "a.npz", io.BytesIO()
    np.save(stream, np.arange(3))
    for content in (b"", b"PK", b"\0" * 100, stream.getvalue()):
        path.write_bytes(content)
        with pytest.raises(ValueError):
            read_npz(path)
    with pytest.raises(OSError):
        read_npz(tmp_path / "missing.npz")
