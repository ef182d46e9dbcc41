"""Exports a run as a SavedModel, and deletes it if its predictions differ from those of the run."""

import functools
import json
import logging
from pathlib import Path
from typing import Any

from nlp_apps.errors import WorkError
from nlp_apps.export import parity
from nlp_apps.export.parity import Check
from nlp_apps.export.plan import ExportPlan
from nlp_apps.export.saved_model import saved_model_writer
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.io.atomic_files import atomic_folder

logger = logging.getLogger(__name__)

CHECKED_BATCH_SIZES = (1, 32)
TIMED_BATCH_SIZES = (1, 64)


def export_saved_model(plan: ExportPlan, folder: Path, quantize: str) -> dict[str, Any]:
    """Writes the next version of a SavedModel.

    Args:
        plan: the export plan.
        folder: the model's folder, whose name is the model's.
        quantize: unused; a SavedModel has float32 weights.

    Returns:
        {"folder", "bytes", "num_equal"}.

    Raises:
        WorkError: the predictions differ, or the disk is full or read-only; nothing is left behind.
    """
    del quantize
    signatures = plan.signatures()
    metadata = {**plan.metadata_for(folder.name), "signatures": sorted(signatures.functions)}
    version = [saved_model_writer.next_version(folder)]

    def version_folder() -> Path:
        version[0] = saved_model_writer.next_version(folder)
        return version[0]

    with atomic_folder(version_folder) as temporary:
        logger.info("writing a SavedModel")
        saved_model_writer.write(signatures, temporary, metadata, plan.texts[0], folder.name)
        logger.info("comparing its predictions with the run's on %d texts", len(plan.texts))
        report = prove(plan, temporary)
        (temporary / "parity.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    checks = report["saved_model"]["checks"]
    num_equal = {
        name: f"{min(row['num_equal'] for row in sizes.values())} of {len(plan.texts)}"
        for name, sizes in checks.items()
    }
    return {
        "folder": str(version[0]),
        "bytes": report["saved_model"]["bytes"],
        "num_equal": num_equal,
    }


def prove(plan: ExportPlan, folder: Path) -> dict[str, Any]:
    """Compares a SavedModel with the run.

    Args:
        plan: the export plan.
        folder: the SavedModel.

    Returns:
        The content of `parity.json`.

    Raises:
        WorkError: the predictions differ.
    """
    model = SavedModel(folder, plan.recipe.task)
    checks = [
        Check(mode.name, mode.model, functools.partial(mode.saved_model, model), mode.tolerance)
        for mode in plan.modes
        if mode.saved_model is not None
    ]
    inputs = {mode.name: [mode.input_of(text) for text in plan.texts] for mode in plan.modes}
    report = {
        check.name: parity.compare(check, inputs[check.name], CHECKED_BATCH_SIZES)
        for check in checks
    }
    failures = parity.failures(report)
    if failures:
        raise WorkError(
            f"{plan.run.path}: the predictions of the SavedModel differ from the run's, so it was "
            f"deleted. {'; '.join(failures)}. Please report this, with recipe.toml."
        )
    return {
        "run": str(plan.run.path),
        "saved_model": {
            "bytes": saved_model_writer.size(folder),
            "checks": report,
            "milliseconds_per_text": {
                check.name: parity.latency(check, inputs[check.name], TIMED_BATCH_SIZES)
                for check in checks
            },
        },
    }
