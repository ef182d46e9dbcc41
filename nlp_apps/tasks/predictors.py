"""Loads the predictor of a run folder, a SavedModel, a `.tflite` or an `.onnx`."""

from os import PathLike
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError
from nlp_apps.inference.artefacts import find

TASKS = ("translation", "sentiment", "generation")
"""Tasks that have predictors."""


def load_predictor(
    path: Any, task: str | None = None, *, trust: bool = False, threads: int | None = None
) -> Any:
    """Loads the predictor of a model. A `.tflite` or `.onnx` needs no TensorFlow.

    Args:
        path: a run folder, a SavedModel, a folder with versions of a SavedModel, a `.tflite`, an
            `.onnx`, or the name of a shipped model; a predictor is returned unchanged.
        task: name of the task; default: the model's.
        trust: load a SavedModel without a check of its operations; see `io.saved_model_operations`.
        threads: maximum number of threads of one operation; default: the runtime's. TensorFlow
            accepts it before its first operation only.

    Returns:
        An object with `predict(texts)`, which returns a list of `Translation`, `Classification` or
        `GeneratedText`.

    Raises:
        NlpAppsError: there is no such model, it is of another task, or damaged.
    """
    if not isinstance(path, str | PathLike):
        return path
    kind, place = find(str(path))
    if kind == "file":
        return _load_file(place, task, threads)
    if threads is not None:
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
    if kind == "run":
        from nlp_apps.tasks.run import load

        return load(place, task).predictor()
    return _load_saved_model(place, task, trust)


def task_of_model(path: str) -> str:
    """Returns the task of a model. A file or a SavedModel needs no TensorFlow.

    Args:
        path: as in `load_predictor`.

    Raises:
        UsageError: there is no such model, or it has none of the tasks.
    """
    kind, place = find(path)
    if kind == "run":
        from nlp_apps.tasks.warm_start import task_of_run

        if not (task := task_of_run(place)):
            raise UsageError(
                f"{path}: not a run folder, SavedModel, .tflite or .onnx. Pass the run folder "
                "that train wrote, or the SavedModel, .tflite or .onnx that export wrote."
            )
    elif kind == "file":
        from nlp_apps.litert import metadata

        task = metadata.read_metadata(place)["task"]
    else:
        from nlp_apps.inference import saved_model_metadata

        task = saved_model_metadata.read_metadata(place)["task"]
    return _known(task, place)


def _load_file(path: Path, task: str | None, threads: int | None) -> Any:
    from nlp_apps.litert.file_model import default_threads
    from nlp_apps.litert.lite_classifier import LiteClassifier
    from nlp_apps.litert.lite_generator import LiteGenerator
    from nlp_apps.litert.lite_translator import LiteTranslator
    from nlp_apps.litert.metadata import read_metadata

    predictors: dict[str, Any] = {
        "translation": LiteTranslator,
        "sentiment": LiteClassifier,
        "generation": LiteGenerator,
    }
    task = task or _known(read_metadata(path)["task"], path)
    if threads is not None:
        threads = min(threads, default_threads(task))
    return predictors[task](path, threads=threads)


def _load_saved_model(folder: Path, task: str | None, trust: bool) -> Any:
    from nlp_apps.inference.saved_model_classifier import SavedModelClassifier
    from nlp_apps.inference.saved_model_generator import SavedModelGenerator
    from nlp_apps.inference.saved_model_metadata import read_metadata
    from nlp_apps.inference.saved_model_translator import SavedModelTranslator

    predictors: dict[str, Any] = {
        "translation": SavedModelTranslator,
        "sentiment": SavedModelClassifier,
        "generation": SavedModelGenerator,
    }
    task = task or _known(read_metadata(folder)["task"], folder)
    return predictors[task](folder, trust=trust)


def _known(task: str, path: Path) -> str:
    if task not in TASKS:
        raise UsageError(
            f"{path}: a model for the task {task!r}; this version has {', '.join(TASKS)}."
        )
    return task
