"""Every task by its name."""

from typing import Any

from nlp_apps.tasks.base import Task
from nlp_apps.tasks.generation_task import GenerationTask
from nlp_apps.tasks.sentiment_task import SentimentTask
from nlp_apps.tasks.translation_task import TranslationTask

TASKS: dict[str, type[Task[Any, Any]]] = {
    task.name: task for task in (TranslationTask, SentimentTask, GenerationTask)
}
"""Every task by its name in recipes."""
