"""A `model.safetensors` from a stranger: a damaged or made-up file is refused in one line."""

import hashlib
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps.errors import WorkError
from tests.attack.test_run_folders import VALUES, assert_one_line, read

Header = dict[str, Any]


def content_of(header: Header, values: bytes) -> bytes:
    """Returns a file."""
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + values


def parts() -> tuple[Header, bytes]:
    """Returns header and values of a good file."""
    header: Header = {}
    values = b""
    for name, value in VALUES.items():
        start, values = len(values), values + value.tobytes()
        place = [start, len(values)]
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": place}
    header["__metadata__"] = {"sha256": hashlib.sha256(values).hexdigest()}
    return header, values


def test_weights_are_read_with_and_without_a_checksum(tmp_path: Path) -> None:
    header, values = parts()
    for _ in range(2):
        (tmp_path / "model.safetensors").write_bytes(content_of(header, values))
        found = read(tmp_path / "model.safetensors")
        assert all(np.array_equal(found[name], VALUES[name]) for name in VALUES)
        header.pop("__metadata__", None)


def with_entry(**changes: Any) -> Callable[[Header, bytes], bytes]:
    """Returns a change of the entry of `last/bias`, the last 8 of 56 bytes."""

    def change(header: Header, values: bytes) -> bytes:
        header["last/bias"] |= changes
        return content_of(header, values)

    return change


def with_values(*numbers: float) -> Callable[[Header, bytes], bytes]:
    def change(header: Header, values: bytes) -> bytes:
        del header["__metadata__"]
        return content_of(header, values[:48] + np.array(numbers, np.float32).tobytes())

    return change


def without(name: str) -> Callable[[Header, bytes], bytes]:
    def change(header: Header, values: bytes) -> bytes:
        del header[name], header["__metadata__"]
        header["other"] = {"dtype": "F32", "shape": [2], "data_offsets": [48, 56]}
        return content_of(header, values)

    return change


FILES: dict[str, tuple[Callable[[Header, bytes], bytes], str]] = {
    "empty": (lambda header, values: b"", "header is truncated"),
    "a length": (lambda header, values: b"\1\0\0\0\0\0\0\0", "header is truncated"),
    "a length of all memory": (lambda header, values: b"\xff" * 8 + values, "too long"),
    "pickle": (lambda header, values: b"\x80\x04\x95" + b"." * 60, "too long"),
    "no JSON": (lambda header, values: b"\2\0\0\0\0\0\0\0{:" + values, "not JSON"),
    "a list": (lambda header, values: b"\2\0\0\0\0\0\0\0[]" + values, "not a JSON object"),
    "deep": (
        lambda header, values: (90_000).to_bytes(8, "little") + b"[" * 45_000 + b"]" * 45_000,
        "nested deeper",
    ),
    "truncated": (lambda header, values: content_of(header, values[:-1]), "55 bytes of values"),
    "longer": (lambda header, values: content_of(header, values + b"x"), "57 bytes of values"),
    "a changed value": (lambda header, values: content_of(header, b"x" + values[1:]), "checksum"),
    "metadata": (lambda header, values: content_of({**header, "__metadata__": 1}, values), "texts"),
    "an entry": (lambda header, values: content_of({**header, "a": 1}, values), "no place"),
    "no offsets": (with_entry(data_offsets=None), "no place"),
    "offsets of text": (with_entry(data_offsets=["48", "56"]), "no place"),
    "one offset": (with_entry(data_offsets=[48]), "no place"),
    "negative": (with_entry(data_offsets=[-8, 0]), "overlap"),
    "overlap": (with_entry(data_offsets=[40, 56]), "overlap"),
    "backwards": (with_entry(data_offsets=[48, 40]), "overlap"),
    "beyond": (with_entry(data_offsets=[48, 1 << 60]), "56 bytes of values"),
    "another type": (with_entry(dtype="F64"), "F64, not F32"),
    "another shape": (with_entry(shape=[1 << 40]), "does not fit"),
    "no shape": (with_entry(shape=None), "does not fit"),
    "NaN": (with_values(float("nan"), 0.0), "NaN"),
    "infinite": (with_values(0.0, float("inf")), "NaN"),
    "missing": (without("last/bias"), "it has no last/bias"),
}


@pytest.mark.parametrize("name", FILES)
def test_weights_of_another_form_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    change, reason = FILES[name]
    path.write_bytes(change(*parts()))
    with pytest.raises(WorkError, match=reason) as caught:
        read(path)
    assert_one_line(caught.value, path)


def test_no_flipped_bit_changes_a_weight(tmp_path: Path) -> None:
    good = content_of(*parts())
    path = tmp_path / "model.safetensors"
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(bad))
        try:
            found = read(path)
        except WorkError as error:
            assert_one_line(error, path)
        else:
            assert all(np.array_equal(found[name], VALUES[name]) for name in VALUES), bit


def test_random_bytes_are_one_line(tmp_path: Path) -> None:
    choose, good, path = random.Random(1), content_of(*parts()), tmp_path / "model.safetensors"
    for _ in range(300):
        start = choose.randrange(len(good))
        path.write_bytes(good[:start] + choose.randbytes(choose.randrange(1, 40)))
        with pytest.raises(WorkError) as caught:
            read(path)
        assert_one_line(caught.value, path)


def test_weights_that_are_too_many_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content_of(*parts()))
    os.truncate(path, 1 << 40)  # a sparse file of 1 TB
    with pytest.raises(WorkError, match="larger than"):
        read(path)
