"""The text of a finished model: mixed into its fine-tuning, and scored before and after it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlp_apps.errors import NlpAppsError, UsageError, first_line
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.tasks.finished_model import FinishedModel, FinishedRun, MakeTask
from nlp_apps.tasks.sources import SourceFolders
from nlp_apps.text.corpora import Find
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.language_examples import LanguageExamples
from nlp_apps.text.storage.stored_examples import select

logger = logging.getLogger(__name__)

MAX_MIXED = 20_000
"""Old examples that are mixed in, at most, evenly spread."""

MAX_SCORED = 1_000
"""Old examples that are scored, at most, evenly spread."""

HELD_OUT = {
    "translation": "split:5% max 1000",
    "sentiment": "split:10% max 1000",
    "generation": "split:5% max 100000",
}
"""Part of `data.mix_in` that is scored and not mixed in, by task."""

NONE = "none"
"""Value of `data.mix_in` for no old text."""

SPLITS_READ = ("train", "validation")


@dataclass(frozen=True)
class OldText:
    """The text of a finished model.

    Attributes:
        names: its files, as recipes name them.
        checksum: that of the files.
        train: examples to mix in.
        validation: examples to score.
    """

    names: list[str]
    checksum: str
    train: Sequence[Any]
    validation: Sequence[Any]


def find_old_text(
    recipe: AnyRecipe, finished: FinishedModel, make_task: MakeTask, find: Find
) -> OldText | None:
    """Returns the old text: `data.mix_in`, or that of the finished run if it is unchanged.

    Logs a line if there is none.

    Args:
        recipe: the recipe of the fine-tuning.
        finished: the finished model.
        make_task: makes the task of a recipe.
        find: returns the path of a file that the recipe names.

    Raises:
        NlpAppsError: `data.mix_in` cannot be read, or the recipe needs old text and there is none.
    """
    if recipe.data.mix_in == NONE:
        return None
    if recipe.data.mix_in:
        sources = {"train": recipe.data.mix_in, "validation": HELD_OUT[recipe.task], "test": NONE}
        data = recipe.data.model_copy(update=sources)
        task = make_task(recipe.model_copy(update={"data": data}))
        return _old_text(recipe, task.read(find, SPLITS_READ))
    reason = "it comes without its text"
    if isinstance(finished, FinishedRun):
        try:
            corpora = _read_of_run(finished, make_task)
            return _old_text(recipe, corpora, finished.languages)
        except NlpAppsError as error:
            reason = first_line(error)
    if recipe.data.mix_in_share:
        raise UsageError(
            f"data.mix_in_share is {recipe.data.mix_in_share}, but the text of {finished.where} is "
            f"not available: {reason}. Name old text with data.mix_in."
        )
    logger.info(
        "no old text is mixed in, and none is scored: %s: %s (data.mix_in names such text)",
        finished.where,
        reason.rstrip("."),
    )
    return None


def _read_of_run(finished: FinishedRun, make_task: MakeTask) -> Mapping[str, Corpus[Any]]:
    """Reads the text of a finished run.

    Raises:
        NlpAppsError: it is missing, or not that of the run.
    """
    folders = SourceFolders.load(finished.folder)
    corpora = make_task(finished.recipe).read(folders.find(), SPLITS_READ)
    recorded = finished.folder.read_data_stats()
    for split, corpus in corpora.items():
        if split in recorded and recorded[split]["sha256"] != corpus.checksum:
            raise UsageError(f"its {split} text has changed ({', '.join(corpus.names)})")
    found: Mapping[str, Corpus[Any]] = corpora
    return found


def _old_text(
    recipe: AnyRecipe, corpora: Mapping[str, Corpus[Any]], languages: Sequence[str] = ()
) -> OldText:
    """Returns the examples of old text.

    Args:
        recipe: the recipe of the fine-tuning.
        corpora: the old text.
        languages: target languages of the model of the text, if they are known.

    Raises:
        UsageError: the new text has several target languages, and that of the old one is not known.
    """
    train, validation = corpora["train"], corpora["validation"]
    most = (MAX_MIXED, MAX_SCORED)
    if recipe.task == "generation":  # a few documents, which may be long
        most = (len(train.examples), len(validation.examples))
    parts = [train.examples, validation.examples]
    if getattr(recipe.data, "has_several_languages", False):
        parts = [_by_language(part, languages) for part in parts]
    return OldText(
        train.names,
        f"{train.checksum} {validation.checksum}",
        *(_spread(part, limit) for part, limit in zip(parts, most, strict=True)),
    )


def _by_language(examples: Sequence[Any], languages: Sequence[str]) -> LanguageExamples:
    """Returns pairs by target language; those of one language under its code."""
    if isinstance(examples, LanguageExamples):
        return examples
    if len(languages) != 1:
        raise UsageError("its recipe names no data.target_language")
    return LanguageExamples({languages[0]: examples})


def _spread(examples: Sequence[Any], most: int) -> Sequence[Any]:
    """Returns `most` examples, evenly spread; all of them if there are fewer.

    Of several target languages, each has an equal share of `most`.
    """
    if isinstance(examples, LanguageExamples):
        share = most // len(examples.by_language)
        return examples.map(lambda part: _spread(part, share))
    if len(examples) <= most:
        return list(examples)
    return list(select(examples, np.arange(most) * len(examples) // most))
