"""Exports a run as a `.tflite`, and deletes it if its predictions differ from those of the run."""

import json
import logging
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.errors import WorkError
from nlp_apps.export import parity
from nlp_apps.export.parity import Check, Prediction
from nlp_apps.export.plan import ExportPlan, PredictionMode, QualityGate
from nlp_apps.export.tflite import convert
from nlp_apps.export.tflite.litert_process import LiteRTWorker, runtime_failed
from nlp_apps.io.atomic_files import atomic_write, make_folder, temporary_folder
from nlp_apps.litert.archive import METADATA_FILE, add_checksum, append_files
from nlp_apps.litert.metadata import read_metadata
from nlp_apps.text.tokenizer import Tokenizer

logger = logging.getLogger(__name__)

NUM_TEXTS = 200
"""Texts whose predictions are compared."""

FLOAT_BYTES = 4

HINTS = {
    "none": "If texts of the validation split are longer than export.max_tokens, raise it in the "
    "run's recipe.toml and export again; otherwise please report this, with recipe.toml.",
    "float16": "Try --quantize none.",
    "dynamic": "Try --quantize float16 or none.",
}
"""Advice for a file that was deleted, by quantization."""


def export_tflite(plan: ExportPlan, folder: Path, quantize: str) -> dict[str, Any]:
    """Writes `NAME.tflite`, and beside it `parity.json` and `golden.json`.

    Args:
        plan: the export plan.
        folder: the model's folder, whose name is the file's.
        quantize: one of `formats.QUANTIZE`.

    Returns:
        {"file", "bytes", "num_equal", and the quality of the file and of the run}.

    Raises:
        WorkError: the predictions differ, the converter fails, or the disk is full or read-only;
            nothing is left behind.
    """
    # A folder that exists may be all that can be written, such as a mounted one.
    with temporary_folder(folder / folder.name if folder.is_dir() else folder) as scratch:
        file, report = write_proved(plan, folder.name, scratch, quantize)
        golden = _golden(file)
        make_folder(folder)
        final = folder / f"{folder.name}.tflite"
        for name, content in (
            ("parity.json", json.dumps(report, indent=2) + "\n"),
            ("golden.json", golden),
        ):
            with atomic_write(folder / name) as temporary:
                temporary.write_text(content, "utf-8")
        with atomic_write(final) as temporary:
            temporary.write_bytes(file.read_bytes())
    return {"file": str(final), "bytes": final.stat().st_size, **summary(report["tflite"])}


def write_proved(
    plan: ExportPlan, name: str, folder: Path, quantize: str
) -> tuple[Path, dict[str, Any]]:
    """Writes a `.tflite` and compares it with the run.

    Args:
        plan: the export plan.
        name: name of the model.
        folder: the folder to write to.
        quantize: one of `formats.QUANTIZE`.

    Returns:
        The file, and the content of `parity.json`.

    Raises:
        WorkError: as `export_tflite`.
    """
    lite = plan.lite()
    metadata = {**plan.metadata_for(name), **lite.metadata, "quantize": quantize}
    logger.info("converting to a .tflite")
    file = convert.write(lite.traced(), lite, folder, quantize)
    packed = append_files(file.read_bytes(), {METADATA_FILE: metadata, **lite.pieces})
    file.write_bytes(add_checksum(packed))
    report = prove(plan, file, quantize)
    report["tflite"]["float32_bytes"] = FLOAT_BYTES * plan.num_parameters
    return file, report


def prove(plan: ExportPlan, file: Path, quantize: str) -> dict[str, Any]:
    """Compares a `.tflite` with the run: each prediction, and the quality on all of validation.

    Args:
        plan: the export plan.
        file: the `.tflite`.
        quantize: one of `formats.QUANTIZE`.

    Returns:
        The content of `parity.json`.

    Raises:
        WorkError: predictions differ (without quantization), or the quality is too low.
    """
    texts = plan.texts[:NUM_TEXTS]
    inputs = {mode.name: [mode.input_of(text) for text in texts] for mode in plan.modes}
    with LiteRTWorker(file) as worker:
        checks = [_check(mode, worker) for mode in plan.modes]
        logger.info("comparing its predictions with the run's on %d texts", len(texts))
        compared = {check.name: parity.compare(check, inputs[check.name], (1,)) for check in checks}
        gates = [plan.quality, *plan.more_quality]
        num_texts = sum(len(quality.texts) for quality in gates)
        logger.info("scoring both on %d validation texts", num_texts)
        modes = {mode.name: mode for mode in plan.modes}
        scored = [_score(quality, modes[quality.mode], worker) for quality in gates]
        latency = {check.name: parity.latency(check, inputs[check.name], (1,)) for check in checks}
    failures = parity.failures(compared)
    if quantize != "none":  # Quantized weights change a few predictions: the quality decides.
        failures = []
        for row in [row for sizes in compared.values() for row in sizes.values()]:
            del row["passed"], row["tolerance"]
    failures += [
        f"{one['name']} {one['tflite']} instead of {one['model']} "
        f"(allowed loss: {one['allowed_loss']})"
        for one in scored
        if not one["passed"]
    ]
    if failures:
        raise WorkError(
            f"{plan.run.path}: the predictions of the .tflite differ from the run's, so it was "
            f"deleted. {'; '.join(failures)}. {_advice(plan, read_metadata(file), quantize)}"
        )
    return {
        "run": str(plan.run.path),
        "tflite": {
            "quantize": quantize,
            "bytes": file.stat().st_size,
            "checks": compared,
            "quality": scored[0],
            **({"more_quality": scored[1:]} if plan.more_quality else {}),
            "milliseconds_per_text": latency,
        },
    }


def _advice(plan: ExportPlan, metadata: Mapping[str, Any], quantize: str) -> str:
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
        return HINTS[quantize]
    cause = (
        f"{len(long):,} of {len(texts):,} texts have more than the {max_tokens} tokens that the "
        f"file reads. Set max_tokens = {max(long)} under [export] in {plan.run.recipe} and export "
        "again; no training is needed."
    )
    return cause if quantize == "none" else f"{cause} If that is not enough: {HINTS[quantize]}"


def _golden(file: Path) -> str:
    """Returns the content of `golden.json`, made in a process without TensorFlow."""
    done = subprocess.run(
        [sys.executable, "-m", "nlp_apps.litert.golden", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise WorkError(runtime_failed(done.stderr))
    return done.stdout


def _check(mode: PredictionMode, worker: LiteRTWorker) -> Check:
    def predict(texts: Sequence[str], _: int) -> Sequence[Prediction]:
        return worker.predict(mode.worker_mode or mode.name, texts, mode.settings)

    return Check(mode.name, mode.model, predict, mode.tolerance)


def _score(quality: QualityGate, mode: PredictionMode, worker: LiteRTWorker) -> dict[str, Any]:
    model = quality.measure(list(mode.model(quality.texts)))
    name = mode.worker_mode or mode.name
    lite = quality.measure(worker.predict(name, quality.texts, mode.settings))
    loss = model - lite if quality.higher_is_better else lite - model
    return {
        "name": quality.name,
        "texts": len(quality.texts),
        "model": round(model, 4),
        "tflite": round(lite, 4),
        "allowed_loss": quality.allowed_loss,
        "passed": bool(loss <= quality.allowed_loss),
    }


def summary(report: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the proof in a few words."""
    gates = [report["quality"], *report.get("more_quality", [])]
    return {
        "num_equal": {
            name: f"{sizes['batch_1']['num_equal']} of {sizes['batch_1']['texts']}"
            for name, sizes in report["checks"].items()
        },
        **{one["name"]: f"{one['tflite']} (the run: {one['model']})" for one in gates},
    }
