"""The ZIP archive at the end of a `.tflite`: JSON files, and the checksum of the model before it.

A FlatBuffer ignores the bytes after it, so the file stays an ordinary model; `unzip -p MODEL.tflite
nlp_apps.json` prints the metadata. TensorFlow Lite's own tools store a model's files the same way.

The archive is read with bounds, because a file may come from a stranger: a few entries, of limited
size, stored or deflated, not encrypted.
"""

import contextlib
import hashlib
import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from nlp_apps.errors import first_line
from nlp_apps.io.bounded_files import open_regular, parse_json

METADATA_FILE = "nlp_apps.json"

CHECKSUM = "sha256"
"""Key of the metadata: SHA-256 of the bytes before the archive, as hexadecimal digits."""

TIMESTAMP = (1980, 1, 1, 0, 0, 0)
"""Time stamp of every archived file, so that the same model has the same bytes."""

MAX_ENTRIES = 16
MAX_DIRECTORY_BYTES = 1 << 16
MAX_FILE_BYTES = 8 << 20
"""Bounds of an archive: its files, its directory, and one unpacked file."""

_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE, _ZIP64_LOCATOR, _ZIP64_LOCATOR_BYTES = b"PK\5\6", b"PK\6\7", 20
_CHUNK = 1 << 20


class ArchiveError(ValueError):
    """The archive is missing, damaged or out of bounds."""


def append_files(content: bytes, files: Mapping[str, Any]) -> bytes:
    """Returns a `.tflite` with JSON files appended.

    Args:
        content: the model.
        files: file name -> value that JSON can hold.
    """
    whole = io.BytesIO(content)
    with zipfile.ZipFile(whole, "a") as archive:
        for name, value in files.items():
            info = zipfile.ZipInfo(name, TIMESTAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return whole.getvalue()


def add_checksum(content: bytes) -> bytes:
    """Returns a `.tflite` whose metadata has the checksum of the model; the model is unchanged.

    Args:
        content: the bytes of a `.tflite` with metadata, with or without a checksum.

    Raises:
        ArchiveError: it has no metadata, or its archive is damaged.
    """
    with _opened(io.BytesIO(content)) as archive:
        start = _start(archive)
        files = {info.filename: _read(archive, info.filename) for info in archive.infolist()}
    if not isinstance(files.get(METADATA_FILE), dict):
        raise ArchiveError(f"has no {METADATA_FILE}")
    files[METADATA_FILE][CHECKSUM] = hashlib.sha256(content[:start]).hexdigest()
    return append_files(content[:start], files)


def read_file(path: Path, name: str) -> Any:
    """Reads a JSON file of the archive of a `.tflite`.

    Args:
        path: the `.tflite`.
        name: name of the JSON file.

    Raises:
        ArchiveError: there is no such file, or it is damaged or out of bounds.
        OSError: the `.tflite` is missing, unreadable or not a regular file.
    """
    with open_regular(path) as stream, _opened(stream) as archive:
        return _read(archive, name)


def checksum(path: Path) -> str:
    """Computes the SHA-256 of the model, the bytes before the archive.

    Raises:
        ArchiveError: there is no archive, or it is damaged.
        OSError: as `read_file`.
    """
    with open_regular(path) as stream:
        with _opened(stream) as archive:
            size = _start(archive)
        return digest_of(stream, size)


def digest_of(stream: BinaryIO, size: int) -> str:
    """Computes the SHA-256 of the first `size` bytes of a file, or of all if it has fewer."""
    stream.seek(0)
    digest = hashlib.sha256()
    while size > 0 and (part := stream.read(min(size, _CHUNK))):
        digest.update(part)
        size -= len(part)
    return digest.hexdigest()


@contextlib.contextmanager
def _opened(stream: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """Yields the archive; errors of `zipfile` in the block become an `ArchiveError`."""
    _require_small_directory(stream)
    try:
        with zipfile.ZipFile(stream) as archive:
            yield archive
    except ArchiveError:
        raise
    # NotImplementedError: unknown compression; OverflowError: offsets beyond 64 bits.
    except (
        *(zipfile.BadZipFile, KeyError, ValueError, EOFError, zlib.error),
        *(NotImplementedError, RuntimeError, OverflowError, struct.error),
        OSError,  # an offset before the start of the file
    ) as error:
        raise ArchiveError(f"its archive is damaged ({first_line(error)})") from None


def _require_small_directory(stream: BinaryIO) -> None:
    """Checks the end of the archive before `zipfile` reads its directory into memory."""
    end = stream.seek(0, os.SEEK_END) - _END.size
    stream.seek(max(0, end - _ZIP64_LOCATOR_BYTES))
    tail = stream.read()
    if end < 0 or tail[-_END.size :][:4] != _END_SIGNATURE:
        raise ArchiveError("no archive at its end")
    _, disk, _, _, entries, directory_bytes, _, comment_bytes = _END.unpack(tail[-_END.size :])
    if disk or comment_bytes or tail[: -_END.size].startswith(_ZIP64_LOCATOR):
        raise ArchiveError("its archive has parts that export never writes")
    if entries > MAX_ENTRIES or directory_bytes > MAX_DIRECTORY_BYTES:
        raise ArchiveError(f"its archive has {entries:,} files, more than {MAX_ENTRIES}")


def _start(archive: zipfile.ZipFile) -> int:
    """Returns the number of bytes before the archive."""
    return min((info.header_offset for info in archive.infolist()), default=0)


def _read(archive: zipfile.ZipFile, name: str) -> Any:
    info = archive.getinfo(name)
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveError(f"{name} is encrypted or packed with an unknown method")
    if info.file_size > MAX_FILE_BYTES:
        raise ArchiveError(f"{name} has more than {MAX_FILE_BYTES:,} bytes")
    with archive.open(info) as packed:
        content = packed.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ArchiveError(f"{name} has more than {MAX_FILE_BYTES:,} bytes")
    try:
        return parse_json(content)
    except ValueError as error:
        raise ArchiveError(f"{name}: {error}") from None
