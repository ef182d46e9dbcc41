"""Tests of the recipes in models/, and of the tables in models/README.md."""

import tomllib
from pathlib import Path

import pytest

from nlp_apps.recipe.auto import TextSize, settle
from nlp_apps.recipe.load import AnyRecipe, from_dict, load, table
from nlp_apps.recipe.schema import RECIPES
from tests.recipe.recipes import ROOT

PATHS = sorted((ROOT / "models").glob("*.toml"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_shipped_recipe_is_valid_and_named_after_its_file(path: Path):
    recipe = load(path, task=tomllib.loads(path.read_text("utf-8"))["task"])
    assert recipe.name == path.stem
    assert recipe.task == path.stem.split("-")[0]


def follows_text(task: str) -> set[str]:
    """Returns the keys that are chosen by the text where a recipe is silent."""
    size = TextSize(1_000, 60_000, 100, 2_000, 60)
    return set(settle(from_dict({"data": {"train": "a.tsv"}}, task=task), size)[1])


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_shipped_recipe_has_no_default_and_a_reason_for_each_value(path: Path):
    settings = tomllib.loads(path.read_text("utf-8"))
    kind = RECIPES[settings["task"]]
    for section, values in settings.items():
        if section in ("task", "data"):
            continue
        owner = kind.model_fields[section].annotation
        assert owner is not None
        for key, value in values.items():
            if f"{section}.{key}" not in follows_text(settings["task"]):
                assert owner.model_fields[key].default != value, f"{section}.{key} is the default"
            line = next(
                line
                for line in path.read_text("utf-8").splitlines()
                if line.startswith(f"{key} = ")
            )
            assert "#" in line, f"{section}.{key} has no reason"


def test_the_readme_has_the_table_of_every_section():
    readme = (ROOT / "models" / "README.md").read_text(encoding="utf-8")
    for section in table().split("\n\n### "):
        assert section.strip() in readme, "run python -m nlp_apps.recipe.load and copy its tables"


@pytest.mark.parametrize("kind", RECIPES.values())
def test_every_key_has_a_description(kind: type[AnyRecipe]):
    for field in kind.model_fields.values():
        for key, inner in getattr(field.annotation, "model_fields", {}).items():
            assert inner.description, key
