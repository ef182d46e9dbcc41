"""The budget of a training: settings that depend on `--quick` and `--thorough`."""

import logging
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.text.corpus import Corpus

logger = logging.getLogger(__name__)

Recipe = TypeVar("Recipe", bound=AnyRecipe)

BUDGETS = {"quick": 0.25, "normal": 1.0, "thorough": 3.0}
"""Factor of the steps that a recipe leaves open."""


def settle(recipe: Recipe, corpora: Mapping[str, Corpus[Any]], budget: str) -> Recipe:
    """Returns the recipe with the settings that it leaves open.

    Args:
        recipe: the recipe. Its `model_fields_set` are the keys that the user set; they stay.
        corpora: the text by split.
        budget: a key of `BUDGETS`.
    """
    del corpora
    training = recipe.training
    if budget == "normal":
        return recipe
    if {"epochs", "max_steps"} & training.model_fields_set:
        logger.warning(
            "--%s has no effect: the recipe sets training.epochs or training.max_steps", budget
        )
        return recipe
    epochs = max(1, round(training.epochs * BUDGETS[budget]))
    update = {"training": training.model_copy(update={"epochs": epochs})}
    return cast(Recipe, recipe.model_copy(update=update))
