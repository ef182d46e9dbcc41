"""The JSON files in an `.onnx`, read and written without the package `onnx`.

An `.onnx` is a protobuf message `ModelProto`. Its properties `metadata_props` are the last fields
of our files; each has a name and a JSON value, so that every ONNX runtime reads them. The last one
is the checksum of all bytes before it. A stranger's file is read with bounds.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from nlp_apps.io.bounded_files import open_regular, parse_json
from nlp_apps.litert.archive import (
    CHECKSUM,
    MAX_ENTRIES,
    MAX_FILE_BYTES,
    ArchiveError,
    digest_of,
)

SIGNATURES_FILE = "signatures.json"
"""Property with the shape of every input of every signature."""

PROPERTIES = 14
"""Field number of `metadata_props` in `ModelProto`; name and value are the fields 1 and 2."""

MAX_FIELDS = 64
"""Fields of a `ModelProto` at most; a file of this package has fewer than twenty."""

_VARINT, _BYTES = 0, 2


def is_onnx(path: Path) -> bool:
    """Checks the suffix of a file."""
    return path.suffix.lower() == ".onnx"


def with_properties(content: bytes, files: Mapping[str, Any]) -> bytes:
    """Returns a model with JSON files and the checksum appended as properties.

    Args:
        content: the model, without properties.
        files: name -> value that JSON can hold.
    """
    parts = [content, *(_property(name, value) for name, value in files.items())]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return b"".join([*parts, _property(CHECKSUM, digest.hexdigest())])


def read_file(path: Path, name: str) -> Any:
    """Reads a JSON file of an `.onnx`.

    Raises:
        ArchiveError: there is no such file, or it is damaged or out of bounds.
        OSError: the `.onnx` is missing, unreadable or not a regular file.
    """
    with open_regular(path) as stream:
        for _, content in _properties(stream):
            entry = dict(_split(content))
            if entry.get(1) == name.encode():
                try:
                    return parse_json(entry.get(2, b""))
                except ValueError as error:
                    raise ArchiveError(f"{name}: {error}") from None
    raise ArchiveError(f"has no {name}")


def checksum(path: Path) -> str:
    """Computes the SHA-256 of the bytes before the last property: the model and its JSON files.

    Raises:
        ArchiveError: it is not an ONNX model.
        OSError: as `read_file`.
    """
    with open_regular(path) as stream:
        size = 0
        for start, _ in _properties(stream):  # checks all of them
            size = start
        return digest_of(stream, size)


def read_signatures(path: Path) -> dict[str, dict[str, list[int]]]:
    """Reads the shape of every input of every signature.

    Raises:
        ArchiveError: it is missing or damaged.
    """
    found = read_file(path, SIGNATURES_FILE)
    if not isinstance(found, dict) or not all(
        isinstance(inputs, dict) and all(map(_is_shape, inputs.values()))
        for inputs in found.values()
    ):
        raise ArchiveError(f"{SIGNATURES_FILE} has values that are no shapes")
    return found


def _is_shape(value: Any) -> bool:
    return isinstance(value, list) and all(type(size) is int and size > 0 for size in value)


def _property(name: str, value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _field(PROPERTIES, _field(1, name.encode()) + _field(2, text.encode()))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _properties(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yields the place and content of each property; skips all other fields."""
    stream.seek(0, 2)
    size = stream.tell()
    stream.seek(0)
    found = 0
    for _ in range(MAX_FIELDS):
        start = stream.tell()
        if start == size:
            return
        number, kind = divmod(_read_varint(stream), 8)
        if kind not in (_VARINT, _BYTES):
            raise ArchiveError("not an ONNX model")
        length = _read_varint(stream)
        if kind == _VARINT:
            continue
        if length > size - stream.tell():
            raise ArchiveError("it is incomplete, or not an ONNX model")
        if number != PROPERTIES:
            if found:  # Runtimes would merge it with the model before the properties.
                raise ArchiveError("it has parts after its properties")
            stream.seek(length, 1)
            continue
        found += 1
        if length > MAX_FILE_BYTES or found > MAX_ENTRIES:
            raise ArchiveError(f"its property {found} has {length:,} bytes")
        yield start, stream.read(length)
    raise ArchiveError("not an ONNX model of this package")


def _split(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields number and content of the fields of a property."""
    stream = io.BytesIO(content)
    while stream.tell() < len(content):
        number, kind = divmod(_read_varint(stream), 8)
        length = _read_varint(stream)
        if kind != _BYTES or length > len(content) - stream.tell():
            raise ArchiveError("its properties are damaged")
        yield number, stream.read(length)


def _read_varint(stream: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = stream.read(1)
        if not byte:
            break
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ArchiveError("it is incomplete, or not an ONNX model")
