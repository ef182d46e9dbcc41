"""How surprising each word of a text is to a language model.

Letters in shapes: W words.
"""

from dataclasses import dataclass

import numpy as np

from nlp_apps.explain.explanation import Explained
from nlp_apps.explain.gate_activity import heatmap, open_gates
from nlp_apps.explain.words import Word, join, sums
from nlp_apps.inference.text_generator import TextGenerator
from nlp_apps.plots.report import Mark, Sheet, Table, Tinted

MOST_ROWS = 10


@dataclass(frozen=True)
class Surprise:
    """How surprising the words of a text are.

    Attributes:
        words: of the text; a line end is a word.
        nats: <float64>[W], -log p of each after those before it: the sum over its tokens.
        num_tokens: of the text.
        perplexity: of a token.
    """

    words: tuple[Word, ...]
    nats: np.ndarray
    num_tokens: int
    perplexity: float


def surprise(writer: TextGenerator, text: str) -> Surprise:
    """Reads a text from its start and says how surprising each word is."""
    (found,) = writer.surprisals([text])
    words = join(found.tokens)
    nats = sums(words, found.nats)
    return Surprise(tuple(words), nats, len(found.tokens), found.perplexity)


def explain(writer: TextGenerator, text: str, *, gates: bool = False) -> Explained:
    """The picture of `surprise`, and for the terminal the most surprising words.

    Args:
        writer: with the language model.
        text: not blank.
        gates: show also how far the gates were open at each token.

    Raises:
        UsageError: gates are asked for and the model's cell has none.
    """
    shown = [heatmap(open_gates(writer, text))] if gates else []
    found = surprise(writer, text)
    most = max(float(found.nats.max(initial=0.0)), 1e-9)
    marks = [
        Mark(
            word.text,
            bool(word.before),
            tint=float(nats) / most,
            bar=float(nats) / most,
            tip=f"{nats:.2f} nats in {word.end - word.first} tokens",
        )
        for word, nats in zip(found.words, found.nats, strict=True)
    ]
    head = ["word", "nats", "tokens"]
    rows = [
        [word.text, f"{nats:.2f}", str(word.end - word.first)]
        for word, nats in zip(found.words, found.nats, strict=True)
    ]
    total = float(found.nats.sum())
    tinted = Tinted(
        "Words",
        marks,
        f"surprisal: full tint and full bar = {most:.1f} nats",
    )
    sheet = Sheet(
        f"Perplexity {found.perplexity:.1f}",
        (f"{total:.1f} nats in {found.num_tokens:,} tokens, {len(found.words):,} words.",),
        (tinted, *shown, Table("Numbers of every word", [head, *rows])),
        (
            "Surprisal is -log p of a word after all those before it, the sum over its tokens; "
            "perplexity is exp of the mean over tokens. A chance of 1 in 2.7 is 1 nat, of 1 in "
            "1,000 is 6.9 nats.",
        ),
    )
    order = np.argsort(-found.nats, kind="stable")[:MOST_ROWS]
    answer = f"perplexity {found.perplexity:.2f}\t{total:.2f} nats"
    return Explained(sheet, answer, [head, *(rows[index] for index in order)])
