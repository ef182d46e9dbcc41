"""Recipes for text that is named in place of a recipe: `train pairs.tsv`."""

import os
import re
from pathlib import Path
from typing import Any

import tomli_w

SUFFIXES = frozenset(
    {".tsv", ".csv", ".txt", ".jsonl", ".ndjson", ".json", ".parquet", ".tmx", ".xlsx"}
)
"""Suffixes of text files, without `.gz`; a missing file of these is not a missing recipe."""


def is_data(name: str) -> bool:
    """Returns whether a name is that of text, not of a recipe.

    Args:
        name: a path, the name of a shipped recipe, or `tfds:NAME/CONFIG:SPLIT`.

    Returns:
        True for `tfds:...`, a folder that holds no run, a file name with a suffix of `SUFFIXES`,
        and any other existing file whose suffix is not `.toml`. `.gz` is not counted.
    """
    if name.startswith("tfds:"):
        return True
    path = Path(os.path.expanduser(name))
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix == ".toml" or (path / "recipe.toml").is_file():
        return False
    return suffix in SUFFIXES or path.is_dir() or (suffix != "" and path.is_file())


def from_data(name: str, task: str) -> dict[str, Any]:
    """Makes the recipe of a task with only default settings.

    Args:
        name: the text, as in `is_data`.
        task: the app, such as `translation`.

    Returns:
        Settings for `load.from_dict`. The recipe's name is the file name without suffixes; the
        task if that has no ASCII letter or digit.
    """
    if name.startswith("tfds:"):
        stem = name.split(":")[1]
    else:
        path = Path(os.path.abspath(Path(os.path.expanduser(name))))
        stem = path.name if path.is_dir() else path.name.removesuffix(".gz").rpartition(".")[0]
    short = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("._-")[:100]
    return {"task": task, "name": short or task, "data": {"train": name}}


def as_toml(settings: dict[str, Any]) -> str:
    """Returns the recipe of `from_data` as a file to save; the file's name replaces `name`."""
    return tomli_w.dumps({key: settings[key] for key in ("task", "data")})
