"""Tests of settings that follow the text."""

import pytest

from nlp_apps.recipe.auto import Start, TextSize, settle
from nlp_apps.recipe.load import dump, from_dict

SIZES = [
    TextSize(count, count * 60, 150, count * 2, 60)
    for count in (10, 100, 1_000, 10_000, 100_000, 1_000_000)
]
TASKS = ("translation", "sentiment", "generation")


def recipe(task: str, **sections):
    return from_dict({"data": {"train": "a.tsv"}, **sections}, task=task)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.examples}")
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("budget", ["quick", "normal", "thorough"])
def test_the_settings_of_every_size_are_a_valid_recipe(task, size, budget):
    settled, chosen = settle(recipe(task), size, budget)
    assert chosen["training.max_steps"] == settled.training.max_steps > 0
    assert settle(settled, size)[0] == settled


@pytest.mark.parametrize("task", TASKS)
def test_a_key_of_the_recipe_stays(task):
    mine = recipe(task, model={"units": 40}, tokenizer={"vocabulary_size": 900})
    settled, chosen = settle(mine, SIZES[2])
    assert settled.model.units == 40
    assert settled.tokenizer.vocabulary_size == 900
    assert not {"model.units", "tokenizer.vocabulary_size"} & set(chosen)


@pytest.mark.parametrize("key", ["epochs", "max_steps"])
def test_the_length_of_a_run_stays(key):
    settled, chosen = settle(recipe("sentiment", training={key: 7}), SIZES[2], "thorough")
    assert getattr(settled.training, key) == 7
    assert settled.training.max_steps == (7 if key == "max_steps" else 0)
    assert "training.max_steps" not in chosen


@pytest.mark.parametrize("task", TASKS)
def test_a_budget_scales_the_steps(task):
    quick, normal, thorough = (
        settle(recipe(task), SIZES[3], budget)[0].training.max_steps
        for budget in ("quick", "normal", "thorough")
    )
    assert quick < normal < thorough


def test_a_start_sets_the_sizes_that_it_needs():
    start = Start({"init_encoder_from": "english"}, {"model.units": 64, "model.cell": "gru"})
    settled, _ = settle(recipe("sentiment"), SIZES[2], start=start)
    assert (settled.model.units, settled.model.cell) == (64, "gru")


def test_the_memory_has_the_embeddings_if_attention_reads_it_and_no_start_made_it():
    start = Start({"init_encoder_from": "en-fr"}, {"model.units": 384})
    blind = recipe("translation", model={"attention": "none"})
    assert settle(recipe("translation"), SIZES[3])[0].model.embedding_skip
    assert not settle(recipe("translation"), SIZES[3], start=start)[0].model.embedding_skip
    assert not settle(blind, SIZES[3])[0].model.embedding_skip


def test_many_characters_get_a_larger_vocabulary():
    chinese = TextSize(1_000, 20_000, 60, 1_000, 2_400)
    settled, _ = settle(recipe("translation"), chinese)
    assert settled.tokenizer.vocabulary_size >= 2_400 + 260
    assert settled.tokenizer.character_coverage < 1.0


def test_the_recipe_as_used_has_the_chosen_values():
    settled, chosen = settle(recipe("sentiment"), SIZES[1])
    assert f"max_steps = {chosen['training.max_steps']}" in dump(settled)


def test_several_labels_learn_faster_from_a_start():
    start = Start({"init_encoder_from": "english"}, {})
    one, several = (
        settle(recipe("sentiment", data={"train": "a.tsv", **keys}), SIZES[2], start=start)[0]
        for keys in ({}, {"multi_label": True})
    )
    assert one.training.learning_rate < several.training.learning_rate
    assert one.training.pretrained_rate < several.training.pretrained_rate == 1.0
