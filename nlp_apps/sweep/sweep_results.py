"""The results of a sweep: table, picture and the best recipe."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from nlp_apps.cli.formatting import format_cell, to_columns
from nlp_apps.io.atomic_files import atomic_write_text
from nlp_apps.recipe.load import SOURCE_KEYS, load, parse_override
from nlp_apps.recipe.schema import RECIPES
from nlp_apps.recipe.toml_file import read_toml
from nlp_apps.sweep.space import Range, Space
from nlp_apps.sweep.study import Trial

MAX_ROWS = 10
"""Trials that are printed; the file has all."""


def table_rows(trials: Sequence[Trial], space: Space, score: str) -> list[list[str]]:
    """Returns a header and a row for each trial, as text."""
    keys = [each.key for each in space.dimensions]
    rows = [["trial", *keys, f"validation {score}", "seconds", "state"]]
    for trial in trials:
        number = "" if trial.score is None else format_cell(trial.score)
        values = [trial.values.get(key, "") for key in keys]
        rows.append([str(trial.number), *values, number, f"{trial.seconds:.0f}", trial.state])
    return rows


def printed_table(trials: Sequence[Trial], space: Space, score: str) -> str:
    """Formats the best trials as columns."""
    return to_columns(table_rows(trials[:MAX_ROWS], space, score))


def write_table(trials: Sequence[Trial], space: Space, score: str, path: Path) -> None:
    """Writes all trials, separated by tabs, with the errors of those that failed."""
    rows = table_rows(trials, space, score)
    rows[0].append("error")
    for row, trial in zip(rows[1:], trials, strict=True):
        row.append(" ".join(trial.error.split()))
    atomic_write_text(path, "".join("\t".join(row) + "\n" for row in rows))


def draw_picture(
    trials: Sequence[Trial], space: Space, score: str, path: Path, *, maximize: bool
) -> None:
    """Draws the trials that have a score."""
    from nlp_apps.plots import sweep_picture

    shown = sorted(
        (trial for trial in trials if trial.score is not None), key=lambda trial: trial.number
    )
    sweep_picture.draw(
        [
            {
                "number": trial.number,
                "values": trial.values,
                "score": trial.score,
                "state": trial.state,
            }
            for trial in shown
        ],
        {
            each.key: each.is_log if isinstance(each, Range) else each.values
            for each in space.dimensions
        },
        score=score,
        maximize=maximize,
        path=path,
    )


def write_best_recipe(
    recipe: Path, task: str, overrides: Sequence[str], data_dir: str | None, path: Path
) -> None:
    """Writes the recipe with the values of a trial; `train` finds its files from any folder.

    Args:
        recipe: the recipe of the sweep.
        task: the task.
        overrides: texts `key=value`.
        data_dir: the folder of `--data-dir`.
        path: the file.
    """
    settings = read_toml(recipe)
    folders = [Path(data_dir).expanduser()] if data_dir else []
    for key in SOURCE_KEYS:
        section, _, last = key.partition(".")
        if last in settings.get(section, {}):
            places = [*folders, recipe.parent, *([Path()] if section == "model" else [])]
            settings[section][last] = _absolute(settings[section][last], places)
    for text in overrides:
        key, value = parse_override(text, RECIPES[task])
        section, _, last = key.rpartition(".")
        owner = settings.setdefault(section, {}) if section else settings
        owner[last] = _absolute(value, [*folders, Path()]) if key in SOURCE_KEYS else value
    name = load(recipe, overrides, task=task).name  # That of a file has other letters replaced.
    settings["name"] = f"{name[:95]}-best"
    plain = {key: value for key, value in settings.items() if not isinstance(value, Mapping)}
    atomic_write_text(path, tomli_w.dumps({**plain, **settings}))


def _absolute(source: Any, folders: Sequence[Path]) -> Any:
    """Returns the paths of a key as absolute ones, where one of the folders has the file."""
    if isinstance(source, Mapping):
        return {code: _absolute(one, folders) for code, one in source.items()}
    if isinstance(source, list):
        return [_absolute(one, folders) for one in source]
    found = (folder / source for folder in folders if source and (folder / source).exists())
    return next((str(path.absolute()) for path in found), source)
