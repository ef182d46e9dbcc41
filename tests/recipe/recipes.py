"""Smallest recipes of each task, and the error messages of a recipe."""

from pathlib import Path

import pytest

from nlp_apps.errors import UsageError
from nlp_apps.recipe.load import load

ROOT = Path(__file__).parents[2]
TRANSLATION = 'task = "translation"\n[data]\ntrain = "pairs.tsv"\n'
SENTIMENT = 'task = "sentiment"\n[data]\ntrain = "reviews.tsv"\n'
GENERATION = 'task = "generation"\n[data]\ntrain = "book.txt"\n'


def error_of(path: Path, *overrides: str, task: str = "translation") -> str:
    """Returns the error message for a recipe, without the folder of the test."""
    with pytest.raises(UsageError) as caught:
        load(path, overrides, task=task)
    message = str(caught.value)
    assert message.count("\n") <= 1
    return message.replace(f"{path.parent}/", "")
