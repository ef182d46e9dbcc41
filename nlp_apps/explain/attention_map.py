"""Where a translator looked: attention between the words of a text and of its translation.

Letters in shapes: S source words, T target words; the end of each is counted as a word.
"""

from dataclasses import dataclass

import numpy as np

from nlp_apps.errors import UsageError
from nlp_apps.explain.explanation import Explained
from nlp_apps.explain.words import Word, join, means, sums
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.plots.report import Heatmap, Sheet, Table

END = "(end)"
"""How the end of a sentence is shown."""


@dataclass(frozen=True)
class Attention:
    """Where each word of a translation looked.

    Attributes:
        text: what was translated.
        translation: the answer.
        score: log probability per token, in nats.
        source_words: S, `END` the last.
        target_words: T, `END` the last.
        weights: <float64>[T, S], whose rows sum to 1.
    """

    text: str
    translation: str
    score: float
    source_words: tuple[str, ...]
    target_words: tuple[str, ...]
    weights: np.ndarray


def attention(translator: TextTranslator, text: str) -> Attention:
    """Translates a text and says where the translator looked.

    A source word's weight is the sum over its pieces; a target word's row is the mean over its
    pieces.

    Raises:
        UsageError: the model has no attention.
    """
    if translator.model.decoder.attention is None:
        raise UsageError(
            'this model has no attention to show (model.attention = "none"). Train one with '
            'model.attention = "dot", "general", "additive" or "multi_head".'
        )
    found = translator.align(text)
    pieces = translator.source_tokenizer.vocabulary
    source = join([pieces[index] for index in found.source_ids[:-1]])
    source = [*source, Word(END, "", len(found.source_ids) - 1, len(found.source_ids))]
    pieces = translator.target_tokenizer.vocabulary
    target = join([pieces[index] for index in found.target_ids[:-1]])
    target = [*target, Word(END, "", len(found.target_ids) - 1, len(found.target_ids))]
    (translation,) = translator.target_tokenizer.decode([found.target_ids])
    return Attention(
        text,
        translation,
        found.score,
        tuple(word.text for word in source),
        tuple(word.text for word in target),
        means(target, sums(source, found.weights)),
    )


def explain(translator: TextTranslator, text: str) -> Explained:
    """The picture of `attention`, and for the terminal where each target word looked most."""
    found = attention(translator, text)
    rows = [["word", "looked at", "weight", "and at", "weight"]]
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
        row_name="translation \u2193",
        column_name="text \u2192",
    )
    sheet = Sheet(
        "Where the translator looked",
        (f"Text: {found.text}", f"Translation: {found.translation}"),
        (heatmap, Table("Numbers", rows)),
        (
            f"Log probability per token {found.score:.3f}. Each row sums to 1. Attention of a "
            "source word is the sum over its pieces, of a target word the mean over its pieces; "
            "of several heads the mean. Attention says where the model looked, not why.",
        ),
    )
    return Explained(sheet, found.translation, rows)
