"""The export plan of a translator: signatures, and modes of comparison.

A translator into several languages has a mode and a limit of quality for each language.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

from nlp_apps.errors import WorkError
from nlp_apps.export import parity
from nlp_apps.export.markup_mode import markup_mode
from nlp_apps.export.parity import Prediction
from nlp_apps.export.plan import ExportPlan, PredictionMode, QualityGate, parity_texts
from nlp_apps.export.saved_model.translation_signatures import TranslationSignatures
from nlp_apps.export.tflite.lite_translation import LiteTranslation
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.metrics.bleu import bleu
from nlp_apps.metrics.output_scores import SCORES_OF_KIND, scores_of_kind
from nlp_apps.recipe.model_section import NO_START
from nlp_apps.recipe.schema import TranslationRecipe
from nlp_apps.tasks.translation_task import TranslationTask
from nlp_apps.text.corpus import Corpus, Pair
from nlp_apps.text.language_examples import by_language
from nlp_apps.training.run_folder import RunFolder

logger = logging.getLogger(__name__)

NUM_TERMS = 30
"""Terms of the glossary with which an artefact is compared."""

_WORD = re.compile(r"[^\W\d_]{4,}")

MAX_BLEU_LOSS = 0.3
"""Allowed loss of validation BLEU with quantized weights."""

MAX_LOSS_OF_KIND = 1.0
"""Allowed loss of the score of summaries and answers: of 200 texts, one answer is 0.5 points."""


def translation_plan(
    task: TranslationTask, run: RunFolder, corpora: dict[str, Corpus[Pair]]
) -> ExportPlan:
    """Returns the export plan of a translator, which is compared with greedy and beam search.

    Args:
        task: the trained task.
        run: its run folder.
        corpora: text to compare with; "validation" is one of the splits.

    Raises:
        WorkError: the validation text has no pair of a target language.
    """
    recipe = task.recipe
    translator = task.predictor()
    # Modes without constraints translate everything; all modes but `markup` read tags as text.
    beam = translator.variant(protect=())
    greedy = task.predictor(1, keeps_markup=False, protect=())
    languages: Sequence[str | None] = list(translator.targets.tags) or [None]
    modes = [_mode(greedy, "greedy", "greedy", to) for to in languages]
    last = "greedy"
    if recipe.decoding.beam_size > 1:
        last = "beam"
        modes += [_mode(beam, "beam", "serving_default", to) for to in languages]
    known = by_language(corpora["validation"].examples, recipe.data.language_of_targets)
    tested = _tested(languages, known, recipe)
    pairs = {to: _known_pairs(to, known) for to in tested}
    gates = [_quality(to, of, last, recipe) for to, of in pairs.items()]
    glossary = example_glossary(pairs[tested[0]])
    plain = translator.variant(recipe.decoding.protect)
    modes.append(_constrained_mode(plain, glossary, tested[0]))
    if translator.keeps_markup:
        modes.append(markup_mode(translator, glossary, tested[0]))
    return ExportPlan(
        run=run,
        recipe=recipe,
        num_parameters=task.model.count_params(),
        signatures=lambda: TranslationSignatures(translator),
        lite=lambda: LiteTranslation(translator, recipe.export),
        metadata=_metadata(recipe, translator),
        modes=modes,
        texts=_texts(corpora, languages),
        quality=gates[0],
        more_quality=gates[1:],
    )


def _texts(corpora: dict[str, Corpus[Pair]], languages: Sequence[str | None]) -> list[str]:
    """Returns texts for the comparison; of several languages, in turn, and fewer."""
    if languages == [None]:
        return parity_texts(corpora, lambda pair: [pair.source])
    columns = [
        [pair.source for corpus in corpora.values() for pair in _pairs(corpus, to)]
        for to in languages
    ]
    in_turn = (text for row in zip_longest(*columns, fillvalue="") for text in row)
    return [text for text in in_turn if text.strip()][: parity.NUM_TEXTS // len(languages)]


def _pairs(corpus: Corpus[Pair], to: str | None) -> Sequence[Pair]:
    return by_language(corpus.examples).get(to or "", ())


def _tested(
    languages: Sequence[str | None],
    known: Mapping[str, Sequence[Pair]],
    recipe: TranslationRecipe,
) -> list[str | None]:
    """Returns the languages whose scores limit the loss by quantization.

    Fine-tuning keeps languages of which it may have no text: their artefacts have to write the
    same translations as the run, of texts of the other languages.
    """
    if recipe.model.init_from in ("", NO_START):
        return list(languages)
    tested = [to for to in languages if to is None or known.get(to)]
    if lacking := [str(to) for to in languages if to not in tested]:
        logger.warning(
            "no validation text of the language %s: artefacts are compared with the run, but no "
            "BLEU limits the loss by quantization",
            ", ".join(lacking),
        )
    return tested or list(languages)


def _known_pairs(to: str | None, known: dict[str, Sequence[Pair]]) -> list[Pair]:
    """Returns the validation pairs of the language `to`, or of the only one."""
    if to is not None and to not in known:
        raise WorkError(
            f"the validation text has no pair of the language {to}, so an artefact cannot be "
            "compared with the run. Add some to data.validation."
        )
    examples = known[to] if to is not None else chain.from_iterable(known.values())
    return [pair for pair in examples if pair.source.strip()]


def _quality(
    to: str | None, pairs: Sequence[Pair], mode: str, recipe: TranslationRecipe
) -> QualityGate:
    """Returns the limit for the language `to`, or for the only one."""
    references = [pair.target for pair in pairs]
    end = f"_{to}" if to else ""
    names, kind = SCORES_OF_KIND[recipe.data.kind], recipe.data.kind

    def measure(found: Sequence[Prediction]) -> float:
        outputs = [one.output for one in found]
        if names:
            return scores_of_kind(kind, outputs, references)[names[-1]]
        return bleu(outputs, references, to or recipe.data.language_of_targets).value

    return QualityGate(
        name=f"{names[-1] if names else 'bleu'}{end}",
        mode=f"{mode}{end}",
        texts=[pair.source for pair in pairs],
        measure=measure,
        allowed_loss=MAX_LOSS_OF_KIND if names else MAX_BLEU_LOSS,
        higher_is_better=True,
    )


def _metadata(recipe: TranslationRecipe, translator: TextTranslator) -> dict[str, Any]:
    data, tags, rules = recipe.data, translator.targets.tags, translator.sentence_rules
    metadata: dict[str, Any] = {
        "languages": [data.language_of_sources, data.language_of_targets],
        "max_length": data.max_length,
        "protect": recipe.decoding.protect,
        "sentence_case": data.sentence_case,
        "defaults": {"constraints": "", "glossary": ""},
    }
    if translator.keeps_markup:
        metadata.update(markup="keep", substitute=translator.substitute)
    if tags:
        metadata["target_languages"] = tags
    return {**metadata, "sentence_rules": rules} if rules else metadata


def _mode(translator: TextTranslator, name: str, signature: str, to: str | None) -> PredictionMode:
    def predict(texts: Sequence[str]) -> Iterator[Prediction]:
        return (Prediction(found.text, (found.score,)) for found in translator.translate(texts, to))

    def predict_saved(model: SavedModel, texts: Sequence[str], size: int) -> Iterator[Prediction]:
        inputs = {"to": [to] * len(texts)} if to else {}
        for row in model.rows(signature, texts, inputs, batch_size=size):
            yield Prediction(row["translation"], (row["score"],))

    return PredictionMode(
        f"{name}_{to}" if to else name,
        predict,
        predict_saved,
        {"to": to} if to else {},
        # A score is a sum over the translation, so rounding differences grow with its length.
        tolerance=1e-3,
        worker_mode=name,
    )


def example_glossary(pairs: Sequence[Pair]) -> dict[str, str]:
    """Returns frequent words of the sources with frequent words of the targets, as a glossary."""
    words = [
        [word for word, _ in Counter(_WORD.findall(" ".join(side))).most_common(NUM_TERMS)]
        for side in zip(*pairs, strict=True)
    ]
    return dict(zip(*words, strict=False))


def with_spans(text: str) -> str:
    """Returns a text with a placeholder after its first half, and its last word kept."""
    words = text.split(" ")
    half = (len(words) + 1) // 2
    return " ".join([*words[:half], "{user_name}", *words[half:-1], f"<keep>{words[-1]}</keep>"])


def _constrained_mode(
    translator: TextTranslator, glossary: dict[str, str], to: str | None
) -> PredictionMode:
    lines = "\n".join(f"{source}\t{target}" for source, target in glossary.items())

    def predict(texts: Sequence[str]) -> Iterator[Prediction]:
        found = translator.translate(texts, to, glossary)
        return (Prediction(one.text, (one.score,)) for one in found)

    def predict_saved(model: SavedModel, texts: Sequence[str], size: int) -> Iterator[Prediction]:
        inputs = {"glossary": [lines] * len(texts), **({"to": [to] * len(texts)} if to else {})}
        for row in model.rows("constrained", texts, inputs, batch_size=size):
            yield Prediction(row["translations"][0], (row["scores"][0],))

    settings = {"glossary": glossary, **({"to": to} if to else {})}
    return PredictionMode(
        *("constrained", predict, predict_saved, settings), tolerance=1e-3, input_of=with_spans
    )
