"""Recipes and `--set` values."""

import random
from pathlib import Path
from typing import Any

import tomli_w

from nlp_apps.recipe.load import dump, from_dict, load
from nlp_apps.recipe.schema import RECIPES
from nlp_apps.recipe.validation_errors import sections
from tests.attack.attacked import ROOT
from tests.attack.generated.attack import Attack, Input
from tests.attack.generated.mutations import (
    ODD_BYTES,
    ODD_VALUES,
    json_bytes,
    mutate,
    mutate_value,
    nested,
)

VALUES = (
    *("1", "0", "-1", "1.5", "1e999", "nan", "true", "", '""', "[]", "{}", "[1, 2]", "2020-01-01"),
    *('["a.en", "a.fr"]', "{a = 1}", "'''", '"""', "07:32:00", "split:10%", "split:-1", "none"),
    *("tfds:x:y", "1 # x", "1\n[model]\nunits = 2", "\ud800", "0x10", "inf", "lstm", "9" * 5000),
)


class Recipes(Attack):
    """Loads mutated recipes; a recipe that loads is written and loaded again."""

    name = "recipes"
    share = 0.25

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.seeds: list[tuple[str, bytes]] = []
        for task in RECIPES:
            settings = from_dict({"data": {"train": "a.tsv"}}, task=task)
            self.seeds.append((task, dump(settings).encode()))
        for path in sorted((ROOT / "models").glob("*.toml")):
            task = path.stem.partition("-")[0]
            if task in RECIPES:
                self.seeds.append((task, path.read_bytes()))
        self.keys = {
            task: [
                f"{name}.{key}"
                for name, part in sections(kind).items()
                for key in part.model_fields
            ]
            for task, kind in RECIPES.items()
        }

    def make(self, draw: random.Random) -> Input:
        task, seed = draw.choice(self.seeds)
        kind = draw.random()
        if kind < 0.35:
            content = mutate(draw, seed, [other for _, other in self.seeds])
        elif kind < 0.65:
            content = self._settings(draw, task)
        else:
            content = seed
        words = []
        if kind > 0.6:
            for _ in range(draw.choice((1, 1, 2, 4))):
                key = draw.choice(
                    [*self.keys[task], "name", "task", "model", "model.x", "", "a.b.c"]
                )
                value = draw.choice(VALUES)
                if draw.random() < 0.3:
                    value = draw.choice(ODD_BYTES).decode("utf-8", "replace")
                words.append(f"{key}{draw.choice(('=', '=', ' = ', ''))}{value}")
        return Input((task, *words), {"recipe.toml": content})

    def _settings(self, draw: random.Random, task: str) -> bytes:
        """Returns a recipe of generated values, as TOML."""
        settings: dict[str, Any] = {"task": task, "data": {"train": "a.tsv"}}
        for key in draw.sample(self.keys[task], draw.randint(1, 6)):
            section, _, name = key.partition(".")
            settings.setdefault(section, {})[name] = draw.choice(
                (*ODD_VALUES, 2, 0.1, "none", "gru")
            )
        if draw.random() < 0.2:
            settings = mutate_value(draw, settings)
        try:
            return tomli_w.dumps(_without_none(settings)).encode("utf-8", "surrogatepass")
        except (TypeError, AttributeError, ValueError, RecursionError):  # TOML cannot hold it
            return b"task = " + json_bytes(draw, nested(draw, 50))

    def call(self, one: Input) -> None:
        path = self.folder / "recipe.toml"
        path.write_bytes(one.files["recipe.toml"])
        task, *words = one.call
        recipe = load(path, words, task=task)
        text = dump(recipe)
        path.write_bytes(text.encode("utf-8"))
        if dump(load(path, task=task)) != text:
            raise AssertionError("a recipe that was written and read again differs")


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_without_none(part) for part in value if part is not None]
    return value
