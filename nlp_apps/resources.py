"""Where recipes and corpora are: in a checkout, in an installed wheel, or where the user says.

A checkout has `models/`, `data/` and `saved_models/` beside the package; a wheel carries what ships
of them inside it, below `nlp_apps/_resources/`. Inputs are found from any folder; outputs are no
business of this module.
"""

import difflib
import os
from collections.abc import Callable, Collection
from pathlib import Path

from nlp_apps.errors import UsageError, WorkError

_PACKAGE = Path(__file__).resolve().parent


def shipped_folder(name: str) -> Path:
    """Gives a folder that ships with the suite.

    Args:
        name: `"models"` (recipes), `"data"` (corpora) or `"saved_models"` (trained models, the page
            that runs them, and in a checkout what was exported).

    Returns:
        Its absolute path. The folder may be missing only in a broken install.
    """
    in_wheel = _PACKAGE / "_resources" / name
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name


def shipped_model(name: str) -> Path:
    """Gives the `.tflite` of a model that ships with the suite.

    Raises:
        UsageError: this install has none of that name.
    """
    path = shipped_folder("saved_models") / "shipped" / name / f"{name}.tflite"
    if not path.is_file():
        raise UsageError(
            f"name a model: this install lacks {name}, which predict would ask by default. Give "
            "the folder that train wrote, or what export made of it."
        )
    return path


def recipe_names() -> list[str]:
    """Names the shipped recipes, without `.toml`, in alphabetical order."""
    return sorted(path.stem for path in shipped_folder("models").glob("*.toml"))


def find_recipe(name_or_path: str | os.PathLike[str]) -> Path:
    """Finds a recipe by path or by name.

    A file of that path wins. Else it is looked up among the shipped recipes, with or without
    `models/` before it and `.toml` after it, so that a command copied from the documentation works
    outside a checkout too.

    Args:
        name_or_path: such as `my/recipe.toml`, `translation-phrasebook` or
            `models/translation-phrasebook.toml`.

    Returns:
        The path of an existing file.

    Raises:
        UsageError: there is none; the message lists the shipped names.
    """
    given = os.fspath(name_or_path)
    path = Path(os.path.expanduser(given))
    if os.path.isfile(path):
        return path
    name = path.name.removesuffix(".toml")
    names = recipe_names()
    if str(path.parent) in (".", "models") and name in names:
        return shipped_folder("models") / f"{name}.toml"
    if os.path.isdir(path):
        raise UsageError(
            f"recipe {given!r} is a folder. Give a .toml file, or one of: {_listed(names)}."
        )
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UsageError(
        f"no recipe {given!r}: no file of this path from {Path.cwd()}, and no shipped recipe of "
        f"this name.{hint} Shipped: {_listed(names)}."
    )


def finder(
    data_dir: str | os.PathLike[str] | None,
    recipe_dir: str | os.PathLike[str] | None,
    *,
    overridden: Collection[str] = (),
) -> Callable[[str], Path]:
    """Makes the function that finds the files a recipe names.

    It looks in `data_dir`, else in `recipe_dir`, else in the embedded corpora. A path that came
    from `--set` is looked up in `data_dir`, else from the current folder, and nowhere else. An
    absolute path, or one that starts with `~`, is taken as it is.

    Args:
        data_dir: what `--data-dir` says; None or empty where it was not given.
        recipe_dir: the folder of the recipe; None where there is none.
        overridden: the paths that came from `--set`, written as in the recipe.

    Returns:
        `find(path) -> Path`, the path of something that exists. It raises `WorkError` when nothing
        is found, naming every folder it looked at, and `UsageError` for an empty path.

    Raises:
        UsageError: `data_dir` is not a folder.
    """
    given = Path(os.path.expanduser(data_dir)) if data_dir else None
    if given is not None and not os.path.isdir(given):
        what = "is a file, not a folder" if os.path.exists(given) else "does not exist"
        raise UsageError(f"--data-dir {data_dir} {what}. Give the folder that holds the data.")
    beside = [] if given is None else [given]
    from_recipe = [*beside, shipped_folder("data")]
    if recipe_dir is not None:
        from_recipe.insert(len(beside), Path(recipe_dir))
    by_hand = frozenset(overridden)

    def find(path: str) -> Path:
        if not path:
            raise UsageError("a path in [data] is empty. Name a file.")
        wanted = Path(os.path.expanduser(path))
        if wanted.is_absolute():
            folders = [wanted.parent]
        elif path in by_hand:
            folders = [*beside, Path.cwd()]
        else:
            folders = from_recipe
        candidates = [
            folder / (wanted.name if wanted.is_absolute() else wanted) for folder in folders
        ]
        # A file in a later folder is a better answer than a folder of that name in an earlier one.
        for exists in (os.path.isfile, os.path.exists):
            for candidate in candidates:
                if exists(candidate):
                    return candidate
        looked = ", ".join(str(folder.absolute()) for folder in folders)
        raise WorkError(
            f"no file {path!r}; looked in: {looked}.{_near(candidates)} "
            "Check the name, or name its folder with --data-dir."
        )

    return find


def _near(candidates: list[Path]) -> str:
    """Names the most similar file beside the missing ones, as a sentence, or nothing."""
    for candidate in candidates:
        try:
            names = [path.name for path in candidate.parent.iterdir()]
        except OSError:
            continue
        near = difflib.get_close_matches(candidate.name, names, n=1, cutoff=0.75)
        if near:
            return f" Did you mean {near[0]!r}, in {candidate.parent.absolute()}?"
    return ""


def _listed(names: list[str]) -> str:
    return ", ".join(names) if names else "none (the install is broken)"
