"""What the verb `export` does: a run folder becomes artefacts, once they are proven."""

import functools
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp_apps.errors import WorkError
from nlp_apps.export import parity
from nlp_apps.export.formats import FORMATS
from nlp_apps.export.parity import Check
from nlp_apps.export.plan import ExportPlan
from nlp_apps.export.saved_model import saved_model_writer
from nlp_apps.export.tflite import tflite_writer
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.io.atomic_files import atomic_folder

logger = logging.getLogger(__name__)

CHECKED_BATCHES = (1, 32)
TIMED_BATCHES = (1, 64)


def export(
    opened: ExportPlan,
    to: Path | None = None,
    formats: Sequence[str] = FORMATS[:1],
    quantize: str = "dynamic",
) -> dict[str, Any]:
    """Writes a run as artefacts, unless their answers differ from the run's.

    Args:
        opened: the run.
        to: the model's folder; default: `saved_models/NAME` where you stand.
        formats: some of `FORMATS`. A SavedModel becomes the folder's next version; a `.tflite`
            lies in the folder and takes the place of the one before.
        quantize: of a `.tflite`: "none", "float16" or "dynamic".

    Returns:
        {"saved_model": {"folder", "bytes", "num_equal"}, "tflite": {"file", "bytes", "num_equal",
        and the quality of the run and of the file}}, for each format written.

    Raises:
        WorkError: the answers differ, or the disk refuses; nothing is left behind of that format.
    """
    folder = to or Path("saved_models") / opened.recipe.name
    if folder.name in ("", ".."):  # The model is called as its folder.
        folder = folder.resolve()
    told: dict[str, Any] = {}
    if "saved_model" in formats:
        told |= export_saved_model(opened, folder)
    if "tflite" in formats:
        told |= tflite_writer.export(opened, folder, quantize)
    return told


def export_saved_model(opened: ExportPlan, folder: Path) -> dict[str, Any]:
    """Writes the next version of a SavedModel; see `export`."""
    signatures = opened.signatures()
    metadata = {**opened.metadata_for(folder.name), "signatures": sorted(signatures.functions)}
    final = [saved_model_writer.next_version(folder)]

    def again() -> Path:
        final[0] = saved_model_writer.next_version(folder)
        return final[0]

    with atomic_folder(again) as temporary:
        logger.info("writing a SavedModel")
        saved_model_writer.write(signatures, temporary, metadata, opened.texts[0], folder.name)
        logger.info("asking it and the model %d texts", len(opened.texts))
        report = prove(opened, temporary)
        (temporary / "parity.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    checks = report["saved_model"]["checks"]
    same = {
        name: f"{min(row['num_equal'] for row in sizes.values())} of {len(opened.texts)}"
        for name, sizes in checks.items()
    }
    told = {"folder": str(final[0]), "bytes": report["saved_model"]["bytes"], "num_equal": same}
    return {"saved_model": told}


def prove(opened: ExportPlan, folder: Path) -> dict[str, Any]:
    """Compares a SavedModel with the run.

    Returns:
        The content of `parity.json`.

    Raises:
        WorkError: the answers differ.
    """
    artefact = SavedModel(folder, opened.recipe.task)
    checks = [
        Check(way.name, way.model, functools.partial(way.saved_model, artefact), way.tolerance)
        for way in opened.ways
    ]
    asked = {way.name: [way.of(text) for text in opened.texts] for way in opened.ways}
    report = {
        check.name: parity.compare(check, asked[check.name], CHECKED_BATCHES) for check in checks
    }
    failed = parity.failures(report)
    if failed:
        raise WorkError(
            f"{opened.run.path}: the SavedModel does not answer as the run does, so it was not "
            f"kept. {'; '.join(failed)}. Please report this, with recipe.toml."
        )
    return {
        "run": str(opened.run.path),
        "saved_model": {
            "bytes": saved_model_writer.size(folder),
            "checks": report,
            "milliseconds_a_text": {
                check.name: parity.latency(check, asked[check.name], TIMED_BATCHES)
                for check in checks
            },
        },
    }
