"""Small, fast LSTM models for translation, sentiment and text generation on your own text.

    import nlp_apps

    summary = nlp_apps.sentiment.train("my.toml")
    classifier = nlp_apps.load("runs/my")
    classifier.predict(["The soup was cold."])  # [Classification(label="negative", ...)]

TensorFlow is imported by the first function that needs it, without its log lines.
"""

# ruff: noqa: E402 (an interrupt may hit the slower imports)
from nlp_apps.io import process_start

if process_start.install():
    from nlp_apps.io import interrupts  # It imports `signal`, which is slow.

    interrupts.install()

import importlib
from os import PathLike
from types import ModuleType
from typing import Any

from nlp_apps.io import quiet_tensorflow

quiet_tensorflow.install()

__version__ = "0.2.0"

APPS = ("translation", "sentiment", "generation")


def load(path: str | PathLike[str], *, trust: bool = False) -> Any:
    """Loads a model for predictions: a run folder, a SavedModel, a `.tflite` or an `.onnx`.

    Args:
        path: the folder that `train` wrote, an artefact that `export` wrote, or a repository of
            the Hugging Face Hub, `hf://OWNER/NAME` or `hf://OWNER/NAME@REVISION`.
        trust: load a SavedModel without a check of its operations. A SavedModel is a program; by
            default, one that can read or write files is refused.

    Returns:
        A predictor. `predict(texts)` expects a list of strings and returns a list of `Translation`,
        `Classification` or `GeneratedText`. The predictor of a run folder also has `model`, a
        `keras.Model`, `tokenizer` and `recipe`.

    Raises:
        NlpAppsError: there is no such model, or it is damaged.
    """
    from nlp_apps.tasks.predictors import load_predictor

    return load_predictor(path, trust=trust)


def __getattr__(name: str) -> ModuleType:
    """Imports an app when it is first used: `nlp_apps.translation`."""
    if name in APPS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*APPS, "load", "__version__"]
