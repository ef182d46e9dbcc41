"""Finds the text and the language models of a run."""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.resources import find_recipe, finder, shipped_weights
from nlp_apps.tasks.warm_start import warm_starts
from nlp_apps.text.corpora import SPLITS, Find
from nlp_apps.training.run_folder import RunFolder

Recipe = TypeVar("Recipe", bound=AnyRecipe)


@dataclass(frozen=True)
class SourceFolders:
    """The folders in which a recipe's paths are found; the content of `sources.json`.

    Attributes:
        data_dir: the folder of `--data-dir`, or None.
        recipe_dir: the folder of the recipe, or None.
    """

    data_dir: str | None
    recipe_dir: str | None

    @classmethod
    def load(cls, run: RunFolder) -> "SourceFolders":
        """Reads the folders of a run.

        Raises:
            WorkError: the file is missing or damaged.
        """
        content = run.read_json(run.sources)
        folders = [content.get(key) for key in ("data_dir", "recipe_dir")]
        if not all(folder is None or _is_path(folder) for folder in folders):
            raise WorkError(f"{run.sources}: damaged: a folder is not a path")
        return cls(*folders)

    def save(self, run: RunFolder) -> None:
        """Writes the folders to a run folder."""
        run.write_json(run.sources, asdict(self))

    def find(self, data_dir: str | None = None) -> Find:
        """Returns the function that finds files; `data_dir` replaces the stored one."""
        return finder(data_dir or self.data_dir, self.recipe_dir)


def _is_path(value: object) -> bool:
    """Returns whether a value of JSON can be the path of a folder."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        return bool(os.fsencode(value))
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte
        return False


def with_absolute_paths(recipe: Recipe, folders: SourceFolders, known: Mapping[str, str]) -> Recipe:
    """Returns the recipe with absolute paths for paths of `--set` and for run folders.

    Such paths are relative to the current folder; other paths stay, so that a run whose files moved
    can be resumed.

    Args:
        recipe: the recipe.
        folders: the folders of its files.
        known: language models named when the run began, for those that no longer exist.

    Raises:
        NlpAppsError: a file is missing.
    """
    overridden = recipe.overridden_sources
    find = finder(folders.data_dir, folders.recipe_dir, overridden=overridden)

    def absolute(source: Any) -> Any:
        if isinstance(source, dict):
            return {code: absolute(one) for code, one in source.items()}
        if isinstance(source, tuple):
            return tuple(absolute(path) for path in source)
        return str(find(source).absolute()) if source in overridden else source

    # Only keys that change: keys that the recipe leaves open stay open.
    data = {
        key: place
        for key in (*SPLITS, "mix_in")
        if (place := absolute(getattr(recipe.data, key))) != getattr(recipe.data, key)
    }
    if recipe.data.tfds_dir:
        data["tfds_dir"] = _tfds_dir(recipe.data.tfds_dir, find)
    models: dict[str, str] = {}
    for key, path in warm_starts(recipe).items():
        try:
            place = find_language_model(key, path, find)
        except UsageError:
            if key not in known:
                raise
            models[key] = known[key]
            continue
        is_shipped = shipped_weights(path) is not None
        is_absolute = not is_shipped and (place.suffix != ".toml" or path in overridden)
        models[key] = str(place) if is_absolute else path
    update = {
        "data": recipe.data.model_copy(update=data),
        "model": recipe.model.model_copy(update=models),
    }
    return cast(Recipe, recipe.model_copy(update=update))


def _tfds_dir(path: str, find: Callable[[str], Path]) -> str:
    """Returns the absolute path of `data.tfds_dir`; TensorFlow Datasets may have to create it."""
    try:
        return str(find(path).absolute())
    except WorkError:
        return str(Path(os.path.expanduser(path)).absolute())


def find_language_model(key: str, path: str, find: Find) -> Path:
    """Finds the run folder or the recipe of a language model.

    Args:
        key: the key of [model] that names it, for messages.
        path: a run folder relative to the current folder, a file of the recipe, or the name of a
            recipe that ships.
        find: returns the path of a file that the recipe names.

    Raises:
        UsageError: it does not exist; the message lists the recipes that ship.
    """
    if shipped := shipped_weights(path):
        return shipped
    here = Path(os.path.expanduser(path))
    if here.is_dir() or (here.suffix == ".npz" and here.is_file()):
        return here.absolute()
    if here.suffix == ".npz":
        raise UsageError(f"model.{key}: {path}: no such file of pretrained weights.")
    try:
        return find(path).absolute()
    except WorkError:
        pass
    try:
        return find_recipe(path).absolute()
    except UsageError as error:
        raise UsageError(f"model.{key}: no such run folder, and {error}") from None
