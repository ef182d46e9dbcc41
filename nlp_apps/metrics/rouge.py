"""ROUGE of summaries (Lin 2004): F1 of n-grams, and of the longest common subsequence.

Words are runs of letters and digits in lower case, without stemming, as in Google's `rouge_score`
with its default tokenizer; letters of every script count here.
"""

import re
from collections import Counter
from collections.abc import Sequence

from nlp_apps.metrics.answers import paired

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Returns the words of a text: `Two-day fair!` has `two`, `day`, `fair`."""
    return _WORD.findall(text.lower())


def rouge_n(summaries: Sequence[str], references: Sequence[str], size: int) -> list[float]:
    """Computes ROUGE-N of each summary: the F1 of shared n-grams, from 0 to 100.

    Args:
        summaries: the summaries.
        references: one for each summary.
        size: words of an n-gram, N.

    Raises:
        ValueError: their numbers differ, or there are none.
    """
    found = []
    for summary, reference in paired(summaries, references):
        one, other = _ngrams(words(summary), size), _ngrams(words(reference), size)
        found.append(_f1((one & other).total(), one.total(), other.total()))
    return found


def rouge_l(summaries: Sequence[str], references: Sequence[str]) -> list[float]:
    """Computes ROUGE-L of each summary: the F1 of the longest common subsequence, 0 to 100.

    Raises:
        ValueError: their numbers differ, or there are none.
    """
    found = []
    for summary, reference in paired(summaries, references):
        one, other = words(summary), words(reference)
        found.append(_f1(_common(one, other), len(one), len(other)))
    return found


def _ngrams(tokens: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[at : at + size]) for at in range(len(tokens) - size + 1))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Returns the length of the longest common subsequence of two lists of words."""
    row = [0] * (len(other) + 1)
    for word in one:
        diagonal = 0
        for index, compared in enumerate(other):
            above = row[index + 1]
            row[index + 1] = diagonal + 1 if word == compared else max(above, row[index])
            diagonal = above
    return row[-1]


def _f1(shared: int, found: int, wanted: int) -> float:
    return 200.0 * shared / (found + wanted) if shared else 0.0
