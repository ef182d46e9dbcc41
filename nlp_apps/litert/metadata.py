"""Metadata of a `.tflite` or `.onnx` of this package.

They are JSON files: in the archive at the end of a `.tflite`, see `litert.archive`, and in the
properties of an `.onnx`, see `litert.onnx_properties`.

`litert.metadata_checks` has the type and range of every key.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.litert import archive, onnx_properties
from nlp_apps.litert.archive import (
    CHECKSUM,
    METADATA_FILE,
    ArchiveError,
    append_files,
)
from nlp_apps.litert.metadata_checks import problem_of

__all__ = [
    "METADATA_FILE",
    "NORMALIZATION",
    "PIECES",
    "SOURCE_PIECES",
    "append_files",
    "read_metadata",
    "read_pieces",
    "require_checksum",
    "with_new_names",
]

PIECES, SOURCE_PIECES = "pieces.json", "source_pieces.json"
"""The subword of every id, with U+2581 for a leading space; the second file is present if the
source language has its own vocabulary."""

NORMALIZATION = "NFC"
"""Unicode normalization of a text that the host does before it calls `tokenize`."""

RENAMED = {
    "long_texts": "truncation",
    "no_repeat_ngram": "no_repeat_ngram_size",
    "begin": "bos",
    "end": "eos",
}
"""Keys in artefacts of version 0.1.0 -> keys since 0.2.0."""


def read_metadata(path: Path) -> dict[str, Any]:
    """Reads the metadata of a `.tflite` or `.onnx`.

    Raises:
        UsageError: the file is damaged or not of this package, or a value is out of range.
        OSError: the file is missing or unreadable.
    """
    try:
        metadata = _files(path).read_file(path, METADATA_FILE)
    except ArchiveError as error:
        raise _foreign(path, error) from None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("task"), str):
        raise _foreign(path, f"{METADATA_FILE} has no task")
    metadata = with_new_names(metadata)
    if problem := problem_of(metadata):
        raise _foreign(path, f"{METADATA_FILE}: {problem}")
    return metadata


def with_new_names(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Returns metadata of any version, of a `.tflite` or a SavedModel, with today's keys."""
    return {
        RENAMED.get(key, key): with_new_names(value) if isinstance(value, dict) else value
        for key, value in metadata.items()
    }


def read_pieces(path: Path) -> list[str]:
    """Reads the subwords of a model's file, by id; those of the target language.

    Raises:
        UsageError: the file is damaged or not of this package.
    """
    return _read_pieces(path, PIECES)


def read_source_pieces(path: Path) -> list[str]:
    """Reads the subwords of the source language; see `read_pieces`."""
    try:
        _files(path).read_file(path, SOURCE_PIECES)
    except ArchiveError:  # one vocabulary for both
        return _read_pieces(path, PIECES)
    return _read_pieces(path, SOURCE_PIECES)


def _read_pieces(path: Path, name: str) -> list[str]:
    try:
        pieces = _files(path).read_file(path, name)
    except ArchiveError as error:
        raise _foreign(path, error) from None
    if not isinstance(pieces, list) or not all(isinstance(piece, str) for piece in pieces):
        raise _foreign(path, f"{name} is not a list of strings")
    return pieces


def require_checksum(path: Path, metadata: Mapping[str, Any]) -> None:
    """Checks that a file has the checksum that it states.

    A `.tflite` states it in its metadata, one of 0.1.0 nowhere; an `.onnx` in a property.

    Raises:
        UsageError: an `.onnx` states none, or is damaged.
        WorkError: the file was changed after its export.
    """
    is_onnx = onnx_properties.is_onnx(path)
    if not is_onnx and CHECKSUM not in metadata:
        return
    files = _files(path)
    try:
        stated = files.read_file(path, CHECKSUM) if is_onnx else metadata[CHECKSUM]
        found = files.checksum(path)
    except ArchiveError as error:
        raise _foreign(path, error) from None
    if found != stated:
        raise WorkError(
            f"{path}: damaged: the checksum of the model is not the one that the file states. Copy "
            "the file again, or export it again."
        )


def _files(path: Path) -> Any:
    """Returns the module that reads the JSON files of a format."""
    return onnx_properties if onnx_properties.is_onnx(path) else archive


def _foreign(path: Path, reason: object) -> UsageError:
    is_onnx = onnx_properties.is_onnx(path)
    kind, name = ("an .onnx", "onnx") if is_onnx else ("a .tflite", "tflite")
    return UsageError(
        f"{path}: damaged, or not {kind} of this package ({reason}). Pass a complete file that "
        f"`export --format {name}` wrote."
    )
