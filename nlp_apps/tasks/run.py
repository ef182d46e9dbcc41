"""Scores and loads runs of every task."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.recipe import load as recipes
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.tasks.base import Task
from nlp_apps.tasks.baseline_scores import compare_with_baselines, find_baselines
from nlp_apps.tasks.by_name import make_task
from nlp_apps.tasks.set_up import set_up
from nlp_apps.tasks.sources import SourceFolders
from nlp_apps.tasks.warm_start import task_of_run
from nlp_apps.text.corpora import SPLITS
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.storage.corpus_cache import CorpusCache
from nlp_apps.training.checkpoints import load_weights, require_size
from nlp_apps.training.run_folder import RunFolder


def load(folder: str | PathLike[str], task: str | None = None) -> Task[Any, Any]:
    """Loads a trained run.

    Args:
        folder: the run folder.
        task: name of its task; default: that of its recipe.

    Returns:
        The task with assets and model; `predictor()` makes predictions with it.

    Raises:
        NlpAppsError: it is not a run folder of this task, or damaged.
    """
    run = RunFolder(Path(folder))
    run.require_trained()
    recipe = recipes.load_from_run(run.recipe, task=task or task_of_run(run.path) or "translation")
    loaded = make_task(recipe)
    require_size(run.trained_weights, _least_weights(recipe))
    loaded.load_assets(run)
    set_up(recipe.training.seed)
    loaded.build_model()
    load_weights(loaded.model, run.trained_weights)
    return loaded


def _least_weights(recipe: AnyRecipe) -> int:
    """Returns a number of weights that every model of these sizes has."""
    return recipe.model.num_layers * (recipe.model.units // 2) ** 2 + recipe.model.embedding_size


def evaluate(
    task: str, folder: str | PathLike[str], split: str = "test", data_dir: str | None = None
) -> dict[str, Any]:
    """Scores a run on a split.

    Args:
        task: name of the task.
        folder: a run folder.
        split: "train", "validation" or "test".
        data_dir: the folder in which the recipe's files are looked up first; default: the folders
            of the training.

    Raises:
        NlpAppsError: it is not a run folder of this task, or the text is missing.
    """
    if split not in SPLITS:
        raise UsageError(f"--split must be one of {', '.join(SPLITS)}; received {split!r}")
    loaded, run = load(folder, task), RunFolder(Path(folder))
    corpora = read_text(loaded, run, [split], data_dir)
    if split not in corpora:
        raise UsageError(f"{folder}: the recipe has no {split} text (data.{split}).")
    try:
        scores = loaded.score(corpora[split].examples)
    except WorkError as error:  # The task does not know the files of the examples.
        raise WorkError(f"{' + '.join(corpora[split].names)}: {error}") from None
    baselines = find_baselines(
        loaded,
        run,
        split,
        corpora[split],
        lambda: read_text(loaded, run, ["train"], data_dir)["train"],
    )
    if baselines:
        comparison = compare_with_baselines(loaded, {split: scores}, {split: baselines}, [split])
        scores = {**scores, "baselines": baselines, "comparison": comparison}
    return {"run": str(folder), "split": split, **scores}


def read_text(
    task: Task[Any, Any], run: RunFolder, splits: Sequence[str], data_dir: str | None = None
) -> dict[str, Corpus[Any]]:
    """Reads splits of a trained run from `data_dir` or from the folders of the training.

    Raises:
        WorkError: the text is missing.
    """
    if not run.sources.is_file() and not data_dir:
        raise WorkError(f"{run.sources}: missing. Name the folder of the text with --data-dir.")
    folders = SourceFolders(None, None)
    if run.sources.is_file():
        folders = SourceFolders.load(run)
    return task.read(folders.find(data_dir), splits, CorpusCache(run.cache))
