"""BLEU and chrF of translations, computed by sacrebleu."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # raised by sacrebleu's dependencies
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


def bleu(translations: Sequence[str], references: Sequence[str]) -> Score:
    """Corpus BLEU (Papineni et al. 2002; Post 2018), cased, tokenised by 13a.

    Raises:
        ValueError: their numbers differ, or there are none.
    """
    return _score(BLEU(), translations, references)


def chrf(translations: Sequence[str], references: Sequence[str]) -> Score:
    """Corpus chrF2 (Popović 2015).

    Raises:
        ValueError: their numbers differ, or there are none.
    """
    return _score(CHRF(), translations, references)


def _score(metric: BLEU | CHRF, translations: Sequence[str], references: Sequence[str]) -> Score:
    if len(translations) != len(references) or not translations:
        raise ValueError(
            "translations and references must be equally many, and at least one; "
            f"received {len(translations)} and {len(references)}"
        )
    value = metric.corpus_score(list(translations), [list(references)]).score
    return Score(round(float(value), 4), str(metric.get_signature()))
