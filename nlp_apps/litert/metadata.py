"""What a `.tflite` of this package says of itself: JSON in a ZIP archive at the file's end.

FlatBuffers ignore what follows them, so the file stays an ordinary model; `unzip -p MODEL.tflite
nlp_apps.json` shows the card. TensorFlow Lite's own tools keep a model's files in the same way.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError

CARD = "nlp_apps.json"

PIECES, SOURCE_PIECES = "pieces.json", "source_pieces.json"
"""Every id's piece, with U+2581 where a blank begins it; the second where sources have their own
vocabulary."""

RENAMED = {"long_texts": "truncation", "no_repeat_ngram": "no_repeat_ngram_size"}
"""Names in metadata of version 0.1.0 -> names since 0.2.0."""

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""Time stamp of all files, so that the same model has the same bytes."""


def with_card(content: bytes, files: Mapping[str, Any]) -> bytes:
    """Puts files, given as what JSON can say, at the end of a `.tflite`."""
    whole = io.BytesIO(content)
    with zipfile.ZipFile(whole, "a") as archive:
        for name, value in files.items():
            info = zipfile.ZipInfo(name, LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return whole.getvalue()


def read_card(path: Path) -> dict[str, Any]:
    """Reads the card of a `.tflite`.

    Raises:
        UsageError: the file is damaged, or somebody else's.
    """
    card = _read(path, CARD)
    if not isinstance(card, dict) or "task" not in card:
        raise _foreign(path)
    return with_new_names(card)


def with_new_names(card: dict[str, Any]) -> dict[str, Any]:
    """Returns metadata that version 0.1.0 wrote under the names of 0.2.0."""
    found = {RENAMED.get(key, key): value for key, value in card.items()}
    for section in ("decoding", "defaults"):
        if section in found:
            found[section] = {RENAMED.get(key, key): value for key, value in found[section].items()}
    return found


def read_pieces(path: Path) -> list[str]:
    """Reads the pieces of a `.tflite`.

    Raises:
        UsageError: the file is damaged, or somebody else's.
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
        f"{path}: not a .tflite of this package, or a damaged one. Give a file that "
        "`export --format tflite` wrote, whole."
    )
