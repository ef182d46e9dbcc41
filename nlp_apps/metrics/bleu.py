"""Scores of answers against references, by the field's own programs; know no model."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # sacrebleu's dependencies, not ours
    from sacrebleu.metrics import BLEU, CHRF


class Score(NamedTuple):
    """A score and how it was computed, so that others can compare.

    Attributes:
        value: from 0 to 100.
        signature: sacrebleu's, for instance
            `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.5.1`.
    """

    value: float
    signature: str


def bleu(answers: Sequence[str], references: Sequence[str]) -> Score:
    """Corpus BLEU (Papineni et al. 2002; Post 2018), cased, tokenised by 13a.

    Raises:
        ValueError: the two differ in number, or there are none.
    """
    return _score(BLEU(), answers, references)


def chrf(answers: Sequence[str], references: Sequence[str]) -> Score:
    """Corpus chrF2 (Popović 2015).

    Raises:
        ValueError: the two differ in number, or there are none.
    """
    return _score(CHRF(), answers, references)


def _score(metric: BLEU | CHRF, answers: Sequence[str], references: Sequence[str]) -> Score:
    if len(answers) != len(references) or not answers:
        raise ValueError(
            "answers and references must be as many, and at least one; "
            f"got {len(answers)} and {len(references)}"
        )
    value = metric.corpus_score(list(answers), [list(references)]).score
    return Score(round(float(value), 4), str(metric.get_signature()))
