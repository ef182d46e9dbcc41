"""Loads the predictor of a run folder, a SavedModel or a `.tflite`."""

from os import PathLike
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError
from nlp_apps.inference.artefacts import find


def load_predictor(
    path: str | PathLike[str], task: str | None = None, *, trust: bool = False
) -> Any:
    """Loads the predictor of a model. A `.tflite` needs no TensorFlow.

    Args:
        path: a run folder, a SavedModel, a folder with versions of a SavedModel, a `.tflite`, or
            the name of a shipped model.
        task: name of the task; default: the model's.
        trust: load a SavedModel without a check of its operations; see `io.saved_model_operations`.

    Returns:
        An object with `predict(texts)`, which returns a list of `Translation`, `Classification` or
        `GeneratedText`.

    Raises:
        NlpAppsError: there is no such model, it is of another task, or damaged.
    """
    kind, place = find(str(path))
    if kind == "run":
        from nlp_apps.tasks.run import load

        return load(place, task).predictor()
    if kind == "tflite":
        return _load_tflite(place, task)
    return _load_saved_model(place, task, trust)


def _load_tflite(path: Path, task: str | None) -> Any:
    from nlp_apps.litert.lite_classifier import LiteClassifier
    from nlp_apps.litert.lite_generator import LiteGenerator
    from nlp_apps.litert.lite_translator import LiteTranslator
    from nlp_apps.litert.metadata import read_metadata

    predictors: dict[str, Any] = {
        "translation": LiteTranslator,
        "sentiment": LiteClassifier,
        "generation": LiteGenerator,
    }
    return predictors[task or _known(read_metadata(path)["task"], predictors, path)](path)


def _load_saved_model(folder: Path, task: str | None, trust: bool) -> Any:
    from nlp_apps.inference.saved_model import read_metadata
    from nlp_apps.inference.saved_model_classifier import SavedModelClassifier
    from nlp_apps.inference.saved_model_generator import SavedModelGenerator
    from nlp_apps.inference.saved_model_translator import SavedModelTranslator

    predictors: dict[str, Any] = {
        "translation": SavedModelTranslator,
        "sentiment": SavedModelClassifier,
        "generation": SavedModelGenerator,
    }
    task = task or _known(read_metadata(folder)["task"], predictors, folder)
    return predictors[task](folder, trust=trust)


def _known(task: str, predictors: dict[str, Any], path: Path) -> str:
    if task not in predictors:
        raise UsageError(
            f"{path}: a model for the task {task!r}; this version has {', '.join(predictors)}."
        )
    return task
