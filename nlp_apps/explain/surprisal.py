"""Surprisal of each word of a text under a language model.

Letters in shapes: W words.
"""

from dataclasses import dataclass

import numpy as np

from nlp_apps.explain import gate_activity
from nlp_apps.explain.explanation import Explanation
from nlp_apps.explain.words import Word, join, sum_columns
from nlp_apps.inference.text_generator import TextGenerator
from nlp_apps.plots.report import HighlightedText, HighlightedWord, Report, Table

MAX_ROWS = 10


@dataclass(frozen=True)
class WordSurprisals:
    """Surprisal of the words of a text.

    Attributes:
        words: W words; a newline is a word.
        nats: <float64>[W], -log p of each word after the words before it: the sum over its tokens.
        num_tokens: Number of tokens of the text.
        perplexity: Perplexity per token.
    """

    words: tuple[Word, ...]
    nats: np.ndarray
    num_tokens: int
    perplexity: float


def word_surprisals(generator: TextGenerator, text: str) -> WordSurprisals:
    """Reads a text from its start and returns the surprisal of each word."""
    (found,) = generator.surprisals([text])
    words = join(found.tokens)
    nats = sum_columns(words, found.nats)
    return WordSurprisals(tuple(words), nats, len(found.tokens), found.perplexity)


def explain(generator: TextGenerator, text: str, *, gates: bool = False) -> Explanation:
    """Returns the surprisal of each word as a highlighted text, and the most surprising words.

    Args:
        generator: Generator with the language model.
        text: A text that is not empty.
        gates: Whether to add a heatmap of the gates.

    Raises:
        UsageError: `gates` is true, and the cell of the model has no gates.
    """
    heatmaps = []
    if gates:
        heatmaps = [gate_activity.heatmap(gate_activity.gate_activity(generator, text))]
    found = word_surprisals(generator, text)
    largest = max(float(found.nats.max(initial=0.0)), 1e-9)
    words = [
        HighlightedWord(
            word.text,
            bool(word.space_before),
            highlight=float(nats) / largest,
            bar=float(nats) / largest,
            tooltip=f"{nats:.2f} nats in {word.end - word.start} tokens",
        )
        for word, nats in zip(found.words, found.nats, strict=True)
    ]
    header = ["word", "nats", "tokens"]
    rows = [
        [word.text, f"{nats:.2f}", str(word.end - word.start)]
        for word, nats in zip(found.words, found.nats, strict=True)
    ]
    total = float(found.nats.sum())
    label = f"surprisal: full colour and full bar = {largest:.1f} nats"
    report = Report(
        f"Perplexity {found.perplexity:.1f}",
        (f"{total:.1f} nats in {found.num_tokens:,} tokens, {len(found.words):,} words.",),
        (
            HighlightedText("Words", words, label),
            *heatmaps,
            Table("Numbers of every word", [header, *rows]),
        ),
        (
            "Surprisal is -log p of a word after the words before it: the sum over its tokens. "
            "Perplexity is exp of the mean over tokens. A probability of 1 in 2.7 is 1 nat, of 1 "
            "in 1,000 is 6.9 nats.",
        ),
    )
    order = np.argsort(-found.nats, kind="stable")[:MAX_ROWS]
    prediction = f"perplexity {found.perplexity:.2f}\t{total:.2f} nats"
    return Explanation(report, prediction, [header, *(rows[index] for index in order)])
