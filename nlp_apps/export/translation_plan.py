"""The export plan of a translator: signatures, and modes of comparison."""

from collections.abc import Iterator, Sequence
from typing import Any

from nlp_apps.export.parity import Prediction
from nlp_apps.export.plan import ExportPlan, PredictionMode, QualityGate, parity_texts
from nlp_apps.export.saved_model.translation_signatures import TranslationSignatures
from nlp_apps.export.tflite.lite_translation import LiteTranslation
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.metrics.bleu import bleu
from nlp_apps.recipe.schema import TranslationRecipe
from nlp_apps.tasks.translation_task import TranslationTask
from nlp_apps.text.corpus import Corpus, Pair
from nlp_apps.text.sentences import Rule
from nlp_apps.training.run_folder import RunFolder

MAX_BLEU_LOSS = 0.3
"""Allowed loss of validation BLEU with quantized weights."""


def translation_plan(
    task: TranslationTask, run: RunFolder, corpora: dict[str, Corpus[Pair]]
) -> ExportPlan:
    """Returns the export plan of a translator, which is compared with greedy and beam search.

    Args:
        task: the trained task.
        run: its run folder.
        corpora: text to compare with; "validation" is one of the splits.
    """
    recipe = task.recipe
    modes = [_mode(task, "greedy", 1, "greedy")]
    if recipe.decoding.beam_size > 1:
        modes.append(_mode(task, "beam", recipe.decoding.beam_size, "serving_default"))
    pairs = [pair for pair in corpora["validation"].examples if pair.source.strip()]
    references = [pair.target for pair in pairs]
    translator = task.predictor()
    return ExportPlan(
        run=run,
        recipe=recipe,
        num_parameters=task.model.count_params(),
        signatures=lambda: TranslationSignatures(translator),
        lite=lambda: LiteTranslation(translator, recipe.export),
        metadata=_metadata(recipe, translator.sentence_rules),
        modes=modes,
        texts=parity_texts(corpora, lambda pair: [pair.source]),
        quality=QualityGate(
            name="bleu",
            mode=modes[-1].name,
            texts=[pair.source for pair in pairs],
            measure=lambda found: (
                bleu(
                    [one.output for one in found], references, recipe.data.language_of_targets
                ).value
            ),
            allowed_loss=MAX_BLEU_LOSS,
            higher_is_better=True,
        ),
    )


def _metadata(recipe: TranslationRecipe, rules: Sequence[Rule]) -> dict[str, Any]:
    data = recipe.data
    languages = [data.source_language, data.target_language]
    metadata = {"languages": languages, "max_length": data.max_length}
    return {**metadata, "sentence_rules": rules} if rules else metadata


def _mode(task: TranslationTask, name: str, beam_size: int, signature: str) -> PredictionMode:
    translator = task.predictor(beam_size)

    def predict(texts: Sequence[str]) -> Iterator[Prediction]:
        return (Prediction(found.text, (found.score,)) for found in translator.translate(texts))

    def predict_saved(model: SavedModel, texts: Sequence[str], size: int) -> Iterator[Prediction]:
        for row in model.rows(signature, texts, batch_size=size):
            yield Prediction(row["translation"], (row["score"],))

    # A score is a sum over the translation, so rounding differences grow with its length.
    return PredictionMode(name, predict, predict_saved, tolerance=1e-3)
