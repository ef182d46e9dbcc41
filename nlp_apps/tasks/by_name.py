"""Every task by its name."""

from typing import Any

from nlp_apps.recipe.schema import AnyRecipe, SentimentRecipe
from nlp_apps.tasks.base import Task
from nlp_apps.tasks.generation_task import GenerationTask
from nlp_apps.tasks.multi_label_task import MultiLabelTask
from nlp_apps.tasks.sentiment_task import SentimentTask
from nlp_apps.tasks.translation_task import TranslationTask

TASKS: dict[str, type[Task[Any, Any]]] = {
    task.name: task for task in (TranslationTask, SentimentTask, GenerationTask)
}
"""Every task by its name in recipes."""


def make_task(recipe: AnyRecipe) -> Task[Any, Any]:
    """Returns the task of a recipe."""
    if isinstance(recipe, SentimentRecipe) and recipe.data.multi_label:
        return MultiLabelTask(recipe)
    return TASKS[recipe.task](recipe)
