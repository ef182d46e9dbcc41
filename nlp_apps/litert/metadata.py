"""Metadata of a `.tflite` of this package: JSON files in a ZIP archive at the end of the file.

A FlatBuffer ignores the bytes after it, so the file stays an ordinary model; `unzip -p MODEL.tflite
nlp_apps.json` prints the metadata. TensorFlow Lite's own tools store a model's files the same way.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError

METADATA_FILE = "nlp_apps.json"

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

TIMESTAMP = (1980, 1, 1, 0, 0, 0)
"""Time stamp of every archived file, so that the same model has the same bytes."""


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


def read_metadata(path: Path) -> dict[str, Any]:
    """Reads the metadata of a `.tflite`.

    Raises:
        UsageError: the file is damaged or not of this package.
    """
    metadata = _read(path, METADATA_FILE)
    if not isinstance(metadata, dict) or "task" not in metadata:
        raise _foreign(path)
    return with_new_names(metadata)


def with_new_names(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Returns metadata of any version, of a `.tflite` or a SavedModel, with today's keys."""
    return {
        RENAMED.get(key, key): with_new_names(value) if isinstance(value, dict) else value
        for key, value in metadata.items()
    }


def read_pieces(path: Path) -> list[str]:
    """Reads the subwords of a `.tflite`, by id; those of the target language.

    Raises:
        UsageError: the file is damaged or not of this package.
    """
    return _read(path, PIECES)


def _read(path: Path, name: str) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read(name))
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, zlib.error):
        raise _foreign(path) from None


def _foreign(path: Path) -> UsageError:
    return UsageError(
        f"{path}: damaged, or not a .tflite of this package. Pass a complete file that "
        "`export --format tflite` wrote."
    )
