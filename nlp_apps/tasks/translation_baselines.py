"""Baselines of translations, summaries and answers."""

from collections.abc import Mapping, Sequence

from nlp_apps.metrics.baselines.question_sentence import question_sentence
from nlp_apps.metrics.baselines.translation_memory import translation_memory
from nlp_apps.metrics.bleu import bleu, chrf
from nlp_apps.metrics.output_scores import scores_of_kind
from nlp_apps.recipe.data_section import TranslationData
from nlp_apps.text.corpus import Pair
from nlp_apps.text.sentences import SentenceSplitter, sentence_rules


def translation_baselines(
    data: TranslationData, train: Sequence[Pair], splits: Mapping[str, Sequence[Pair]]
) -> dict[str, dict[str, dict[str, float]]]:
    """Scores a copy of the source, and the target of the most similar training source.

    Of summaries also the first sentence of the source, of answers the sentence that has most words
    of the question.

    Returns:
        Scores by split and name of the baseline.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    for split, pairs in splits.items():
        texts = [pair.source for pair in pairs]
        sources, targets = [pair.source for pair in train], [pair.target for pair in train]
        outputs = {
            "source_copy": texts,
            "translation_memory": translation_memory(sources, targets, texts),
        }
        if data.kind != "translation":
            splitter = SentenceSplitter(sentence_rules(data.language_of_sources))
            sentences = [splitter.split(text) for text in texts]
            if data.kind == "summary":
                outputs["first_sentence"] = [one[0] if one else "" for one in sentences]
            else:
                outputs["question_sentence"] = list(map(question_sentence, sentences))
        references, language = [pair.target for pair in pairs], data.language_of_targets
        found[split] = {
            name: {
                "bleu": bleu(written, references, language).value,
                "chrf": chrf(written, references).value,
                **scores_of_kind(data.kind, written, references),
            }
            for name, written in outputs.items()
        }
    return found
