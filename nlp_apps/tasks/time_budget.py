"""The time limit of a training: the number of steps that fits, kept in the run folder."""

import logging
from collections.abc import Mapping
from typing import Any

from nlp_apps.io.atomic_files import atomic_write_text
from nlp_apps.recipe import load as recipes
from nlp_apps.recipe.auto import with_settings
from nlp_apps.tasks.base import Task
from nlp_apps.tasks.train_options import TrainOptions
from nlp_apps.text.corpus import Corpus
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.time_limit import TimeLimit

logger = logging.getLogger(__name__)


def time_limit(
    task: Task[Any, Any], corpora: Mapping[str, Corpus[Any]], run: RunFolder, options: TrainOptions
) -> TimeLimit | None:
    """Returns the limit of `--time`; None without one, or once the number of steps is fixed.

    Its `save` writes the number of steps to the recipe in the run folder, so that `--resume` ends
    with the same bits.
    """
    if task.workers.is_chief and not options.resume:
        run.time_limit.unlink(missing_ok=True)
    if options.deadline is None:
        return None
    if task.workers.agree(options.resume and bool(run.found_checkpoints())):
        logger.info("--time has no effect: the run keeps the number of steps that it began with")
        return None

    def save(steps: int) -> None:
        recipe = recipes.load_from_run(run.recipe, task=task.name)
        run.write_json(run.time_limit, {"max_steps": steps, "before": recipe.training.max_steps})
        lowered = with_settings(recipe, {"training.max_steps": steps})
        atomic_write_text(run.recipe, recipes.dump(lowered))

    scored = sum(
        relative_amount(task, corpus, corpora["validation"])
        for split, corpus in corpora.items()
        if split != "train"
    )
    return TimeLimit(options.deadline, scored, task.calibration_seconds(corpora), save)


def relative_amount(task: Task[Any, Any], part: Corpus[Any], whole: Corpus[Any]) -> float:
    """Returns the amount of text of a split, relative to that of another one."""
    return task.amount(part) / max(1, task.amount(whole))
