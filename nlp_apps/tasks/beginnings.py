"""The language models that a recipe starts from by naming their recipes: found, and checked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.recipe import load as recipes
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.resources import find_recipe, finder
from nlp_apps.tasks.job import Job
from nlp_apps.tasks.warm_start import task_of_run
from nlp_apps.text.corpora import Find
from nlp_apps.training.run_folder import RunFolder

KEYS = ("init_from", "init_encoder_from", "init_decoder_from")
"""Keys of [model] that name a run folder, or a recipe."""

Recipe = TypeVar("Recipe", bound=AnyRecipe)


@dataclass(frozen=True)
class Beginning:
    """A language model that is trained first.

    Attributes:
        keys: the keys that name it.
        path: its recipe.
        recipe: the same, read.
        run: its run folder.
        job: its task.
    """

    keys: tuple[str, ...]
    path: Path
    recipe: Any
    run: RunFolder
    job: Job[Any, Any, Any, Any]


def named(recipe: AnyRecipe) -> dict[str, str]:
    """What a recipe starts from, by key."""
    return {key: path for key in KEYS if (path := getattr(recipe.model, key, ""))}


def find_beginning(key: str, path: str, find: Find) -> Path:
    """Where a run folder or a recipe lies: a folder from where the user stands, else as all files.

    Raises:
        UsageError: there is neither; the message lists the recipes that ship.
    """
    here = Path(path).expanduser()
    if here.is_dir():
        return here.absolute()
    try:
        return find(path).absolute()
    except WorkError:
        pass
    try:
        return find_recipe(path).absolute()
    except UsageError as error:
        raise UsageError(f"model.{key}: no such run folder, and {error}") from None


def find_beginnings(
    job: Job[Any, Any, Any, Any],
    recipe: AnyRecipe,
    find: Find,
    run: RunFolder,
    data_dir: str | None,
) -> list[Beginning]:
    """The language models that have to be trained first; each recipe once.

    Args:
        job: the task.
        recipe: its recipe.
        find: finds its files.
        run: its run folder; theirs are inside.
        data_dir: where their recipes' files are looked up first, too.

    Raises:
        UsageError: one of them does not fit, or starts from a recipe itself.
    """
    found: dict[Path, Beginning] = {}
    for key, path in named(recipe).items():
        place, other = find_beginning(key, path, find), job.beginnings[key]
        if place.is_dir():
            task = task_of_run(place)
            if task not in ("", other.task):
                raise UsageError(
                    f"model.{key}: {place} is a run of {task}; it must be a language model "
                    f"({other.task})."
                )
            continue
        settings: Any = recipes.load(place, task=other.task)
        its_find = finder(data_dir, place.parent)
        for inner, further in named(settings).items():
            if not find_beginning(inner, further, its_find).is_dir():
                raise UsageError(
                    f"model.{key}: the recipe {path} starts from another recipe, {further}. Train "
                    "that one first, and name its run folder there."
                )
        job.check_beginning(recipe, key, settings)
        keys = (*found[place].keys, key) if place in found else (key,)
        found[place] = Beginning(keys, place, settings, RunFolder(run.path / keys[0]), other)
    return list(found.values())


def with_runs(recipe: Recipe, beginnings: Sequence[Beginning], find: Find) -> Recipe:
    """The recipe with run folders in place of recipes."""
    update = {key: str(find_beginning(key, path, find)) for key, path in named(recipe).items()}
    for beginning in beginnings:
        update |= dict.fromkeys(beginning.keys, str(beginning.run.path.absolute()))
    model = recipe.model.model_copy(update=update)
    return cast(Recipe, recipe.model_copy(update={"model": model}))


def as_written(
    recipe: AnyRecipe, find: Callable[[str], Path], known: Mapping[str, str]
) -> dict[str, str]:
    """What a recipe starts from, with full paths of run folders and of what came from `--set`.

    The names of recipes stay, so that a run whose files moved can go on.

    Args:
        recipe: the recipe.
        find: finds its files.
        known: what it was when the run began, for what can no longer be found.
    """
    found: dict[str, str] = {}
    for key, path in named(recipe).items():
        try:
            place = find_beginning(key, path, find)
        except UsageError:
            if key not in known:
                raise
            found[key] = known[key]
            continue
        is_full = place.is_dir() or path in recipe.overridden_sources
        found[key] = str(place) if is_full else path
    return found
