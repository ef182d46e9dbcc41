"""Tests of recipes without folders."""

import pytest

from nlp_apps.recipe.load import from_dict
from nlp_apps.recipe.without_folders import recipe_without_folders, without_folders


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/home/me/a.tsv", "a.tsv"),
        ("~/a.tsv", "a.tsv"),
        ("~me/a.tsv", "a.tsv"),
        ("../secret/a.tsv", "a.tsv"),
        ("data/../../secret/a.tsv", "a.tsv"),
        (r"C:\Users\me\a.tsv", "a.tsv"),
        ("C:/Users/me/a.tsv", "a.tsv"),
        (r"\\server\me\a.tsv", "a.tsv"),
        (r"..\secret\a.tsv", "a.tsv"),
        ("data/a.tsv", "data/a.tsv"),
        ("a..b.tsv", "a..b.tsv"),
        ("tfds:glue/sst2", "tfds:glue/sst2"),
        ("/", "/"),
        ("a:b", "a:b"),
        ("~", "~"),
        ({"fr": ["/x/a.tsv", 3]}, {"fr": ["a.tsv", 3]}),
    ],
)
def test_paths_that_leave_the_current_folder_are_shortened(value: object, expected: object) -> None:
    assert without_folders(value) == expected


def test_a_recipe_keeps_its_other_keys() -> None:
    settings = {
        "data": {"train": ["/home/me/a.tsv", "data/b.tsv"]},
        "model": {"init_from": "../runs/mine"},
    }
    recipe = from_dict(settings, task="sentiment")
    found = recipe_without_folders(recipe)
    assert found.data.train == ("a.tsv", "data/b.tsv")
    assert found.model.init_from == "mine"
    assert found.training == recipe.training
