"""Scores of a finished translator before fine-tuning with several target languages."""

import logging
from collections.abc import Sequence
from typing import Any

from nlp_apps.recipe.schema import TranslationRecipe
from nlp_apps.tasks.finished_model import FinishedModel, FinishedRun
from nlp_apps.tasks.translation_scorer import TranslationScorer
from nlp_apps.text.corpus import Pair
from nlp_apps.text.language_examples import LanguageExamples, by_language

logger = logging.getLogger(__name__)


def start_scores(
    finished: FinishedModel,
    recipe: TranslationRecipe,
    examples: Sequence[Pair],
) -> dict[str, Any]:
    """Returns the scores of a finished model on the pairs in the languages that it writes.

    It translates as before fine-tuning: without the tags of new languages.

    Args:
        finished: the finished model.
        recipe: the recipe of the fine-tuning, whose [decoding] counts.
        examples: the pairs.

    Returns:
        The scores of `TranslationScorer.score`; only "languages", without means, if it does not
        write all languages of the pairs; empty if it writes none of them.
    """
    parts = by_language(examples)
    written = {code: pairs for code, pairs in parts.items() if code in finished.languages}
    if lacking := [code for code in parts if code not in written]:
        logger.info("before fine-tuning: %s has no score in %s", finished.where, ", ".join(lacking))
    if not written or not isinstance(finished, FinishedRun):
        return {}
    translator = finished.task().predictor(**recipe.decoding.model_dump())
    scorer = TranslationScorer(translator, recipe, LanguageExamples(written))
    scores = scorer.score(with_errors=True)
    languages = scores.get("languages", {code: dict(scores) for code in written})
    return {"languages": languages} if lacking else {**scores, "languages": languages}
