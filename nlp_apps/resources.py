"""Finds recipes, corpora and shipped models, from any current folder.

A checkout has `models/`, `data/` and `saved_models/` beside the package; an installed wheel has
them inside it, in `nlp_apps/_resources/`. This module finds inputs only: output paths are relative
to the current folder.
"""

import difflib
import os
from collections.abc import Callable, Collection
from pathlib import Path

from nlp_apps.errors import UsageError, WorkError

_PACKAGE = Path(__file__).resolve().parent


def shipped_folder(name: str) -> Path:
    """Returns the absolute path of a folder that ships with the suite.

    Args:
        name: `"models"` (recipes), `"data"` (corpora) or `"saved_models"` (trained models; in a
            checkout also the exports).
    """
    in_wheel = _PACKAGE / "_resources" / name
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name


def shipped_model(name: str) -> Path:
    """Returns the path of a shipped `.tflite`.

    Raises:
        UsageError: this install has no model of that name.
    """
    path = shipped_folder("saved_models") / "shipped" / name / f"{name}.tflite"
    if not path.is_file():
        raise UsageError(
            f"the default model {name} is missing from this install. Name a model: the folder that "
            "train wrote, or an export of it."
        )
    return path


def shipped_model_names() -> list[str]:
    """Returns the names of the shipped models, in alphabetical order."""
    return sorted(
        path.stem for path in (shipped_folder("saved_models") / "shipped").glob("*/*.tflite")
    )


STARTS = {
    "english": "encoder-english",
    "en-fr": "translation-tatoeba-en-fr",
    "fr-en": "translation-tatoeba-fr-en",
}
"""Pretrained weights that ship, by the names that recipes use."""


def shipped_weights(name: str) -> Path | None:
    """Returns the path of shipped pretrained weights, or None if they do not exist.

    Args:
        name: a key of `STARTS`.
    """
    folder = STARTS.get(name, "")
    path = shipped_folder("saved_models") / "shipped" / folder / f"{folder}.npz"
    return path if folder and path.is_file() else None


def recipe_names() -> list[str]:
    """Returns the names of the shipped recipes, without `.toml`, in alphabetical order."""
    return sorted(path.stem for path in shipped_folder("models").glob("*.toml"))


def find_recipe(name_or_path: str | os.PathLike[str]) -> Path:
    """Finds a recipe by path or by name.

    An existing file has priority. Otherwise the name is looked up among the shipped recipes, with
    or without the prefix `models/` and the suffix `.toml`, so that a command copied from the
    documents also works outside a checkout.

    Args:
        name_or_path: for example `my/recipe.toml`, `translation-phrasebook` or
            `models/translation-phrasebook.toml`.

    Returns:
        The path of an existing file.

    Raises:
        UsageError: no such recipe; the message has the nearest shipped name, or all.
    """
    wanted = os.fspath(name_or_path)
    path = Path(os.path.expanduser(wanted))
    if os.path.isfile(path):
        return path
    name = path.name.removesuffix(".toml")
    names = recipe_names()
    if str(path.parent) in (".", "models") and name in names:
        return shipped_folder("models") / f"{name}.toml"
    if os.path.isdir(path):
        raise UsageError(
            f"recipe {wanted!r} is a folder. Name a .toml file, or one of: {_joined(names)}."
        )
    if close := difflib.get_close_matches(name, names, n=1):
        hint = f"Did you mean {close[0]!r}?"
    elif path.suffix == ".toml":
        hint = "Check the path, or name a shipped recipe (models/README.md)."
    else:
        hint = f"Shipped: {_joined(names)}."
    raise UsageError(
        f"no recipe {wanted!r}: neither a file of this path in {Path.cwd()} nor a shipped recipe "
        f"of this name. {hint}"
    )


def finder(
    data_dir: str | os.PathLike[str] | None,
    recipe_dir: str | os.PathLike[str] | None,
    *,
    overridden: Collection[str] = (),
) -> Callable[[str], Path]:
    """Returns a function that finds the files named in a recipe.

    It searches `data_dir`, `recipe_dir` and the embedded corpora, in this order. A path set with
    `--set` is searched in `data_dir` and the current folder only. An absolute path, or one that
    starts with `~`, is not searched for.

    Args:
        data_dir: the value of `--data-dir`; None or empty if not set.
        recipe_dir: the folder of the recipe; None if the recipe is not a file.
        overridden: the paths set with `--set`, written as in the recipe.

    Returns:
        `find(path) -> Path`, the path of an existing file or folder. It raises `WorkError` if
        there is none, with every folder searched, and `UsageError` for an empty path.

    Raises:
        UsageError: `data_dir` is not a folder.
    """
    first = Path(os.path.expanduser(data_dir)) if data_dir else None
    if first is not None and not os.path.isdir(first):
        problem = "is a file, not a folder" if os.path.exists(first) else "does not exist"
        raise UsageError(f"--data-dir {data_dir} {problem}. Name the folder that holds the data.")
    data_dirs = [] if first is None else [first]
    recipe_dirs = [] if recipe_dir is None else [Path(recipe_dir)]
    from_recipe = [*data_dirs, *recipe_dirs, shipped_folder("data")]

    def find(path: str) -> Path:
        if not path:
            raise UsageError("a path in [data] is empty. Name a file.")
        wanted = Path(os.path.expanduser(path))
        if wanted.is_absolute():
            folders = [wanted.parent]
        elif path in overridden:
            folders = [*data_dirs, Path.cwd()]
        else:
            folders = from_recipe
        candidates = [
            folder / (wanted.name if wanted.is_absolute() else wanted) for folder in folders
        ]
        # A file in a later folder has priority over a folder of that name in an earlier one.
        for exists in (os.path.isfile, os.path.exists):
            for candidate in candidates:
                if exists(candidate):
                    return candidate
        searched = ", ".join(str(folder.absolute()) for folder in folders)
        raise WorkError(
            f"no file {path!r}; searched: {searched}.{_suggestion(candidates)} "
            "Check the name, or name its folder with --data-dir."
        )

    return find


def _suggestion(candidates: list[Path]) -> str:
    """Returns a sentence that names the most similar existing file; "" if none is similar."""
    for candidate in candidates:
        try:
            names = [path.name for path in candidate.parent.iterdir()]
        except (OSError, ValueError):  # ValueError: a lone surrogate or NUL in the path
            continue
        close = difflib.get_close_matches(candidate.name, names, n=1, cutoff=0.75)
        if close:
            return f" Did you mean {close[0]!r}, in {candidate.parent.absolute()}?"
    return ""


def _joined(names: list[str]) -> str:
    return ", ".join(names) if names else "none (the install is broken)"
