"""Pretraining: language models that a recipe names by their recipes are trained first."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from nlp_apps.errors import UsageError
from nlp_apps.recipe import load as recipes
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.resources import finder, shipped_weights
from nlp_apps.tasks.finished_model import KEY
from nlp_apps.tasks.sources import find_language_model
from nlp_apps.tasks.warm_start import require_fit, task_of_run, warm_starts
from nlp_apps.text.corpora import Find
from nlp_apps.training.run_folder import RunFolder

Recipe = TypeVar("Recipe", bound=AnyRecipe)


@dataclass(frozen=True)
class Pretraining:
    """A language model to train first.

    Attributes:
        keys: the keys of [model] that name it.
        recipe_path: path of its recipe.
        recipe: its recipe.
        run: its run folder, inside the run folder of the model that starts from it.
    """

    keys: tuple[str, ...]
    recipe_path: Path
    recipe: Any
    run: RunFolder


def find_pretraining(
    recipe: AnyRecipe, find: Find, run: RunFolder, data_dir: str | None
) -> list[Pretraining]:
    """Returns the language models to train first, each recipe once.

    Args:
        recipe: the recipe that starts from them.
        find: returns the path of a file that the recipe names.
        run: the run folder.
        data_dir: the folder of `--data-dir`, or None.

    Raises:
        UsageError: a language model does not fit, or starts from a recipe itself.
    """
    found: dict[Path, Pretraining] = {}
    for key, path in warm_starts(recipe).items():
        place = find_language_model(key, path, find)
        if place.suffix == ".npz":
            continue
        if place.is_dir():
            task, wanted = task_of_run(place), "generation"
            noun = "a language model (generation)"
            if key == KEY:
                wanted, noun = recipe.task, f"a run of {recipe.task}"
            if task not in ("", wanted):
                raise UsageError(f"model.{key}: {place} is a run of {task}; it must be {noun}.")
            continue
        if key == KEY and recipe.task != "generation":
            raise UsageError(
                f"model.{key}: {path} is a recipe; it must be a finished model: a run folder"
                + (", en-fr, fr-en or an .npz." if recipe.task == "translation" else ".")
            )
        language_model = recipes.load(place, task="generation")
        inner_find = finder(data_dir, place.parent)
        for inner_key, inner_path in warm_starts(language_model).items():
            if not find_language_model(inner_key, inner_path, inner_find).is_dir():
                raise UsageError(
                    f"model.{key}: the recipe {path} starts from another recipe, {inner_path}. "
                    "Train that one first, and name its run folder there."
                )
        require_fit(recipe, key, language_model, path)
        keys = (*found[place].keys, key) if place in found else (key,)
        found[place] = Pretraining(keys, place, language_model, RunFolder(run.path / keys[0]))
    if len(found) > 1 and getattr(recipe.tokenizer, "shared_vocabulary", False):
        raise UsageError(
            "model.init_encoder_from and model.init_decoder_from: each recipe learns its own "
            "vocabulary. Name the same recipe twice, or set tokenizer.shared_vocabulary = false."
        )
    return list(found.values())


def require_outside(recipe: AnyRecipe, find: Find, run: RunFolder) -> None:
    """Checks that a run that is replaced is not a language model to start from.

    Raises:
        UsageError: a language model of the recipe is in the run folder.
    """
    folder = run.path.absolute()
    for key, path in warm_starts(recipe).items():
        place = find_language_model(key, path, find)
        if place.is_dir() and (place == folder or folder in place.parents):
            raise UsageError(
                f"model.{key}: {place} is in the run folder that --overwrite replaces. Choose "
                "another folder with --output."
            )


def with_run_folders(recipe: Recipe, pretraining: Sequence[Pretraining], find: Find) -> Recipe:
    """Returns the recipe with the run folders of its language models in place of their recipes."""
    update = {
        key: path if shipped_weights(path) else str(find_language_model(key, path, find))
        for key, path in warm_starts(recipe).items()
    }
    for first in pretraining:
        update |= dict.fromkeys(first.keys, str(first.run.path.absolute()))
    model = recipe.model.model_copy(update=update)
    return cast(Recipe, recipe.model_copy(update={"model": model}))
