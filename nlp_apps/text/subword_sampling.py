"""Subword regularization: random segmentations of texts (Kudo 2018, section 3)."""

import math
import re
from array import array
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from nlp_apps.text.normalize import SPACE_MARK

NUM_SEGMENTATIONS = 64
"""Number of segmentations of a word to sample from, the most probable ones: Kudo's l."""

_WORD = re.compile("[^ ]+")
_WORD_AFTER_SPACES = re.compile(" *[^ ]+| +")  # or the spaces at the end

Segment = Callable[[str, int], Sequence[Sequence[int]]]
"""Returns the most probable segmentations of a text, at most this number, as token ids."""


class Segmentations(NamedTuple):
    """The segmentations of a word.

    Attributes:
        token_ids: ids of all segmentations, one after the other.
        ends: end of each segmentation in `token_ids`.
        cumulative: cumulative probability of each segmentation.
    """

    token_ids: "array[int]"
    ends: "array[int]"
    cumulative: "array[float]"

    def at(self, uniform: float) -> "array[int]":
        """Returns the segmentation of a uniform random number from 0 to 1."""
        index = min(bisect(self.cumulative, uniform), len(self.ends) - 1)
        return self.token_ids[self.ends[index - 1] if index else 0 : self.ends[index]]


class SubwordSampler:
    """Samples segmentations of texts, the same on every machine and in every process.

    A text is segmented word by word: no subword contains a space after its start. A segmentation of
    a word has the weight P ** alpha. SentencePiece's own sampling depends on the process in some
    versions, even with a seed.

    Args:
        segment: returns the segmentations of a word.
        scores: log probability of each token id.
        keep_spaces: every space counts, and the first word of a text has no space before it.
        alpha: smoothing; with smaller values, less probable segmentations are more frequent.
    """

    def __init__(
        self, segment: Segment, scores: Sequence[float], *, keep_spaces: bool, alpha: float
    ) -> None:
        self._segment, self._scores = segment, scores
        self._keep_spaces, self._alpha = keep_spaces, alpha
        self._cache: dict[str, Segmentations] = {}

    def sample(self, texts: Sequence[str], *, seed: int) -> Iterator[list[int]]:
        """Yields token ids of each text; the same texts and seed yield the same ids."""
        random = np.random.default_rng(seed)
        for text in texts:
            words = [text] if SPACE_MARK in text else self._words(text)
            found: list[int] = []
            for word, uniform in zip(words, random.random(len(words)).tolist(), strict=True):
                found.extend(self._segmentations(word).at(uniform))
            yield found

    def _words(self, text: str) -> list[str]:
        return (_WORD_AFTER_SPACES if self._keep_spaces else _WORD).findall(text)

    def _segmentations(self, word: str) -> Segmentations:
        if word not in self._cache:
            found = self._segment(word, NUM_SEGMENTATIONS) or [[]]
            logits = [self._alpha * sum(self._scores[index] for index in ids) for ids in found]
            highest = max(logits)
            weights = [math.exp(logit - highest) for logit in logits]
            total = math.fsum(weights)
            self._cache[word] = Segmentations(
                array("i", [index for ids in found for index in ids]),
                array("i", accumulate(len(ids) for ids in found)),
                array("d", (weight / total for weight in accumulate(weights))),
            )
        return self._cache[word]
