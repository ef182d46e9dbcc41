"""Attention between the words of a text and the words of its translation.

Letters in shapes: S source words, T target words; each includes the end of the sentence.
"""

from dataclasses import dataclass, replace

import numpy as np

from nlp_apps.errors import UsageError
from nlp_apps.explain.explanation import Explanation
from nlp_apps.explain.words import Word, join, mean_rows, sum_columns
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.plots.report import Heatmap, Report, Table

END = "(end)"
"""Name of the end of a sentence."""


@dataclass(frozen=True)
class AttentionMap:
    """Attention of each word of a translation.

    Attributes:
        text: The source text.
        translation: The translation.
        score: Log probability per token, in nats.
        source_words: S words, the last one `END`.
        target_words: T words, the last one `END`.
        weights: <float64>[T, S]; each row sums to 1.
    """

    text: str
    translation: str
    score: float
    source_words: tuple[str, ...]
    target_words: tuple[str, ...]
    weights: np.ndarray


def attention_map(translator: TextTranslator, text: str, to: str | None = None) -> AttentionMap:
    """Translates a text and returns the attention of each target word.

    The weight of a source word is the sum over its subwords. The row of a target word is the mean
    over its subwords. The tag of a target language is a word of the source.

    Args:
        translator: the translator.
        text: the text.
        to: the target language; None for the only one.

    Raises:
        UsageError: The model has no attention.
    """
    if translator.model.decoder.attention is None:
        raise UsageError(
            'the model has no attention (model.attention = "none"). Train one with '
            'model.attention = "dot", "general", "additive" or "multi_head".'
        )
    alignment = translator.align(text, to)
    source = _words(
        translator.source_tokenizer.vocabulary,
        alignment.source_ids,
        has_tag=bool(translator.targets.tags),
    )
    target = _words(translator.target_tokenizer.vocabulary, alignment.target_ids)
    (translation,) = translator.target_tokenizer.decode([alignment.target_ids])
    return AttentionMap(
        text,
        translation,
        alignment.score,
        tuple(word.text for word in source),
        tuple(word.text for word in target),
        mean_rows(target, sum_columns(source, alignment.weights)),
    )


def _words(vocabulary: list[str], token_ids: np.ndarray, *, has_tag: bool = False) -> list[Word]:
    """Returns the words of token ids, with `END` for the last id, and the tag of a language."""
    last, first = len(token_ids) - 1, int(has_tag)
    words = [
        replace(word, start=word.start + first, end=word.end + first)
        for word in join([vocabulary[index] for index in token_ids[first:last]])
    ]
    tag = [Word(vocabulary[token_ids[0]], "", 0, 1)] if has_tag else []
    return [*tag, *words, Word(END, "", last, last + 1)]


def explain(translator: TextTranslator, text: str, to: str | None = None) -> Explanation:
    """Returns the attention as a heatmap, and the two largest weights of each target word."""
    found = attention_map(translator, text, to)
    rows = [["word", "attends to", "weight", "and to", "weight"]]
    for word, weights in zip(found.target_words, found.weights, strict=True):
        row = [word]
        for best in np.argsort(-weights, kind="stable")[:2]:
            row += [found.source_words[best], f"{weights[best]:.2f}"]
        rows.append(row + [""] * (len(rows[0]) - len(row)))
    heatmap = Heatmap(
        "Attention",
        found.target_words,
        found.source_words,
        found.weights.tolist(),
        row_title="translation \u2193",
        column_title="text \u2192",
    )
    report = Report(
        "Attention of the translation",
        (f"Text: {found.text}", f"Translation: {found.translation}"),
        (heatmap, Table("Numbers", rows)),
        (
            f"Log probability per token: {found.score:.3f}. Each row sums to 1. The attention of a "
            "source word is the sum over its subwords; of a target word, the mean over its "
            "subwords; of several heads, the mean. Attention shows the words that the model "
            "attended to, not the reason for its translation.",
        ),
    )
    return Explanation(report, found.translation, rows)
