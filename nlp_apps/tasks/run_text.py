"""Reads the text of a run that starts or is resumed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlp_apps.io.stages import stage
from nlp_apps.recipe import load as recipes
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.tasks.base import Task
from nlp_apps.tasks.by_name import make_task
from nlp_apps.tasks.resume import BUDGET_KEYS, require_same_data, resumed_recipe
from nlp_apps.tasks.sources import SourceFolders, with_absolute_paths
from nlp_apps.tasks.warm_start import warm_starts
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.storage.corpus_cache import CorpusCache
from nlp_apps.training.run_folder import RunFolder


def read_run_text(
    recipe: AnyRecipe,
    recipe_path: Path,
    data_dir: str | None,
    run: RunFolder,
    resume: bool,
    variable: Sequence[str] = BUDGET_KEYS,
    *,
    writes: bool = True,
) -> tuple[Task[Any, Any], SourceFolders, dict[str, Corpus[Any]]]:
    """Reads the text of a run that starts, or that is resumed with the text that it began with.

    Returns:
        The task with absolute paths where they are needed, the folders of its files, its splits.
    """
    folders = SourceFolders(
        data_dir=str(Path(data_dir).absolute()) if data_dir else None,
        recipe_dir=str(recipe_path.absolute().parent),
    )
    known: dict[str, str] = {}
    if resume and run.sources.is_file():
        # The recipe may be the copy in the run folder; its files are where they were.
        began = SourceFolders.load(run)
        folders = SourceFolders(folders.data_dir or began.data_dir, began.recipe_dir)
    if resume and run.is_warm_started:
        known = warm_starts(recipes.load_from_run(run.recipe, task=recipe.task))
    task = make_task(with_absolute_paths(recipe, folders, known))
    if resume:
        task.recipe = resumed_recipe(task.recipe, run, variable=variable)
    with stage("reading the text", unit="lines"):
        cache = CorpusCache(run.cache, is_writable=writes)
        corpora = task.read(folders.find(), cache=cache)
    if resume:
        stats = {split: task.data_stats(corpus) for split, corpus in corpora.items()}
        require_same_data(stats, run)
    cache.remove_others()
    return task, folders, corpora
