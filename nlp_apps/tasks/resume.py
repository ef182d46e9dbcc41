"""Resuming: the recipe and the text of a run that continues."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from nlp_apps.errors import UsageError
from nlp_apps.recipe import load as recipes
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.recipe.section import Section
from nlp_apps.recipe.training_section import Training
from nlp_apps.training.run_folder import RunFolder

logger = logging.getLogger(__name__)

Recipe = TypeVar("Recipe", bound=AnyRecipe)

BUDGET_KEYS = (
    *("training.epochs", "training.max_steps", "training.patience"),
    "training.strategy",
)
"""Keys that may change when a run is resumed: its duration, and the number of workers."""


def resumed_recipe(
    recipe: Recipe, run: RunFolder, *, variable: Sequence[str] = BUDGET_KEYS
) -> Recipe:
    """Returns the recipe of a run that is resumed.

    Keys that `recipe` leaves open are those of the run folder, so that settings that were chosen
    when the run began stay. Keys that it sets must be those of the run folder, except
    `variable` ones. A new number of epochs replaces the old number of steps. The number of steps
    that fitted into `--time` stays.

    Args:
        recipe: the recipe that the user passed, with absolute paths.
        run: the run folder; it may have no recipe yet.
        variable: keys that may change.

    Raises:
        UsageError: the run began with another recipe.
    """
    if not run.recipe.is_file():
        return recipe
    began = recipes.load_from_run(run.recipe, task=recipe.task)
    update: dict[str, Any] = {}
    for name in type(recipe).model_fields:
        value, old = getattr(recipe, name), getattr(began, name)
        if isinstance(value, Section):
            passed = {key: getattr(value, key) for key in value.model_fields_set}
            if isinstance(value, Training):
                passed = _budget(passed, old, run)
            for key, new in passed.items():
                _require_equal(f"{name}.{key}", getattr(old, key), new, run, variable)
            update[name] = old.model_copy(update=passed)
        else:
            _require_equal(name, old, value, run, variable)
    return cast(Recipe, recipe.model_copy(update=update))


def _budget(passed: dict[str, Any], old: Any, run: RunFolder) -> dict[str, Any]:
    """Returns the keys of [training] that are set, with the `max_steps` that they mean.

    Args:
        passed: values of the keys that the recipe sets.
        old: the section that the run began with.
        run: the run folder.
    """
    steps = passed.get("max_steps", old.max_steps)
    limit = run.read_json(run.time_limit) if run.time_limit.is_file() else {}
    if limit == {"max_steps": old.max_steps, "before": steps}:
        steps = old.max_steps
    if steps == old.max_steps and passed.get("epochs", old.epochs) != old.epochs:
        steps = 0
    return {**passed, "max_steps": steps}


def _require_equal(key: str, old: Any, new: Any, run: RunFolder, variable: Sequence[str]) -> None:
    if old == new:
        return
    if key in variable:
        logger.info("--resume: %s is now %s; it was %s", key, new, old)
        return
    raise UsageError(
        f"--resume: the recipe differs from the one the run began with ({run.recipe}): {key} is "
        f"{new!r}, and was {old!r}. Pass the same recipe and --set, or choose another folder with "
        f"--output. {', '.join(variable) or 'No key'} may change."
    )


def require_same_data(data: Mapping[str, Any], run: RunFolder) -> None:
    """Checks that a run began with this text.

    Args:
        data: statistics of the text by split, with checksums.
        run: the run folder.

    Raises:
        UsageError: it began with other text.
    """
    began = run.read_data_stats() if run.data.is_file() else data
    for split, stats in data.items():
        if stats["sha256"] != began.get(split, stats)["sha256"]:
            raise UsageError(
                f"--resume: the {split} text differs from the one the run began with "
                f"({', '.join(stats['files'])}). Restore it, or choose another folder with "
                "--output."
            )
