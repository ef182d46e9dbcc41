"""Recipes: a TOML file for each trainable model, read into typed and frozen settings.

    recipe = load("models/translation-phrasebook.toml", ["model.units=128"], task="translation")
    recipe.model.units  # 128
    Path("recipe.toml").write_text(dump(recipe), encoding="utf-8")

`python -m nlp_apps.recipe.load` prints the tables of keys in `models/README.md`.
"""

import datetime
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_origin, overload

import tomli_w
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from nlp_apps.errors import UsageError
from nlp_apps.recipe.renamed_keys import with_new_names
from nlp_apps.recipe.schema import (
    RECIPES,
    AnyRecipe,
    GenerationRecipe,
    Recipe,
    SentimentRecipe,
    TranslationRecipe,
)
from nlp_apps.recipe.toml_file import read_toml
from nlp_apps.recipe.validation_errors import (
    bounds,
    choices,
    explain,
    nearest,
    sections,
    show,
    unknown_key,
)
from nlp_apps.text.normalize import LONE_SURROGATE

__all__ = [
    "AnyRecipe",
    "GenerationRecipe",
    "Recipe",
    "SentimentRecipe",
    "TranslationRecipe",
    "dump",
    "from_dict",
    "load",
    "load_from_run",
    "table",
]

SOURCE_KEYS = (
    *("data.train", "data.validation", "data.test", "data.mix_in", "data.tfds_dir"),
    *("model.init_from", "model.init_encoder_from", "model.init_decoder_from"),
)

BEFORE = {"translation": "sentence_case", "sentiment": "stratify"}
"""Key of [data], by task, that is false in runs that were made before the key: they do not change
capitals, and hold out text without regard to labels."""


@overload
def load(
    path: str | PathLike[str], overrides: Sequence[str] = ..., *, task: Literal["translation"]
) -> TranslationRecipe: ...
@overload
def load(
    path: str | PathLike[str], overrides: Sequence[str] = ..., *, task: Literal["sentiment"]
) -> SentimentRecipe: ...
@overload
def load(
    path: str | PathLike[str], overrides: Sequence[str] = ..., *, task: Literal["generation"]
) -> GenerationRecipe: ...
@overload
def load(path: str | PathLike[str], overrides: Sequence[str] = ..., *, task: str) -> AnyRecipe: ...
def load(path: str | PathLike[str], overrides: Sequence[str] = (), *, task: str) -> AnyRecipe:
    """Reads a recipe, overrides keys, and checks every value.

    Args:
        path: a TOML file.
        overrides: texts `section.key=value`, as for `--set`. The value is TOML (`3`, `true`,
            `["a.en", "a.de"]`), otherwise text. It replaces the whole value of the key; the last
            one counts.
        task: the app, such as `translation`.

    Returns:
        The recipe. Its `overridden_sources` are the paths from `overrides`.

    Raises:
        UsageError: the file cannot be read, is not TOML, is for another task, or has an unknown
            key, a wrong type or a value out of range. The message names file (or `--set`) and key.
    """
    return _check(read_toml(Path(path)), path, overrides, task)


def from_dict(
    settings: Mapping[str, Any], overrides: Sequence[str] = (), *, task: str
) -> AnyRecipe:
    """Makes a recipe of a dictionary, as `load` does of a file.

    Args:
        settings: sections and keys: `{"data": {"train": "pairs.tsv"}}`. "task" may be missing;
            "name" is the task by default.
        overrides: texts `section.key=value`.
        task: name of the task.

    Raises:
        UsageError: As `load`; the message begins with "recipe".
    """
    sections = {
        key: dict(value) if isinstance(value, Mapping) else value for key, value in settings.items()
    }
    return _check({"task": task, "name": task, **sections}, "recipe", overrides, task)


def load_from_run(path: str | PathLike[str], *, task: str) -> AnyRecipe:
    """Reads the `recipe.toml` of a run folder, of version 0.1.0 too.

    Keys that a run of 0.1.0 does not have keep its meaning: see `BEFORE`.

    Args:
        path: the file.
        task: the app.

    Raises:
        UsageError: as `load`.
    """
    settings = with_new_names(read_toml(Path(path)))
    key = BEFORE.get(str(settings.get("task")))
    if key and isinstance(data := settings.get("data"), dict):
        data.setdefault(key, False)
    return _check(settings, path, (), task)


def _check(
    settings: dict[str, Any], path: str | PathLike[str], overrides: Sequence[str], task: str
) -> AnyRecipe:
    """Overrides keys and checks every value; see `load`."""
    kind = _kind(settings, str(path), task)
    overridden: dict[str, Any] = {}
    for text in overrides:
        key, value = parse_override(text, kind)
        overridden[key] = value
    for key, value in overridden.items():
        section, _, last = key.rpartition(".")
        owner = settings.setdefault(section, {}) if section else settings
        if isinstance(owner, dict):  # Otherwise the check below reports that it is no section.
            owner[last] = value
    _require_utf8(settings, str(path), overridden)
    if not settings.get("name"):
        settings["name"] = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(path).stem).lstrip("._-")
        if not settings["name"]:
            raise UsageError(
                f"{path}: the file name has no ASCII letter or digit to name the model. "
                'Write name = "..." above the first section.'
            )
    try:
        recipe = kind.model_validate(settings)
    except ValidationError as error:
        key, sentence = explain(kind, error)
        about = [key] if key else [name for name in overridden if name in sentence]
        origin = "--set" if any(name in overridden for name in about) else str(path)
        raise UsageError(f"{origin}: {sentence}") from error
    recipe._overridden_sources = frozenset(
        source
        for key in SOURCE_KEYS
        if key in overridden
        for source in _as_list(overridden[key])
        if source not in ("", "none") and not source.startswith(("tfds:", "split:"))
    )
    return recipe


def dump(recipe: Recipe) -> str:
    """Returns the whole recipe as TOML, defaults included, for a run folder.

    `load` of this text returns the same settings.
    """
    return tomli_w.dumps(recipe.model_dump(mode="json"))


def table() -> str:
    """Returns the keys of all recipes as Markdown tables, one per section."""
    lines: list[str] = []
    for name in sections(TranslationRecipe):
        kinds = {task: sections(kind)[name] for task, kind in RECIPES.items()}
        lines += ["", f"### `[{name}]`", ""]
        lines += ["| key | task | type | default | range | meaning |", "|---|---|---|---|---|---|"]
        tasks_of: dict[tuple[str, ...], list[str]] = {}  # a row without its tasks -> its tasks
        for task, section in kinds.items():
            for key, field in section.model_fields.items():
                tasks_of.setdefault((key, *_cells(field)), []).append(task)
        order = list(dict.fromkeys(row[0] for row in tasks_of))
        # Required keys are first.
        for row in sorted(tasks_of, key=lambda row: (row[2] != "required", order.index(row[0]))):
            tasks = "all" if len(tasks_of[row]) == len(kinds) else ", ".join(tasks_of[row])
            lines.append("| " + " | ".join([f"`{row[0]}`", tasks, *row[1:]]) + " |")
    return "\n".join(lines[1:]) + "\n"


def _cells(field: FieldInfo) -> tuple[str, str, str, str]:
    """Returns type or choices, default, range and meaning of a key."""
    known = choices(field)
    if known:
        type_name = ", ".join(f"`{choice}`" for choice in known)
        if get_origin(field.annotation) is list:
            type_name = f"list of {type_name}"
    elif isinstance(field.annotation, type):
        type_name = {"int": "integer", "float": "number", "bool": "true or false"}.get(
            field.annotation.__name__, "text"
        )
    elif field.annotation == tuple[str, ...]:
        type_name = "names"
    else:
        type_name = "name or number" if field.annotation == str | int else "source"
    default = "required" if field.is_required() else f"`{_toml(field.default)}`"
    return type_name, default, bounds(field), field.description or ""


def _kind(settings: dict[str, Any], path: str, task: str) -> type[AnyRecipe]:
    """Returns the class of recipes of a task, if the file is for that task."""
    if task not in RECIPES:
        raise ValueError(f"task must be one of {', '.join(RECIPES)}, received {task!r}")
    found = settings.get("task")
    if found is None:
        raise UsageError(f'{path}: task is missing. Write task = "{task}" at the top of the file.')
    if found != task:
        guess = nearest(found, RECIPES) if isinstance(found, str) else None
        hint = f" Did you mean {guess}?" if guess and guess != found else ""
        raise UsageError(
            f"{path}: task must be {task!r} for this app, received {show(found)}.{hint}"
        )
    return RECIPES[task]


def parse_override(text: str, kind: type[Recipe]) -> tuple[str, Any]:
    """Parses `model.units=128` to (`model.units`, 128)."""
    key, equals, raw = text.partition("=")
    key, raw = key.strip(), raw.strip()
    if not equals or not key:
        raise UsageError(f"--set: write section.key=value, received {show(text)}.")
    if key in sections(kind):
        raise UsageError(
            f"--set: {key} is a section. Write {key}.key=value, received {show(text)}."
        )
    section, _, last = key.rpartition(".")
    owner = sections(kind).get(section) if section else kind
    if key == "task" or owner is None or last not in owner.model_fields:
        if key == "task":
            raise UsageError("--set: task cannot be set. It is a key of the recipe file.")
        raise UsageError(f"--set: {unknown_key(kind, key)}")
    try:
        parsed = tomllib.loads(f"value = {raw}")
    except (ValueError, RecursionError):
        return key, raw
    is_date = isinstance(parsed["value"], datetime.date | datetime.time)
    return key, raw if is_date or len(parsed) > 1 else parsed["value"]


def _require_utf8(value: Any, path: str, overridden: Collection[str], key: str = "") -> None:
    """Checks that no text has a byte that is not UTF-8: no file of a run could hold it."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            _require_utf8(part, path, overridden, f"{key}.{name}".lstrip("."))
    elif isinstance(value, list | tuple):
        for part in value:
            _require_utf8(part, path, overridden, key)
    elif isinstance(value, str) and LONE_SURROGATE.search(value):
        origin = "--set" if key in overridden else path
        raise UsageError(f"{origin}: {key} is not valid UTF-8, received {show(value)}.")


def _as_list(value: Any) -> list[str]:
    """Returns one path or several, also by language, as a list."""
    if isinstance(value, Mapping):
        return [path for source in value.values() for path in _as_list(source)]
    return [value] if isinstance(value, str) else list(value)


def _toml(value: Any) -> str:
    """Returns a value in TOML."""
    written = tomli_w.dumps({"value": value}).removeprefix("value = ").strip()
    return re.sub(r",?\s*\n\s*", " ", written).replace('" "', '", "')  # a list on one line


if __name__ == "__main__":
    print(table(), end="")
