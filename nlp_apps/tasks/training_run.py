"""Trains a run of any task, alone or as one of several workers.

The chief reads, decides and writes first. Another worker then finds the recipe, the tokenizers and
the checkpoints in the run folder, as if it resumed the run, and writes nothing.
"""

import contextlib
import logging
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import keras

from nlp_apps.errors import UsageError
from nlp_apps.io import interrupts
from nlp_apps.io.atomic_files import atomic_write_text
from nlp_apps.io.folder_lock import NAME as LOCK
from nlp_apps.io.folder_lock import locked_folder
from nlp_apps.io.stages import stage
from nlp_apps.recipe import load as recipes
from nlp_apps.recipe.auto import is_set
from nlp_apps.recipe.from_data import as_toml, from_data, is_data
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.resources import find_recipe, finder
from nlp_apps.tasks.base import VOCABULARY_SIZE, Task
from nlp_apps.tasks.baseline_scores import compare_with_baselines, fit_baselines
from nlp_apps.tasks.by_name import make_task
from nlp_apps.tasks.fine_tuning import (
    adopt_assets,
    attach_again,
    initialize,
    old_text_checksum,
    score_end,
    score_start,
    with_start,
)
from nlp_apps.tasks.finished_model import finished_model
from nlp_apps.tasks.pretraining import find_pretraining, require_outside, with_run_folders
from nlp_apps.tasks.run_summary import final_scores, run_facts, versions
from nlp_apps.tasks.run_text import read_run_text
from nlp_apps.tasks.set_up import set_up
from nlp_apps.tasks.settle import lower_vocabulary, settle_by_text
from nlp_apps.tasks.sources import SourceFolders
from nlp_apps.tasks.text_head import log_head
from nlp_apps.tasks.time_budget import relative_amount, time_limit
from nlp_apps.tasks.trackers import final_metrics, tracked
from nlp_apps.tasks.train_options import TrainOptions
from nlp_apps.tasks.warm_start import KEYS
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.storage.corpus_cache import folder_bytes
from nlp_apps.training import loop
from nlp_apps.training.checkpoints import load_weights
from nlp_apps.training.precision import precision_of
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.workers.join_group import join_group
from nlp_apps.workers.worker_group import SINGLE, LostWorkerError, WorkerGroup

logger = logging.getLogger(__name__)


def train(
    task: str,
    recipe: str | PathLike[str] | Mapping[str, Any],
    data_dir: str | None = None,
    run_dir: str | None = None,
    overrides: Sequence[str] = (),
    resume: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    **options: Any,
) -> dict[str, Any]:
    """Trains a model and scores it.

    Args:
        task: name of the task.
        recipe: path of a recipe, name of a recipe that ships, a recipe as a dictionary, whose
            paths are relative to the current folder, or the text itself; see `recipe.from_data`.
        data_dir: the folder in which the recipe's files are looked up first.
        run_dir: the run folder; default: `runs/NAME` in the current folder.
        overrides: texts `section.key=value`.
        resume: continue from the run folder's last checkpoint.
        callbacks: Keras callbacks; see `training.loop.fit`.
        **options: further options, as in `TrainOptions`.

    Returns:
        The content of `summary.json`, and "run": the folder.

    Raises:
        NlpAppsError: the recipe or the data is wrong, or the disk is full or read-only.
    """
    chosen = TrainOptions(data_dir, resume=resume, callbacks=callbacks, **options)
    settings: AnyRecipe
    if not isinstance(recipe, Mapping) and is_data(os.fspath(recipe)):
        name = os.fspath(recipe)
        if not resume and not name.startswith("tfds:"):
            finder(data_dir, Path.cwd())(name)  # A missing file is an error, not a recipe.
        recipe = from_data(name, task)
        logger.info(
            "%s is text, trained with default settings%s. The same as a recipe, %s.toml%s:\n%s",
            recipe["data"]["train"],
            " and those of --set" if overrides else "",
            recipe["name"],
            ", with the same --set" if overrides else "",
            as_toml(recipe),
        )
    if isinstance(recipe, Mapping):
        path = Path.cwd() / "recipe.toml"
        settings = recipes.from_dict(recipe, overrides, task=task)
    else:
        path = find_recipe(recipe)
        settings = recipes.load(path, overrides, task=task)
    run = RunFolder(Path(run_dir) if run_dir else Path("runs") / settings.name)
    try:
        with interrupts.restored_interrupts():
            workers = join_group(settings.training.strategy)
            workers.require_equal("recipe", settings.model_dump(mode="json"))
            workers.require_equal("command", chosen.shared())
            return _train(settings, path, run, chosen, workers)
    except (KeyboardInterrupt, LostWorkerError) as error:
        if run.recipe.is_file():
            output = shlex.quote(str(run.path))
            error.add_note(f"Continue with: nlp-apps {task} train --output {output} --resume")
        raise


def _train(
    recipe: AnyRecipe,
    recipe_path: Path,
    run: RunFolder,
    options: TrainOptions,
    workers: WorkerGroup = SINGLE,
) -> dict[str, Any]:
    with contextlib.ExitStack() as held:
        with workers.chief_first():
            if workers.is_chief:
                held.enter_context(locked_folder(run.path))
                _require_free(run, options)
        lock = run.path / LOCK
        mine = lock.read_text("utf-8") if lock.is_file() else ""
        chiefs_lock = workers.agree(mine)
        with workers.chief_first():
            if mine != chiefs_lock:
                raise UsageError(
                    f"{run.path}: not the folder into which worker 0 trains. All workers need the "
                    "same run folder, on a file system that they share."
                )
        return _train_locked(recipe, recipe_path, run, options, workers)


def _train_locked(
    recipe: AnyRecipe,
    recipe_path: Path,
    run: RunFolder,
    options: TrainOptions,
    workers: WorkerGroup,
) -> dict[str, Any]:
    with workers.chief_first():
        task, folders, corpora = read_run_text(
            recipe, recipe_path, options.data_dir, run, options.resume, writes=workers.is_chief
        )
    workers.require_equal("text", {split: corpus.checksum for split, corpus in corpora.items()})
    data = {split: task.data_stats(corpus) for split, corpus in corpora.items()}
    is_warm_started = workers.agree(options.resume and run.is_warm_started)
    with workers.chief_first():
        if workers.is_chief:
            _prepare(task, corpora, data, recipe, recipe_path, run, options, folders)
        else:
            _follow(task, corpora, run, folders, is_warm_started=is_warm_started)
    task.workers = workers
    settings = task.recipe.training
    with stage("building the model"):
        task.build_model()
    with workers.chief_first():
        warm_start = initialize(task, run, is_warm_started, writes=workers.is_chief)
    workers.require_equal("old text", old_text_checksum(task))
    with stage("tokenizing", unit="texts"), workers.chief_first():
        task.load_training_data(corpora)
    with workers.chief_first():
        before = score_start(task, corpora, run) if workers.is_chief else {}
        baselines = with_start(_baselines(task, corpora, run), before) if workers.is_chief else {}
    task.validation_share = relative_amount(task, corpora["validation"], corpora["train"])
    name = options.tracker if workers.is_chief else None
    with tracked(name, task.recipe, run, resume=options.resume) as tracker:
        end = loop.fit(
            task,
            settings,
            run,
            resume=options.resume,
            callbacks=[*options.callbacks, *tracker.callbacks],
            time_limit=time_limit(task, corpora, run, options),
        )
        task.workers = SINGLE
        with workers.chief_first():
            if not workers.is_chief:
                return {"run": str(run.path), **run.read_json(run.summary)}
            scores = _score(task, corpora, run)
            summary = {
                **run_facts(task, end, scores),
                "workers": workers.size,
                "baselines": baselines,
                "comparison": compare_with_baselines(task, scores["scores"], baselines),
                **({"warm_start": warm_start} if warm_start else {}),
                **({"fine_tuning": score_end(task, before)} if before else {}),
                "versions": versions(),
                "data": data,
            }
            run.write_json(run.summary, summary)
        tracker.log_scores(final_metrics(scores["scores"]))
    return {"run": str(run.path), **summary}


def _prepare(
    task: Task[Any, Any],
    corpora: Mapping[str, Corpus[Any]],
    data: Mapping[str, Any],
    recipe: AnyRecipe,
    recipe_path: Path,
    run: RunFolder,
    options: TrainOptions,
    folders: SourceFolders,
) -> None:
    """Completes the recipe, trains language models to start from, and learns the assets.

    Writes all of it to the run folder, or reads the files of a run that is resumed.
    """
    resume = options.resume
    is_new = not (resume and run.recipe.is_file())
    if is_new:
        settle_by_text(task, corpora["train"], options.budget, folders.find())
    else:
        attach_again(task, folders.find(), run)
    task.check(corpora)
    if not resume:
        with stage("inspecting the text"):
            log_head(task.recipe, corpora, recipe_path, options.data_dir)
    # A checkpoint already holds the weights that came from language models.
    is_warm_started = resume and run.is_warm_started
    pretraining = []
    if not is_warm_started:
        pretraining = find_pretraining(task.recipe, folders.find(), run, folders.data_dir)
    unfinished = [
        first for first in pretraining if options.overwrite or not first.run.summary.is_file()
    ]
    for first in pretraining:
        if first not in unfinished:
            read_run_text(first.recipe, first.recipe_path, folders.data_dir, first.run, resume, ())
    if options.overwrite:
        require_outside(task.recipe, folders.find(), run)
        run.remove_run()
    run.create()
    _write_recipe(task.recipe, run)
    folders.save(run)
    run.write_json(run.data, data)
    for first in unfinished:
        logger.info("pretraining: %s, in %s", first.recipe_path.name, first.run.path)
        first_options = replace(options.for_pretraining(), data_dir=folders.data_dir)
        _train(first.recipe, first.recipe_path, first.run, first_options)
        logger.info("training from the pretrained model, in %s", run.path)
    if not is_warm_started:
        task.recipe = with_run_folders(task.recipe, pretraining, folders.find())
        task.finished = task.finished or finished_model(task.recipe, make_task)

    settings = task.recipe.training
    set_up(settings.seed, precision_of(settings).policy)
    has_assets = resume and task.has_assets(run)
    if is_new:
        task.may_lower_vocabulary = VOCABULARY_SIZE in task.chosen
    elif _is_same_file(recipe_path, run.recipe) and not has_assets:
        # It has the size that was chosen, if one was, as if the user had set it.
        task.may_lower_vocabulary = recipe.tokenizer.kind == "sentencepiece"
    else:
        task.may_lower_vocabulary = not is_set(recipe, VOCABULARY_SIZE)
    if has_assets:
        task.load_assets(run)
    else:
        with stage("training the tokenizer"):
            if task.finished is not None:
                adopt_assets(task, corpora, run)
            else:
                task.prepare(corpora, run)
    if lower_vocabulary(task):  # Also of a run that was interrupted before its recipe had the size.
        _write_recipe(task.recipe, run)


def _follow(
    task: Task[Any, Any],
    corpora: Mapping[str, Corpus[Any]],
    run: RunFolder,
    folders: SourceFolders,
    *,
    is_warm_started: bool,
) -> None:
    """Reads recipe and assets, which the chief wrote to the run folder in `_prepare`."""
    find = folders.find()
    task.recipe = recipes.load_from_run(run.recipe, task=task.name)
    attach_again(task, find, run)
    task.check(corpora)
    if not is_warm_started:
        pretraining = find_pretraining(task.recipe, find, run, folders.data_dir)
        task.recipe = with_run_folders(task.recipe, pretraining, find)
        task.finished = task.finished or finished_model(task.recipe, make_task)
    settings = task.recipe.training
    set_up(settings.seed, precision_of(settings).policy)
    task.load_assets(run)


def _baselines(
    task: Task[Any, Any], corpora: Mapping[str, Corpus[Any]], run: RunFolder
) -> dict[str, Any]:
    if run.cache.is_dir():
        size = folder_bytes(run.cache) / 1e6
        logger.info(
            "cache: %s MB in %s, for --resume; you may delete it", f"{size:,.0f}", run.cache
        )
    held_out = {split: corpus for split, corpus in corpora.items() if split != "train"}
    with stage("fitting the baselines"):
        return fit_baselines(task, corpora["train"], held_out)


def _score(
    task: Task[Any, Any], corpora: Mapping[str, Corpus[Any]], run: RunFolder
) -> dict[str, Any]:
    """Returns the scores of the best weights, in single precision."""
    task.end_training()
    if keras.config.dtype_policy().name != "float32":  # Predictions are made in single precision.
        set_up(task.recipe.training.seed)
        task.rebuild_model()
    load_weights(task.model, run.weights)
    with stage("scoring the validation and test text"):
        task.calibrate(corpora, run)
        return final_scores(task, corpora)


def _is_same_file(path: Path, other: Path) -> bool:
    """Returns whether two paths name the same existing file."""
    try:
        return path.samefile(other)
    except OSError:
        return False


def _require_free(run: RunFolder, options: TrainOptions) -> None:
    """Checks that training overwrites no other run; `overwrite` replaces a run only."""
    if run.is_hub_folder:
        raise UsageError(
            f"{run.path}: a model folder for a hub. Choose another folder with --output; to train "
            f"its model further, set model.init_from = {str(run.path)!r}."
        )
    if options.overwrite:
        run.require_replaceable()
        return
    if run.summary.is_file() and not run.found_checkpoints():
        raise UsageError(
            f"{run.path}: holds a finished run without checkpoints to resume. Replace it with "
            "--overwrite, or choose another folder with --output."
        )
    runs = [run, *(RunFolder(run.path / key) for key in KEYS)]
    if not options.resume and any(each.holds_a_run for each in runs):
        raise UsageError(
            f"{run.path}: already holds a run. Continue it with --resume, replace it with "
            "--overwrite, or choose another folder with --output."
        )


def _write_recipe(recipe: AnyRecipe, run: RunFolder) -> None:
    """Writes the recipe as used; the summary of a run with another budget is deleted."""
    text = recipes.dump(recipe)
    if run.recipe.is_file() and run.recipe.read_text(encoding="utf-8") != text:
        run.summary.unlink(missing_ok=True)
    atomic_write_text(run.recipe, text)
