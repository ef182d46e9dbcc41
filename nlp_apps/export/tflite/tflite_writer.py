"""Writes a run as a `.tflite`, once it is proven to answer as the run does."""

import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.errors import WorkError
from nlp_apps.export import parity
from nlp_apps.export.parity import Check, Prediction
from nlp_apps.export.plan import ExportPlan, PredictionMode, QualityGate
from nlp_apps.export.tflite import convert
from nlp_apps.export.tflite.litert_process import LiteRTWorker, runtime_failed
from nlp_apps.io.atomic_files import atomic_write, make_folder
from nlp_apps.litert.metadata import METADATA_FILE, append_files, read_metadata
from nlp_apps.text.tokenizer import Tokenizer

logger = logging.getLogger(__name__)

NUM_TEXTS = 200
"""Texts whose answers are compared one by one."""

FLOAT_BYTES = 4

HINTS = {
    "none": "If texts of the validation split are longer than export.max_tokens, raise that in "
    "the run's recipe.toml and export again; if not, please report this, with recipe.toml.",
    "float16": "Try --quantize none.",
    "dynamic": "Try --quantize float16 or none.",
}
"""What to do where a file is not kept."""


def export(opened: ExportPlan, folder: Path, quantize: str) -> dict[str, Any]:
    """Writes `NAME.tflite`, and beside it `parity.json` and `golden.json`.

    Args:
        opened: the run.
        folder: the model's folder, whose name is the file's.
        quantize: one of `formats.QUANTIZE`.

    Returns:
        {"tflite": {"file", "bytes", and what the proof found}}.

    Raises:
        WorkError: the answers differ, the converter fails, or the disk refuses; nothing is left.
    """
    lite = opened.lite()
    metadata = {**opened.metadata_for(folder.name), **lite.metadata, "quantize": quantize}
    with tempfile.TemporaryDirectory() as scratch:
        logger.info("converting to a .tflite")
        file = convert.write(lite.traced(), lite, Path(scratch), quantize)
        file.write_bytes(append_files(file.read_bytes(), {METADATA_FILE: metadata, **lite.pieces}))
        report = prove(opened, file, quantize)
        report["tflite"]["float32_bytes"] = FLOAT_BYTES * opened.num_parameters
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
    told = {"file": str(final), "bytes": final.stat().st_size, **_told(report["tflite"])}
    return {"tflite": told}


def prove(opened: ExportPlan, file: Path, quantize: str) -> dict[str, Any]:
    """Compares a `.tflite` with the run: answer by answer, and in quality on all of validation.

    Returns:
        The content of `parity.json`.

    Raises:
        WorkError: it is not as good.
    """
    texts = opened.texts[:NUM_TEXTS]
    of = {way.name: [way.of(text) for text in texts] for way in opened.ways}
    with LiteRTWorker(file) as asked:
        checks = [_check(way, asked) for way in opened.ways]
        logger.info("asking it and the model %d texts", len(texts))
        compared = {check.name: parity.compare(check, of[check.name], (1,)) for check in checks}
        quality = opened.quality
        logger.info("scoring both on %d validation texts", len(quality.texts))
        scored = _score(quality, next(way for way in opened.ways if way.name == quality.way), asked)
        latency = {check.name: parity.latency(check, of[check.name], (1,)) for check in checks}
    failed = parity.failures(compared)
    if quantize != "none":  # rounded weights answer a little differently: quality decides
        failed = []
        for row in [row for sizes in compared.values() for row in sizes.values()]:
            del row["passed"], row["tolerance"]
    if not scored["passed"]:
        failed.append(
            f"{quality.name} {scored['tflite']} instead of {scored['model']} "
            f"(allowed loss: {quality.allowed})"
        )
    if failed:
        raise WorkError(
            f"{opened.run.path}: the .tflite does not answer as the run does, so it was not kept. "
            f"{'; '.join(failed)}. {_advice(opened, read_metadata(file), quantize)}"
        )
    return {
        "run": str(opened.run.path),
        "tflite": {
            "quantize": quantize,
            "bytes": file.stat().st_size,
            "checks": compared,
            "quality": scored,
            "milliseconds_a_text": latency,
        },
    }


def _advice(opened: ExportPlan, metadata: Mapping[str, Any], quantize: str) -> str:
    """What to do where a file is not kept; first of all about texts of which it reads a part.

    Of all that a model does with long texts, only windows need the whole text.
    """
    room = metadata["tokens"]
    texts = dict.fromkeys([*opened.quality.texts, *opened.texts])
    long: list[int] = []
    if metadata.get("truncation") == "windows":
        tokenizer = Tokenizer.load(opened.run.tokenizer)
        long = [length for ids in tokenizer.encode(list(texts)) if (length := len(ids)) > room]
    if not long:
        return HINTS[quantize]
    cause = (
        f"{len(long):,} of the {len(texts):,} texts asked have more tokens than the {room} that it "
        f"has room for, and it reads only the first {room} of them. Set max_tokens = {max(long)} "
        f"under [export] in {opened.run.recipe} and export again; there is nothing to train."
    )
    return cause if quantize == "none" else f"{cause} If that is not enough: {HINTS[quantize]}"


def _golden(file: Path) -> str:
    """The content of `golden.json`, made in a process without TensorFlow."""
    done = subprocess.run(
        [sys.executable, "-m", "nlp_apps.litert.golden", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise WorkError(runtime_failed(done.stderr))
    return done.stdout


def _check(way: PredictionMode, asked: LiteRTWorker) -> Check:
    def ask(texts: Sequence[str], _: int) -> Sequence[Prediction]:
        return asked.predict(way.name, texts, way.settings)

    return Check(way.name, way.model, ask, way.tolerance)


def _score(quality: QualityGate, way: PredictionMode, asked: LiteRTWorker) -> dict[str, Any]:
    model = quality.measure(list(way.model(quality.texts)))
    lite = quality.measure(asked.predict(way.name, quality.texts, way.settings))
    loss = model - lite if quality.more_is_better else lite - model
    return {
        "name": quality.name,
        "texts": len(quality.texts),
        "model": round(model, 4),
        "tflite": round(lite, 4),
        "allowed_loss": quality.allowed,
        "passed": bool(loss <= quality.allowed),
    }


def _told(report: Mapping[str, Any]) -> dict[str, Any]:
    """The proof in a few words."""
    quality = report["quality"]
    return {
        "num_equal": {
            name: f"{sizes['batch_1']['num_equal']} of {sizes['batch_1']['texts']}"
            for name, sizes in report["checks"].items()
        },
        quality["name"]: f"{quality['tflite']} (the run: {quality['model']})",
    }
