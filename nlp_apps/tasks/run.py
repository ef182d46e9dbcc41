"""What the verbs of every app do: train into a run folder, score one, load one."""

import importlib.metadata
import logging
import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar, cast

import keras

from nlp_apps import __version__
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.io.atomic_files import atomic_write_text
from nlp_apps.recipe import load as recipes
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.resources import find_recipe, finder
from nlp_apps.tasks.beginnings import as_written, find_beginnings, named, with_runs
from nlp_apps.tasks.job import E, Job, M, P, R
from nlp_apps.text.corpora import SPLITS
from nlp_apps.text.corpus import Corpus
from nlp_apps.training import loop
from nlp_apps.training.checkpoints import load_weights
from nlp_apps.training.run_folder import RunFolder

logger = logging.getLogger(__name__)

Place = dict[str, str | None]
"""Where a recipe's paths are looked up: "data_dir" and "recipe_dir"; what `sources.json` holds."""

MEASURED_BY = ("tensorflow", "keras", "sentencepiece", "sacrebleu", "numpy")
"""Packages whose versions a summary names."""


class LoadedRun(NamedTuple, Generic[R, P, M]):
    """A run folder, loaded."""

    run: RunFolder
    recipe: R
    parts: P
    model: M


def train(
    job: Job[R, E, P, M],
    recipe: str,
    data_dir: str | None = None,
    run_dir: str | None = None,
    overrides: Sequence[str] = (),
    resume: bool = False,
) -> dict[str, Any]:
    """Trains a model and scores it.

    Args:
        job: the task.
        recipe: path of a recipe, or the name of one that ships.
        data_dir: where the recipe's files are looked up first.
        run_dir: the run folder; default: `runs/NAME` where you stand.
        overrides: texts `section.key=value`.
        resume: go on from the run folder's last checkpoint.

    Returns:
        The content of `summary.json`, and "run": the folder.

    Raises:
        NlpAppsError: the recipe, the data or the disk does not allow it.
    """
    path = find_recipe(recipe)
    settings: Any = recipes.load(path, overrides, task=job.task)
    folder = Path(run_dir) if run_dir else Path("runs") / settings.name
    return _train(job, settings, path, data_dir, folder, resume)


def _train(
    job: Job[R, E, P, M],
    recipe: R,
    recipe_path: Path,
    data_dir: str | None,
    folder: Path,
    resume: bool,
) -> dict[str, Any]:
    run = RunFolder(folder)
    inside = [RunFolder(folder / key) for key in job.beginnings]
    if run.summary.is_file() and not run.found_checkpoints():
        raise UsageError(
            f"{folder}: holds a run that has ended, and no checkpoints to go on from. Choose "
            "another --output."
        )
    if not resume and any(each.holds_a_run for each in (run, *inside)):
        raise UsageError(
            f"{folder}: holds a run already. Go on with --resume, or choose another --output."
        )
    recipe, place, corpora = _read(job, recipe, recipe_path, data_dir, run, resume)
    job.check(recipe, corpora)
    find = _finder(place)
    # What was taken over is in the checkpoints since the first round.
    has_begun = resume and run.has_begun
    beginnings = [] if has_begun else find_beginnings(job, recipe, find, run, place["data_dir"])
    for first in beginnings:
        if first.run.summary.is_file():
            _read(first.job, first.recipe, first.path, place["data_dir"], first.run, resume)
    run.create()
    atomic_write_text(run.recipe, recipes.dump(recipe))
    run.write_json(run.sources, place)
    data = {split: job.facts(corpus) for split, corpus in corpora.items()}
    run.write_json(run.data, data)
    for first in beginnings:
        if not first.run.summary.is_file():
            logger.info("first the language model of %s, in %s", first.path.name, first.run.path)
            _train(first.job, first.recipe, first.path, place["data_dir"], first.run.path, resume)
            logger.info("now what starts from it, in %s", run.path)
    if not has_begun:
        recipe = with_runs(recipe, beginnings, find)

    set_up(recipe.training.seed, half_precision=recipe.training.mixed_precision)
    if resume and job.has_parts(recipe, run):
        parts = job.load_parts(recipe, run)
    else:
        parts = job.learn(recipe, corpora, run)
    model = job.make_model(recipe, parts)
    baselines = job.baselines(recipe, parts, corpora)
    began_with = run.read_json(run.start) if has_begun else job.start(recipe, parts, model)
    if began_with:
        run.write_json(run.start, began_with)
    else:
        run.start.unlink(missing_ok=True)
    task = job.make_task(recipe, parts, model, corpora)
    end = loop.fit(task, recipe.training, run, resume=resume)

    if recipe.training.mixed_precision:  # Answers are found in single precision, now as later.
        set_up(recipe.training.seed)
        model = job.make_model(recipe, parts)
    load_weights(model, run.weights)
    parts = job.finish(recipe, parts, model, corpora, run)
    scores: dict[str, Any] = {}
    signature: dict[str, str] = {}
    for split in ("validation", "test"):
        if split not in corpora:
            continue
        found = job.score(recipe, parts, model, corpora[split].examples)
        for name in [name for name in found if name.endswith("_signature")]:
            signature[name.removesuffix("_signature")] = found.pop(name)
        scores[split] = found
    summary = {
        "task": recipe.task,
        "recipe": recipe.name,
        "parameters": model.count_params(),
        "train_seconds": round(end.seconds, 1),
        "tokens_per_second": round(end.tokens / max(end.seconds, 1e-9), 1),
        "steps": end.step,
        "rounds": end.round,
        "best_round": end.best_round,
        "scores": scores,
        "signature": signature,
        **({"baselines": baselines} if baselines else {}),
        "seed": recipe.training.seed,
        **({"warm_start": began_with} if began_with else {}),
        "versions": versions(),
        "data": data,
    }
    run.write_json(run.summary, summary)
    return {"run": str(folder), **summary}


def _read(
    job: Job[R, E, P, M],
    recipe: R,
    recipe_path: Path,
    data_dir: str | None,
    run: RunFolder,
    resume: bool,
) -> tuple[R, Place, dict[str, Corpus[E]]]:
    """Reads the text of a run that is to begin, or to go on as it began.

    Returns:
        The recipe with full paths where they are needed, where its files are, and the splits.
    """
    place: Place = {
        "data_dir": str(Path(data_dir).absolute()) if data_dir else None,
        "recipe_dir": str(recipe_path.absolute().parent),
    }
    if resume and run.sources.is_file():
        # The recipe may now be the run's own copy, and what it names still lies where it lay.
        began = run.read_json(run.sources)
        place = {**began, "data_dir": place["data_dir"] or began["data_dir"]}
    known: dict[str, str] = {}
    if resume and run.has_begun:  # what it began with is needed no more
        known = named(recipes.load_from_run(run.recipe, task=job.task))
    recipe = _with_absolute_paths(recipe, place, known)
    if resume:
        _require_same_recipe(recipe, run)
    corpora = job.read(recipe, _finder(place))
    if resume:
        _require_same_data({split: job.facts(each) for split, each in corpora.items()}, run)
    return recipe, place, corpora


def evaluate(
    job: Job[R, E, P, M], folder: Path, split: str, data_dir: str | None
) -> dict[str, Any]:
    """Scores a run on a split.

    Args:
        job: the task.
        folder: a run folder.
        split: "train", "validation" or "test".
        data_dir: where the recipe's files are looked up first; default: where training found them.

    Raises:
        NlpAppsError: it is no run folder of this task, or the text is not there.
    """
    if split not in SPLITS:
        raise UsageError(f"--split must be one of {', '.join(SPLITS)}; got {split!r}")
    run, recipe, parts, model = load(job, folder)
    corpora = read_again(job, run, recipe, [split], data_dir)
    if split not in corpora:
        raise UsageError(f"{folder}: the recipe has no {split} text (data.{split}).")
    try:
        scores = job.score(recipe, parts, model, corpora[split].examples)
    except WorkError as error:  # which knows examples, but not where they are from
        raise WorkError(f"{' + '.join(corpora[split].names)}: {error}") from None
    return {"run": str(folder), "split": split, **scores}


def read_again(
    job: Job[R, E, P, M],
    run: RunFolder,
    recipe: R,
    splits: Sequence[str],
    data_dir: str | None = None,
) -> dict[str, Corpus[E]]:
    """Reads text of a trained run: from `data_dir`, else from where training found it.

    Raises:
        WorkError: it is not there.
    """
    if not run.sources.is_file() and not data_dir:
        raise WorkError(f"{run.sources}: missing. Say where the data is with --data-dir.")
    place: Place = {"data_dir": None, "recipe_dir": None}
    if run.sources.is_file():
        place = run.read_json(run.sources)
    return job.read(recipe, _finder(place, data_dir), splits)


def load(job: Job[R, E, P, M], folder: Path) -> LoadedRun[R, P, M]:
    """Loads a run folder for use.

    Raises:
        NlpAppsError: it is no run folder of this task, or damaged.
    """
    run = RunFolder(folder)
    run.require_trained()
    recipe: Any = recipes.load_from_run(run.recipe, task=job.task)
    parts = job.load_parts(recipe, run)
    set_up(recipe.training.seed)
    model = job.make_model(recipe, parts)
    load_weights(model, run.weights)
    return LoadedRun(run, recipe, parts, model)


def set_up(seed: int, *, half_precision: bool = False) -> None:
    """Seeds every random generator and sets the precision, before a model is made."""
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy("mixed_bfloat16" if half_precision else "float32")


def versions() -> dict[str, str]:
    """Versions of what made a result."""
    found = {name: importlib.metadata.version(name) for name in MEASURED_BY}
    return {"nlp_apps": __version__, "python": platform.python_version(), **found}


def _require_same_recipe(recipe: AnyRecipe, run: RunFolder) -> None:
    if run.recipe.is_file() and run.recipe.read_text(encoding="utf-8") != recipes.dump(recipe):
        raise UsageError(
            f"--resume: the recipe differs from the one the run began with ({run.recipe}). "
            "Give the same recipe and --set, or choose another --output."
        )


def _require_same_data(data: dict[str, Any], run: RunFolder) -> None:
    began = run.read_json(run.data) if run.data.is_file() else data
    for split, facts in data.items():
        if facts["sha256"] != began.get(split, facts)["sha256"]:
            raise UsageError(
                f"--resume: the {split} text is not what the run began with "
                f"({', '.join(facts['files'])}). Bring it back, or choose another --output."
            )


Recipe = TypeVar("Recipe", bound=AnyRecipe)


def _with_absolute_paths(recipe: Recipe, place: Place, known: Mapping[str, str]) -> Recipe:
    """Names in full the files that came from `--set`, so that they are found from any folder."""
    overridden = recipe.overridden_sources
    find = finder(place["data_dir"], place["recipe_dir"], overridden=overridden)

    def full(source: Any) -> Any:
        if isinstance(source, tuple):
            return tuple(full(path) for path in source)
        return str(find(source).absolute()) if source in overridden else source

    data = {key: full(getattr(recipe.data, key)) for key in SPLITS}
    if recipe.data.tfds_dir:
        data["tfds_dir"] = _tfds_folder(recipe.data.tfds_dir, find)
    update = {
        "data": recipe.data.model_copy(update=data),
        "model": recipe.model.model_copy(update=as_written(recipe, find, known)),
    }
    return cast(Recipe, recipe.model_copy(update=update))


def _tfds_folder(path: str, find: Callable[[str], Path]) -> str:
    """The full path of `data.tfds_dir`; from where the user stands when it does not exist yet."""
    try:
        return str(find(path).absolute())
    except WorkError:
        return str(Path(path).expanduser().absolute())


def _finder(place: Place, data_dir: str | None = None) -> Callable[[str], Path]:
    return finder(data_dir or place["data_dir"], place["recipe_dir"])
