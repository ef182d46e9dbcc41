"""BLEU and chrF of translations, computed by sacrebleu."""

import contextlib
import warnings
from collections.abc import Sequence
from typing import NamedTuple

from nlp_apps.metrics.bleu_tokenizer import bleu_tokenizer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # raised by sacrebleu's dependencies
    from sacrebleu.metrics import BLEU, CHRF


NUM_RESAMPLES = 200
"""Bootstrap samples of a standard error; its own error is then about 5%."""


class Score(NamedTuple):
    """A score and how it was computed, so that others can compare.

    Attributes:
        value: from 0 to 100.
        signature: sacrebleu's, for instance
            `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.5.1`.
        standard_error: standard deviation of the value over bootstrap samples of the sentences
            (Koehn 2004); 0 unless requested.
    """

    value: float
    signature: str
    standard_error: float = 0.0


def bleu(
    translations: Sequence[str],
    references: Sequence[str],
    language: str = "",
    *,
    with_error: bool = False,
) -> Score:
    """Corpus BLEU (Papineni et al. 2002; Post 2018), cased.

    Args:
        translations: the translations.
        references: one for each translation.
        language: code of their language; empty: the script of the references decides. It selects
            the tokenizer (`bleu_tokenizer`), which the signature names.
        with_error: whether to compute the standard error.

    Raises:
        ValueError: their numbers differ, or there are none.
    """
    metric = BLEU(tokenize=bleu_tokenizer(references, language))
    return _score(metric, translations, references, with_error)


def chrf(
    translations: Sequence[str], references: Sequence[str], *, with_error: bool = False
) -> Score:
    """Corpus chrF2 (Popović 2015).

    Raises:
        ValueError: their numbers differ, or there are none.
    """
    return _score(CHRF(), translations, references, with_error)


def tokenizer_of(signature: str) -> str:
    """Returns the tokenizer that a signature of BLEU names."""
    return signature.partition("|tok:")[2].partition("|")[0]


def _score(
    metric: BLEU | CHRF, translations: Sequence[str], references: Sequence[str], with_error: bool
) -> Score:
    if len(translations) != len(references) or not translations:
        raise ValueError(
            "translations and references must be equally many, and at least one; "
            f"received {len(translations)} and {len(references)}"
        )
    answers, streams = list(translations), [list(references)]
    value = metric.corpus_score(answers, streams).score
    signature = str(metric.get_signature())
    error = 0.0
    if with_error and len(answers) > 1:
        # sacrebleu keeps half of the 95% interval, which is 1.96 standard deviations.
        # It cannot average resamples of which some score 0, as those of an untrained model do.
        with contextlib.suppress(TypeError):
            error = metric.corpus_score(answers, streams, n_bootstrap=NUM_RESAMPLES)._ci / 1.96
    return Score(round(float(value), 4), signature, round(float(error), 4))
