"""Tests of which tasks trace one training step for all batch shapes."""

from typing import Any

import pytest

from nlp_apps.recipe import load
from nlp_apps.recipe.schema import TranslationRecipe
from nlp_apps.tasks.translation_task import TranslationTask
from nlp_apps.text.batches.buckets import Bucket

SHAPES = [Bucket(4, 3, 3), Bucket(2, 6, 6)]


@pytest.mark.parametrize(
    ("cell", "num_shapes", "expected"),
    [("lstm", 2, True), ("gru", 2, True), ("lstm", 1, False), ("min_gru", 2, False)],
)
def test_several_shapes_share_a_graph_unless_the_cell_needs_a_static_length(
    cell: str, num_shapes: int, expected: bool
) -> None:
    recipe: dict[str, Any] = {"task": "translation", "model": {"cell": cell}}
    recipe["data"] = {"train": "a.tsv", "source_language": "de", "target_language": "en"}
    loaded = load.from_dict(recipe, task="translation")
    assert isinstance(loaded, TranslationRecipe)
    task = TranslationTask(loaded)
    task.buckets = SHAPES[:num_shapes]
    assert task.has_dynamic_shapes is expected
