"""Translations of sentences, joined to the translation of their line."""

from collections.abc import Sequence
from typing import NamedTuple

from nlp_apps.results import Translation
from nlp_apps.text.sentences import join_sentences


class Hypothesis(NamedTuple):
    """A translation of one sentence.

    Attributes:
        text: the translation.
        score: log probability per token, in nats.
        length: number of tokens, EOS included, at least 1.
    """

    text: str
    score: float
    length: int


class SentenceTranslation(NamedTuple):
    """The translation of one sentence.

    Attributes:
        hypotheses: best first, at least one.
        too_long: see `Translation`.
    """

    hypotheses: Sequence[Hypothesis]
    too_long: bool = False


def join_translations(sentences: Sequence[SentenceTranslation]) -> Translation:
    """Joins the hypotheses of the sentences of a line, rank by rank.

    The second best translation of the line is that of the second best hypotheses, and so on: there
    are as many as the sentence with the fewest has. A score is the mean over the tokens of all
    sentences.

    Args:
        sentences: at least one.
    """
    if len(sentences) == 1:
        alternatives = [(one.text, one.score) for one in sentences[0].hypotheses]
    else:
        alternatives = [
            (join_sentences([one.text for one in row]), _mean_score(row))
            for row in zip(*(one.hypotheses for one in sentences), strict=False)
        ]
    too_long = any(one.too_long for one in sentences)
    return Translation(*alternatives[0], alternatives, too_long)


def _mean_score(row: Sequence[Hypothesis]) -> float:
    return sum(one.score * one.length for one in row) / sum(one.length for one in row)
