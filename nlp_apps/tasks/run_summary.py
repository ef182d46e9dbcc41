"""The content of `summary.json`."""

import importlib.metadata
import platform
from collections.abc import Mapping
from typing import Any

from nlp_apps import __version__
from nlp_apps.tasks.base import Task
from nlp_apps.text.corpus import Corpus
from nlp_apps.training.state import TrainState

VERSIONED = ("tensorflow", "keras", "sentencepiece", "sacrebleu", "numpy")
"""Packages whose versions a summary has."""


def final_scores(task: Task[Any, Any], corpora: Mapping[str, Corpus[Any]]) -> dict[str, Any]:
    """Returns the scores of validation and test, and the signatures of their metrics."""
    scores: dict[str, Any] = {}
    signature: dict[str, str] = {}
    for split in ("validation", "test"):
        if split in corpora:
            found = task.score(corpora[split].examples)
            for key in [key for key in found if key.endswith("_signature")]:
                signature[key.removesuffix("_signature")] = found.pop(key)
            scores[split] = found
    return {"scores": scores, "signature": signature}


def run_facts(task: Task[Any, Any], end: TrainState, scores: dict[str, Any]) -> dict[str, Any]:
    """Returns sizes, durations and scores of a run."""
    return {
        "task": task.name,
        "recipe": task.recipe.name,
        "parameters": task.model.count_params(),
        "train_seconds": round(end.seconds, 1),
        "compile_seconds": round(end.compile_seconds, 1),
        "tokens_per_second": round(end.tokens_per_second, 1),
        "steps": end.step,
        "evaluations": end.evaluation,
        "best_evaluation": end.best_evaluation,
        **scores,
        "seed": task.recipe.training.seed,
    }


def versions() -> dict[str, str]:
    """Returns the versions of this package, Python and the packages of `VERSIONED`."""
    found = {name: importlib.metadata.version(name) for name in VERSIONED}
    return {"nlp_apps": __version__, "python": platform.python_version(), **found}
