"""Text from patterns: the share of its word sequences that several texts have."""

from collections import Counter
from collections.abc import Iterable

from nlp_apps.text.hold_out import fold

LENGTH = 5
"""Words of a sequence. Of shorter ones, idioms are in many texts of one subject."""

MAX_TEXTS, MAX_WORDS = 1_000, 100
"""Texts and words of a text that are compared: a tenth of a second."""

PATTERNS = 0.2
"""Share from which on a text counts as written from patterns. Measured on 300 to 1,000 texts: IMDB,
product reviews, Tatoeba and Multi30k have at most 0.03, the included reviews 0.24 to 0.38, and
three patterns with a dozen words 0.83 to 0.99."""


def shared_sequences(texts: Iterable[str]) -> float:
    """Returns the share of the sequences of `LENGTH` words that more than one text has.

    Args:
        texts: at most `MAX_TEXTS` texts; repeated ones count once.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    for text in dict.fromkeys(map(fold, texts)):
        words = text.split()[:MAX_WORDS]
        counts.update({tuple(words[at : at + LENGTH]) for at in range(len(words) - LENGTH + 1)})
    shared = sum(count for count in counts.values() if count > 1)
    return shared / max(1, counts.total())
