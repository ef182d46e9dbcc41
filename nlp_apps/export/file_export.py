"""Exports a run as one file, `.tflite` or `.onnx`, after a comparison with the run.

A file whose predictions differ from those of the run is deleted.
"""

import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nlp_apps.errors import WorkError
from nlp_apps.export import parity
from nlp_apps.export.file_process import FileWorker, runtime_failed
from nlp_apps.export.parity import Check, Prediction
from nlp_apps.export.plan import ExportPlan, PredictionMode, QualityGate
from nlp_apps.io.atomic_files import atomic_write, make_folder, temporary_folder
from nlp_apps.litert.metadata import read_metadata
from nlp_apps.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from nlp_apps.export.tflite.lite_signatures import LiteSignatures

logger = logging.getLogger(__name__)

NUM_TEXTS = 200
"""Texts whose predictions are compared."""

FLOAT_BYTES = 4


class FileFormat(NamedTuple):
    """A format of one file with several signatures.

    Attributes:
        name: name of the format, which is the suffix too.
        write: writes the file; its arguments are the signatures, the metadata, a folder for
            temporary files, and one of `formats.QUANTIZE`.
        prefix: prefix of `parity.json` and `golden.json`, beside the file.
        hints: advice for a file that was deleted, by quantization.
    """

    name: str
    write: Callable[["LiteSignatures", Mapping[str, Any], Path, str], Path]
    prefix: str
    hints: Mapping[str, str]


def export_file(plan: ExportPlan, folder: Path, quantize: str, kind: FileFormat) -> dict[str, Any]:
    """Writes `NAME.tflite` or `NAME.onnx`, and beside it `parity.json` and `golden.json`.

    Args:
        plan: the export plan.
        folder: the model's folder, whose name is the file's.
        quantize: one of `formats.QUANTIZE`.
        kind: the format.

    Returns:
        {"file", "bytes", "num_equal", and the quality of the file and of the run}.

    Raises:
        WorkError: the predictions differ, the converter fails, or the disk is full or read-only;
            nothing is left behind.
    """
    # A folder that exists may be all that can be written, such as a mounted one.
    with temporary_folder(folder / folder.name if folder.is_dir() else folder) as scratch:
        file, report = write_proved(plan, folder.name, scratch, quantize, kind)
        golden = _golden(file)
        make_folder(folder)
        final = folder / f"{folder.name}.{kind.name}"
        files = {
            final: file.read_bytes(),
            folder / f"{kind.prefix}golden.json": golden.encode(),
            folder / f"{kind.prefix}parity.json": (json.dumps(report, indent=2) + "\n").encode(),
        }
        with contextlib.ExitStack() as stack:  # All files are written before one is renamed.
            for path, content in files.items():
                stack.enter_context(atomic_write(path)).write_bytes(content)
    return {
        "file": str(final),
        "bytes": final.stat().st_size,
        **summary(report[kind.name], kind.name),
    }


def write_proved(
    plan: ExportPlan, name: str, folder: Path, quantize: str, kind: FileFormat
) -> tuple[Path, dict[str, Any]]:
    """Writes a file and compares it with the run.

    Args:
        plan: the export plan.
        name: name of the model.
        folder: the folder to write to.
        quantize: one of `formats.QUANTIZE`.
        kind: the format.

    Returns:
        The file, and the content of `parity.json`.

    Raises:
        WorkError: as `export_file`.
    """
    lite = plan.lite()
    metadata = {**plan.metadata_for(name), **lite.metadata, "quantize": quantize}
    logger.info("converting to .%s", kind.name)
    file = kind.write(lite, metadata, folder, quantize)
    report = prove(plan, file, quantize, kind)
    report[kind.name]["float32_bytes"] = FLOAT_BYTES * plan.num_parameters
    return file, report


def prove(plan: ExportPlan, file: Path, quantize: str, kind: FileFormat) -> dict[str, Any]:
    """Compares a file with the run: each prediction, and the quality on all of validation.

    Args:
        plan: the export plan.
        file: the `.tflite` or `.onnx`.
        quantize: one of `formats.QUANTIZE`.
        kind: the format.

    Returns:
        The content of `parity.json`.

    Raises:
        WorkError: predictions differ (without quantization), or the quality is too low.
    """
    texts = plan.texts[:NUM_TEXTS]
    inputs = {mode.name: [mode.input_of(text) for text in texts] for mode in plan.modes}
    with FileWorker(file) as worker:
        checks = [_check(mode, worker) for mode in plan.modes]
        logger.info("comparing its predictions with the run's on %d texts", len(texts))
        compared = {check.name: parity.compare(check, inputs[check.name], (1,)) for check in checks}
        gates = [plan.quality, *plan.more_quality]
        num_texts = sum(len(quality.texts) for quality in gates)
        logger.info("scoring both on %d validation texts", num_texts)
        modes = {mode.name: mode for mode in plan.modes}
        scored = [_score(quality, modes[quality.mode], worker, kind.name) for quality in gates]
        latency = {check.name: parity.latency(check, inputs[check.name], (1,)) for check in checks}
    failures = parity.failures(compared)
    if quantize != "none":  # Quantized weights change a few predictions: the quality decides.
        failures = []
        for row in [row for sizes in compared.values() for row in sizes.values()]:
            del row["passed"], row["tolerance"]
    failures += [
        f"{one['name']} {one[kind.name]} instead of {one['model']} "
        f"(allowed loss: {one['allowed_loss']})"
        for one in scored
        if not one["passed"]
    ]
    if failures:
        raise WorkError(
            f"{plan.run.path}: the predictions of the .{kind.name} differ from the run's, so it "
            f"was deleted. {'; '.join(failures)}. "
            f"{_advice(plan, read_metadata(file), quantize, kind)}"
        )
    return {
        "run": str(plan.run.path),
        kind.name: {
            "quantize": quantize,
            "bytes": file.stat().st_size,
            "checks": compared,
            "quality": scored[0],
            **({"more_quality": scored[1:]} if plan.more_quality else {}),
            "milliseconds_per_text": latency,
        },
    }


def _advice(plan: ExportPlan, metadata: Mapping[str, Any], quantize: str, kind: FileFormat) -> str:
    """Returns what to do after a failure: first of all, whether texts were too long for the file.

    Only `truncation = "windows"` needs whole texts.
    """
    max_tokens = metadata["tokens"]
    texts = dict.fromkeys([*plan.quality.texts, *plan.texts])
    long: list[int] = []
    if metadata.get("truncation") == "windows":
        tokenizer = Tokenizer.load(plan.run.tokenizer)
        lengths = [len(ids) for ids in tokenizer.encode(list(texts))]
        long = [length for length in lengths if length > max_tokens]
    if not long:
        return kind.hints[quantize]
    cause = (
        f"{len(long):,} of {len(texts):,} texts have more than the {max_tokens} tokens that the "
        f"file reads. Set max_tokens = {max(long)} under [export] in {plan.run.recipe} and export "
        "again; no training is needed."
    )
    return cause if quantize == "none" else f"{cause} If that is not enough: {kind.hints[quantize]}"


def _golden(file: Path) -> str:
    """Returns the content of `golden.json`, made in a process without TensorFlow."""
    done = subprocess.run(
        [sys.executable, "-m", "nlp_apps.litert.golden", str(file)],
        capture_output=True,
        encoding="utf-8",  # Its texts have characters that a locale may lack.
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    if done.returncode:
        raise WorkError(runtime_failed(file, done.stderr))
    return done.stdout


def _check(mode: PredictionMode, worker: FileWorker) -> Check:
    def predict(texts: Sequence[str], _: int) -> Sequence[Prediction]:
        return worker.predict(mode.worker_mode or mode.name, texts, mode.settings)

    return Check(mode.name, mode.model, predict, mode.tolerance)


def _score(
    quality: QualityGate, mode: PredictionMode, worker: FileWorker, kind: str
) -> dict[str, Any]:
    model = quality.measure(list(mode.model(quality.texts)))
    name = mode.worker_mode or mode.name
    found = quality.measure(worker.predict(name, quality.texts, mode.settings))
    loss = model - found if quality.higher_is_better else found - model
    return {
        "name": quality.name,
        "texts": len(quality.texts),
        "model": round(model, 4),
        kind: round(found, 4),
        "allowed_loss": quality.allowed_loss,
        "passed": bool(loss <= quality.allowed_loss),
    }


def summary(report: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Returns the proof in a few words."""
    gates = [report["quality"], *report.get("more_quality", [])]
    return {
        "num_equal": {
            name: f"{sizes['batch_1']['num_equal']} of {sizes['batch_1']['texts']}"
            for name, sizes in report["checks"].items()
        },
        **{one["name"]: f"{one[kind]} (the run: {one['model']})" for one in gates},
    }
