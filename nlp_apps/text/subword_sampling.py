"""Subword regularisation: texts in pieces that are drawn at random (Kudo 2018, section 3)."""

import math
import re
from array import array
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from nlp_apps.text.normalize import SPACE_MARK

MOST_CUTS = 64
"""Segmentations of a word that are drawn from, the most probable ones: Kudo's l."""

_WORD = re.compile("[^ ]+")
_WORD_AFTER_BLANKS = re.compile(" *[^ ]+| +")  # or the blanks at the end

Cut = Callable[[str, int], Sequence[Sequence[int]]]
"""The most probable segmentations of a text, at most so many, as token ids."""


class Cuts(NamedTuple):
    """The segmentations of a word.

    Attributes:
        token_ids: of all of them, one after the other.
        ends: where each ends.
        chances: probability of each and all before it.
    """

    token_ids: "array[int]"
    ends: "array[int]"
    chances: "array[float]"

    def at(self, chance: float) -> "array[int]":
        """The segmentation at a chance from 0 to 1."""
        place = min(bisect(self.chances, chance), len(self.ends) - 1)
        return self.token_ids[self.ends[place - 1] if place else 0 : self.ends[place]]


class Sampler:
    """Draws segmentations of texts, the same ones on every machine and in every process.

    A text's segmentations are those of its words, of which each has P(cut) ** alpha for its weight:
    no piece reaches over a blank. SentencePiece's own sampling depends on the process in some of
    its versions, whatever its seed.

    Args:
        cut: gives a word's segmentations.
        scores: log probability of every token id.
        keep_spaces: whether every blank counts, and a text's first word has none before it.
        alpha: smoothing; small values stray further from the most probable pieces.
    """

    def __init__(
        self, cut: Cut, scores: Sequence[float], *, keep_spaces: bool, alpha: float
    ) -> None:
        self._cut, self._scores = cut, scores
        self._keep_blanks, self._alpha = keep_spaces, alpha
        self._known: dict[str, Cuts] = {}

    def draw(self, texts: Sequence[str], *, seed: int) -> Iterator[list[int]]:
        """Token ids of each text; the same texts and seed give the same ones."""
        random = np.random.default_rng(seed)
        for text in texts:
            words = [text] if SPACE_MARK in text else self._words(text)
            found: list[int] = []
            for word, chance in zip(words, random.random(len(words)).tolist(), strict=True):
                found.extend(self._cuts(word).at(chance))
            yield found

    def _words(self, text: str) -> list[str]:
        return (_WORD_AFTER_BLANKS if self._keep_blanks else _WORD).findall(text)

    def _cuts(self, word: str) -> Cuts:
        if word not in self._known:
            cuts = self._cut(word, MOST_CUTS) or [[]]
            sums = [self._alpha * sum(self._scores[index] for index in ids) for ids in cuts]
            weights = [math.exp(one - max(sums)) for one in sums]
            total = math.fsum(weights)
            self._known[word] = Cuts(
                array("i", [index for ids in cuts for index in ids]),
                array("i", accumulate(len(ids) for ids in cuts)),
                array("d", (weight / total for weight in accumulate(weights))),
            )
        return self._known[word]
