"""Exports a run folder: loads it, writes artefacts, and keeps those that predict like the run."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.errors import UsageError
from nlp_apps.export import parity
from nlp_apps.export.formats import FORMATS
from nlp_apps.export.generation_plan import generation_plan
from nlp_apps.export.hub.hub_export import export_hub, require_exportable
from nlp_apps.export.onnx_file.onnx_export import export_onnx
from nlp_apps.export.plan import ExportPlan
from nlp_apps.export.saved_model.saved_model_export import export_saved_model
from nlp_apps.export.sentiment_plan import sentiment_plan
from nlp_apps.export.tflite.tflite_export import export_tflite
from nlp_apps.export.translation_plan import translation_plan
from nlp_apps.tasks.base import Task
from nlp_apps.tasks.run import load, read_text
from nlp_apps.text.corpus import Corpus
from nlp_apps.training.checkpoints import named_weights
from nlp_apps.training.run_folder import RunFolder

logger = logging.getLogger(__name__)

PLANS: dict[str, Callable[..., ExportPlan]] = {
    "translation": translation_plan,
    "sentiment": sentiment_plan,
    "generation": generation_plan,
}
"""The export plan of each task."""

EXPORTERS: dict[str, Callable[[ExportPlan, Path, str], dict[str, Any]]] = {
    "saved_model": export_saved_model,
    "tflite": export_tflite,
    "onnx": export_onnx,
}
"""The exporter of each of `FORMATS`, except the one that needs a card: `export_hub`."""


def export(
    run: str | PathLike[str],
    output: str | PathLike[str] | None = None,
    formats: Sequence[str] = FORMATS[:1],
    quantize: str = "dynamic",
    data_dir: str | None = None,
    task: str | None = None,
    card: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Exports a run, and keeps only artefacts whose predictions equal those of the run.

    Args:
        run: the run folder.
        output: the model's folder; default: `saved_models/NAME` in the current folder.
        formats: some of `FORMATS`. A SavedModel becomes the folder's next version; a `.tflite`
            or `.onnx` replaces the one in the folder; a folder for a hub, `hub`, must not exist.
        quantize: weights of a `.tflite` or `.onnx`: "none", "float16" (not `.onnx`) or "dynamic".
        data_dir: the folder in which the recipe's files are looked up first.
        task: name of the task; default: the run's.
        card: values of a hub's model card that the run does not have; see `hub.card_data.KEYS`.

    Returns:
        For each format a summary: path, bytes, number of equal predictions,
        and of a `.tflite` or `.onnx` its quality beside that of the run.

    Raises:
        UsageError: the format does not have the quantization, or needs a missing package.
        WorkError: the predictions differ, or the disk is full or read-only; nothing of that format
            is left behind.
    """
    if quantize == "float16" and "onnx" in formats:
        raise UsageError("--quantize float16: only a .tflite has it. An .onnx has none or dynamic.")
    exporters: dict[str, Callable[..., dict[str, Any]]] = {
        **EXPORTERS,
        "hub": partial(export_hub, card_values=card or {}),
    }
    if "hub" in formats:
        require_exportable(run, card or {})
    plan = make_plan(run, data_dir=data_dir, task=task)
    folder = Path(output) if output else Path("saved_models") / plan.recipe.name
    if folder.name in ("", ".."):  # The model's name is that of its folder.
        folder = folder.resolve()
    return {name: exporters[name](plan, folder, quantize) for name in FORMATS if name in formats}


def make_plan(
    run: str | PathLike[str], *, data_dir: str | None = None, task: str | None = None
) -> ExportPlan:
    """Loads a run and returns its export plan.

    Args:
        run: the run folder.
        data_dir: the folder in which the recipe's files are looked up first.
        task: name of the task; default: the run's.

    Raises:
        NlpAppsError: it is not a run folder of this task, or its text is missing.
    """
    folder = RunFolder(Path(run))
    loaded = load(run, task)
    corpora: dict[str, Corpus[Any]] = {}
    for split in ("validation", "train"):  # Small validation splits are filled up with train.
        if sum(len(corpus.examples) for corpus in corpora.values()) < parity.NUM_TEXTS:
            corpora |= read_text(loaded, folder, [split], data_dir)

    def plan_of(task: Task[Any, Any], folder: RunFolder) -> ExportPlan:
        return PLANS[task.name](task, folder, corpora)

    return plan_of(loaded, folder)._replace(
        weights=lambda: {
            name: np.asarray(weight) for name, weight in named_weights(loaded.model).items()
        },
        of_copy=lambda copy: plan_of(load(copy, loaded.name), RunFolder(copy)),
    )
