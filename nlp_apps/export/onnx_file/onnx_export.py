"""Exports a run as an `.onnx`; see `export.file_export`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.export.file_export import FLOAT_BYTES, FileFormat, export_file
from nlp_apps.export.plan import ExportPlan
from nlp_apps.export.tflite.lite_signatures import LiteSignatures
from nlp_apps.export.tflite.tflite_export import HINTS
from nlp_apps.litert.archive import METADATA_FILE
from nlp_apps.litert.onnx_properties import SIGNATURES_FILE, with_properties


def export_onnx(plan: ExportPlan, folder: Path, quantize: str) -> dict[str, Any]:
    """Writes `NAME.onnx`, and beside it `onnx_parity.json` and `onnx_golden.json`.

    See `export_file`.

    Raises:
        UsageError: a package of the extra `onnx` is not installed.
        WorkError: the weights have 2 GB or more.
    """
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401, for the comparison
    except ModuleNotFoundError as error:
        raise UsageError(
            f"--format onnx needs the package {error.name}. Run pip install 'nlp-apps[onnx]'."
        ) from None
    from nlp_apps.export.onnx_file.onnx_signatures import require_size

    require_size(FLOAT_BYTES * plan.num_parameters)  # before minutes of work
    hints = {**HINTS, "dynamic": "Try --quantize none."}
    return export_file(plan, folder, quantize, FileFormat("onnx", _write, "onnx_", hints))


def _write(lite: LiteSignatures, metadata: Mapping[str, Any], folder: Path, quantize: str) -> Path:
    from nlp_apps.export.onnx_file.onnx_signatures import convert, input_shapes

    functions = lite.traced()
    try:
        model = convert(functions, quantize=quantize == "dynamic")
    except NotImplementedError as error:
        raise WorkError(f"--format onnx: cannot convert {error}. Please report this.") from None
    content = model.SerializeToString(deterministic=True)
    files = {METADATA_FILE: metadata, SIGNATURES_FILE: input_shapes(functions), **lite.pieces}
    file = folder / "model.onnx"
    file.write_bytes(with_properties(content, files))
    return file
