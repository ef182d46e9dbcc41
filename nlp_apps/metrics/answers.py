"""Scores of answers: exact match and F1 of words, as SQuAD has them (Rajpurkar et al. 2016).

Before the comparison, an answer is in lower case and without punctuation and the English articles
a, an and the. One reference an answer.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def normalized_words(answer: str) -> list[str]:
    """Returns the words that are compared: `The 3 red boats.` has `3`, `red`, `boats`."""
    return _ARTICLES.sub(" ", _PUNCTUATION.sub("", answer.lower())).split()


def exact_match(answers: Sequence[str], references: Sequence[str]) -> list[float]:
    """Returns 100 for each answer that has the words of its reference, otherwise 0.

    Raises:
        ValueError: their numbers differ, or there are none.
    """
    pairs = paired(answers, references)
    return [100.0 * (normalized_words(one) == normalized_words(other)) for one, other in pairs]


def answer_f1(answers: Sequence[str], references: Sequence[str]) -> list[float]:
    """Computes the F1 of the words that each answer shares with its reference, from 0 to 100.

    Raises:
        ValueError: their numbers differ, or there are none.
    """
    return [_f1(*map(normalized_words, pair)) for pair in paired(answers, references)]


def _f1(answer: Sequence[str], reference: Sequence[str]) -> float:
    if not answer or not reference:
        return 100.0 * (answer == reference)
    shared = sum((Counter(answer) & Counter(reference)).values())
    return 200.0 * shared / (len(answer) + len(reference))


def paired(outputs: Sequence[str], references: Sequence[str]) -> list[tuple[str, str]]:
    """Returns the pairs of output and reference.

    Raises:
        ValueError: their numbers differ, or there are none.
    """
    if len(outputs) != len(references) or not outputs:
        raise ValueError(
            "outputs and references must be equally many, and at least one; "
            f"received {len(outputs)} and {len(references)}"
        )
    return list(zip(outputs, references, strict=True))
