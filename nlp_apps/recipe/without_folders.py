"""Recipe and summary without folders of the machine that trained the model."""

from pathlib import PureWindowsPath
from typing import Any, TypeVar

from nlp_apps.recipe.schema import Recipe

AnyOne = TypeVar("AnyOne", bound=Recipe)

SECTIONS = ("data", "model")
"""Sections of a recipe with names of files and folders."""


def recipe_without_folders(recipe: AnyOne) -> AnyOne:
    """Returns the recipe with the last part of each path that `without_folders` shortens."""
    update = {
        section: (found := getattr(recipe, section)).model_copy(
            update={key: without_folders(value) for key, value in found}
        )
        for section in SECTIONS
    }
    return recipe.model_copy(update=update)


def without_folders(value: Any) -> Any:
    r"""Returns a value with the last part of each path in it that leaves the current folder.

    These are absolute paths, also of Windows (`C:\mine`), `~/...`, and paths with `..`.
    """
    if isinstance(value, dict):
        return {key: without_folders(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without_folders(one) for one in value)
    return _last_part(value) if isinstance(value, str) else value


def _last_part(text: str) -> str:
    path = PureWindowsPath(text)  # It knows both separators of folders.
    if path.is_absolute() or text.startswith(("/", "~")) or ".." in path.parts:
        return path.name or text  # A separator of labels may be "/".
    return text
