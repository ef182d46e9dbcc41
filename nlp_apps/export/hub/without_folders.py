"""Recipe and summary without folders of the machine that trained the model."""

import os
from pathlib import Path
from typing import Any, TypeVar, cast

from nlp_apps.recipe.schema import AnyRecipe

Recipe = TypeVar("Recipe", bound=AnyRecipe)

SECTIONS = ("data", "model")
"""Sections of a recipe with names of files and folders."""


def recipe_without_folders(recipe: Recipe) -> Recipe:
    """Returns the recipe with the last part of each absolute path."""
    update = {
        section: (found := getattr(recipe, section)).model_copy(
            update={key: without_folders(value) for key, value in found}
        )
        for section in SECTIONS
    }
    return cast(Recipe, recipe.model_copy(update=update))


def without_folders(value: Any) -> Any:
    """Returns a value, with the last part of each absolute path in it, also of `~/...`."""
    if isinstance(value, dict):
        return {key: without_folders(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without_folders(one) for one in value)
    if isinstance(value, str) and Path(os.path.expanduser(value)).is_absolute():
        return Path(value).name
    return value
