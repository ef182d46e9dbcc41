"""Exports a run as a `.tflite`; see `export.file_export`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlp_apps.export.file_export import FileFormat, export_file
from nlp_apps.export.plan import ExportPlan
from nlp_apps.export.tflite import convert
from nlp_apps.export.tflite.lite_signatures import LiteSignatures
from nlp_apps.litert.archive import METADATA_FILE, add_checksum, append_files

HINTS = {
    "none": "If texts of the validation split are longer than export.max_tokens, raise it in the "
    "run's recipe.toml and export again; otherwise please report this, with recipe.toml.",
    "float16": "Try --quantize none.",
    "dynamic": "Try --quantize float16 or none.",
}
"""Advice for a file that was deleted, by quantization."""


def export_tflite(plan: ExportPlan, folder: Path, quantize: str) -> dict[str, Any]:
    """Writes `NAME.tflite`, and beside it `parity.json` and `golden.json`; see `export_file`."""
    return export_file(plan, folder, quantize, TFLITE)


def _write(lite: LiteSignatures, metadata: Mapping[str, Any], folder: Path, quantize: str) -> Path:
    file = convert.write(lite.traced(), lite, folder, quantize)
    packed = append_files(file.read_bytes(), {METADATA_FILE: metadata, **lite.pieces})
    file.write_bytes(add_checksum(packed))
    return file


TFLITE = FileFormat("tflite", _write, "", HINTS)
