"""Head of a training: logs the rows, labels and scripts of its text, and warnings."""

import logging
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlp_apps.errors import first_line
from nlp_apps.inspection.head import head_lines
from nlp_apps.inspection.inspection import inspect_corpora
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.resources import shipped_folder
from nlp_apps.text.corpus import Corpus

logger = logging.getLogger(__name__)


def log_head(
    recipe: AnyRecipe,
    corpora: Mapping[str, Corpus[Any]],
    recipe_path: Path,
    data_dir: str | None = None,
) -> None:
    """Inspects the text of a training and logs the head of the inspection.

    Args:
        recipe: the recipe.
        corpora: the splits.
        recipe_path: the recipe's file, which may be missing; for the command that prints all.
        data_dir: the folder in which the recipe's files are looked up first.
    """
    try:
        inspection = inspect_corpora(recipe, corpora)
    except Exception as error:  # The training needs no inspection.
        logger.warning("cannot inspect the text: %s: %s", type(error).__name__, first_line(error))
        return
    lines, warnings = head_lines(inspection, _command(recipe, recipe_path, data_dir))
    for line in lines:
        logger.info("%s", line)
    for warning in warnings:
        logger.warning("%s", warning)


def _command(recipe: AnyRecipe, recipe_path: Path, data_dir: str | None) -> str:
    """Returns the command that prints the whole inspection."""
    source: object = recipe_path
    if recipe_path.parent == shipped_folder("models"):
        source = recipe_path.stem
    elif not recipe_path.is_file():
        source = recipe.data.train if isinstance(recipe.data.train, str) else "RECIPE"
    words = ["nlp-apps", recipe.task, "inspect", str(source)]
    return shlex.join([*words, "--data-dir", data_dir] if data_dir else words)
