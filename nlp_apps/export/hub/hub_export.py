"""Exports a run as a model folder for a hub, such as Hugging Face's."""

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.export import file_export, parity
from nlp_apps.export.hub.card_data import KEYS, NEEDED, card_data, normalized
from nlp_apps.export.hub.model_card import card_text
from nlp_apps.export.parity import Check
from nlp_apps.export.plan import ExportPlan, PredictionMode
from nlp_apps.export.tflite.tflite_export import TFLITE
from nlp_apps.io.atomic_files import atomic_folder, temporary_folder
from nlp_apps.recipe.load import dump
from nlp_apps.recipe.without_folders import recipe_without_folders, without_folders
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.safetensors_weights import CHECKSUM, LENGTH_BYTES

logger = logging.getLogger(__name__)

FOLDER = "hub"
"""Name of the folder inside the model's folder."""

CARD = "README.md"


def require_exportable(run: str | PathLike[str], card_values: Mapping[str, Any]) -> None:
    """Checks a run and the values for its card before anything slow starts.

    Raises:
        NlpAppsError: the run has no summary, a value has another form, or a package is missing.
    """
    normalized(card_values)
    folder = RunFolder(Path(run))
    folder.require_trained()
    if not folder.summary.is_file():
        raise WorkError(
            f"{folder.path}: has no summary.json, whose scores are those of the model card. Finish "
            "the training with train --resume."
        )
    _save_function()


def export_hub(
    plan: ExportPlan, folder: Path, quantize: str, card_values: Mapping[str, Any]
) -> dict[str, Any]:
    """Writes the folder `hub`: model card, weights, recipe, tokenizer and a `.tflite`.

    Args:
        plan: the export plan.
        folder: the model's folder, whose name is the model's.
        quantize: one of `formats.QUANTIZE`, for the `.tflite`.
        card_values: values of the card that the run does not have; see `card_data.KEYS`.

    Returns:
        {"folder", "bytes", "num_equal", "tflite": {"bytes", "num_equal", and its quality}}.

    Raises:
        UsageError: the folder exists.
        WorkError: the predictions differ, or the disk is full or read-only; nothing is left behind.
    """
    final = folder / FOLDER
    if final.exists():
        raise UsageError(
            f"{final}: exists, and its {CARD} may have your changes. Move or delete it, or choose "
            "another folder with --output."
        )
    known = normalized(card_values)
    summary = plan.run.read_json(plan.run.summary)
    card = card_data(plan.recipe, folder.name, summary, known)
    for key, words in NEEDED.items():
        if not getattr(card, key):
            logger.warning("the model card has no %s. Name it with %s.", words, KEYS[key][0])
    with atomic_folder(lambda: final) as temporary:
        _write_model(plan, RunFolder(temporary))
        checks = prove(plan, temporary)
        with temporary_folder(temporary / "tflite") as scratch:
            file, report = file_export.write_proved(plan, folder.name, scratch, quantize, TFLITE)
            file.rename(temporary / f"{folder.name}.tflite")
        del report["run"]  # a folder of this machine
        report = {"safetensors": {"checks": checks}, **report}
        (temporary / "parity.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
        lite = file_export.summary(report[TFLITE.name], TFLITE.name)
        described = _describe(quantize, lite)
        text = card_text(plan.recipe, folder.name, summary, plan.run, described)
        (temporary / CARD).write_text(f"---\n{card.to_yaml()}\n---\n\n{text}", "utf-8")
        sizes = {path.name: path.stat().st_size for path in temporary.iterdir()}
    return {
        "folder": str(final),
        "bytes": sum(sizes.values()),
        "num_equal": {
            name: f"{row['num_equal']} of {row['texts']}" for name, row in checks.items()
        },
        "tflite": {"bytes": sizes[f"{folder.name}.tflite"], **lite},
    }


def prove(plan: ExportPlan, folder: Path) -> dict[str, Any]:
    """Loads a model folder as a user does, and compares its predictions with the run's.

    Returns:
        The comparison of each mode, for `parity.json`.

    Raises:
        WorkError: the predictions differ.
    """
    if plan.of_copy is None:
        raise ValueError("the plan cannot load a copy")
    logger.info("comparing the predictions of the safetensors with the run's")
    copy: ExportPlan = plan.of_copy(folder)
    report = {
        mode.name: parity.compare(_check(mode, other), [mode.input_of(t) for t in plan.texts], (0,))
        for mode, other in zip(plan.modes, copy.modes, strict=True)
        if mode.saved_model is not None
    }
    if failures := parity.failures(report):
        raise WorkError(
            f"{plan.run.path}: the predictions of the model folder differ from the run's, so it "
            f"was deleted. {'; '.join(failures)}. Please report this, with recipe.toml."
        )
    return {name: rows["batch_0"] for name, rows in report.items()}


def _check(mode: PredictionMode, other: PredictionMode) -> Check:
    """Returns the comparison of a mode; both predict in batches of the recipe."""
    return Check(mode.name, mode.model, lambda texts, _: other.model(texts), mode.tolerance)


def _write_model(plan: ExportPlan, copy: RunFolder) -> None:
    """Writes everything that a predictor reads."""
    run = plan.run
    copy.recipe.write_text(dump(recipe_without_folders(plan.recipe)), "utf-8")
    copy.write_json(copy.summary, without_folders(run.read_json(run.summary)))
    for asset in (run.tokenizer, run.target_tokenizer, run.labels):
        if asset.is_file():
            shutil.copyfile(asset, copy.path / asset.name)
    arrays = {name: np.ascontiguousarray(value) for name, value in plan.weights().items()}
    save = _save_function()
    content = save(arrays)
    values = content[LENGTH_BYTES + int.from_bytes(content[:LENGTH_BYTES], "little") :]
    checksum = {CHECKSUM: hashlib.sha256(values).hexdigest()}
    copy.safetensors.write_bytes(save(arrays, metadata=checksum))


def _save_function() -> Any:
    """Returns `safetensors.numpy.save`.

    Raises:
        WorkError: safetensors is missing.
    """
    try:
        import huggingface_hub  # noqa: F401
        from safetensors.numpy import save
    except ImportError as error:
        raise WorkError(
            f"--format hub needs the package {error.name}. Run pip install 'nlp-apps[hub]'."
        ) from error
    return save


def _describe(quantize: str, lite: Mapping[str, Any]) -> str:
    weights = {"none": "float32", "float16": "float16", "dynamic": "int8"}[quantize]
    scores = [f"{name} {value}" for name, value in lite.items() if name != "num_equal"]
    return "; ".join([f"the model for devices, {weights} weights", *scores])
