"""Scores of the baselines of a task: fitted before training, found again by `evaluate`."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nlp_apps.errors import NlpAppsError
from nlp_apps.io.bounded_files import is_number
from nlp_apps.metrics.comparison import compare
from nlp_apps.tasks.base import Task
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.storage.spread import evenly_spread
from nlp_apps.training.run_folder import RunFolder

logger = logging.getLogger(__name__)

MAX_EXAMPLES = 200_000
"""Stored training examples on which baselines are fitted; of more, every n-th."""

Baselines = Mapping[str, Mapping[str, float]]
"""Scores by the name of the baseline."""


def fit_baselines(
    task: Task[Any, Any], train: Corpus[Any], splits: Mapping[str, Corpus[Any]]
) -> dict[str, dict[str, dict[str, float]]]:
    """Fits the baselines on train and scores them; logs those of validation.

    Args:
        task: a task that has its assets.
        train: the training text.
        splits: the text to score, by split.

    Returns:
        Scores by split and name of the baseline.
    """
    examples = evenly_spread(train.examples, MAX_EXAMPLES)
    of_all = f" of {len(train.examples):,}" if len(examples) < len(train.examples) else ""
    logger.info("baselines: fitting on %s%s %s", f"{len(examples):,}", of_all, task.unit)
    found = task.baselines(examples, {split: corpus.examples for split, corpus in splits.items()})
    name = task.compared_score
    scores = [
        f"{baseline.replace('_', ' ')} {scores[name]:.3f}"
        for baseline, scores in found.get("validation", {}).items()
    ]
    if scores:
        logger.info("baselines: validation %s: %s", name, ", ".join(scores))
    return found


def find_baselines(
    task: Task[Any, Any],
    run: RunFolder,
    split: str,
    corpus: Corpus[Any],
    read_train: Callable[[], Corpus[Any]],
) -> Baselines:
    """Returns the baselines of a trained run on a split, from its summary if it has them.

    Args:
        task: the task of the run, with its assets.
        run: the run folder.
        split: name of the split. On train, the baselines would be scored on their own text.
        corpus: the text of the split.
        read_train: reads the training text.

    Returns:
        The scores; empty for train, and, with a warning, if the training text is not available.
    """
    if split == "train":
        return {}
    summary = run.read_json(run.summary) if run.summary.is_file() else {}
    recorded = _object(summary, "data") or (run.read_data_stats() if run.data.is_file() else {})
    known = _object(_object(summary, "baselines"), split)
    is_current = bool(known) and all(map(_is_scores, known.values()))
    if is_current and _is_same(task, corpus, _object(recorded, split)):
        return known
    try:
        train = read_train()
        if not _is_same(task, train, _object(recorded, "train")):
            logger.warning(
                "baselines: the training text has changed since the run, so none are fitted"
            )
            return {}
        return fit_baselines(task, train, {split: corpus})[split]
    except NlpAppsError as error:
        logger.warning("baselines: cannot be fitted: %s", error)
        return {}


def _object(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Returns an object inside a JSON object; empty if it is missing or of another type."""
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def _is_scores(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(is_number, value.values()))


def _is_same(task: Task[Any, Any], corpus: Corpus[Any], recorded: Mapping[str, Any]) -> bool:
    """Returns whether a text has the checksum and the number of examples of the run's."""
    stats = task.data_stats(corpus)
    return all(stats[key] == recorded.get(key) for key in ("sha256", task.unit))


def compare_with_baselines(
    task: Task[Any, Any],
    scores: Mapping[str, Mapping[str, Any]],
    baselines: Mapping[str, Baselines],
    splits: Sequence[str] = ("test", "validation"),
) -> dict[str, Any]:
    """Compares a model with its best baseline on the first split that both have.

    Returns:
        "split" and the keys of `metrics.comparison.compare`; empty without a common split.
    """
    for split in splits:
        if split in scores and split in baselines:
            found = compare(task.compared_score, scores[split], baselines[split])
            return {"split": split, **found} if found else {}
    return {}
