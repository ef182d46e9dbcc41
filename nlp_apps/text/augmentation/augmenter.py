"""Training text of an epoch: a random part of the examples is changed, set by (seed, epoch)."""

from collections.abc import Callable, Sequence
from random import Random

import numpy as np

from nlp_apps.text.augmentation.name_swap import shared_names, swap_names
from nlp_apps.text.augmentation.number_swap import shared_numbers, swap_numbers
from nlp_apps.text.augmentation.number_words import words_to_digits
from nlp_apps.text.augmentation.sentence_joining import can_be_joined, join
from nlp_apps.text.augmentation.surface_changes import (
    drop_accents,
    drop_apostrophes,
    drop_final_mark,
    drop_final_marks,
    lower_case,
    lower_initial,
    typographic_quotes,
    upper_case,
)
from nlp_apps.text.corpus import Pair
from nlp_apps.text.normalize import sentence_case

Change = Callable[[str, str, Random], tuple[str, str]]
"""Changes source and target; target is empty for a text without translation."""


def change_case(source: str, target: str, random: Random) -> tuple[str, str]:
    """Writes a source in capitals, in lower case or with a lower-case first letter.

    Each has the same probability. With a source in capitals the target is in capitals too;
    otherwise the target does not change.
    """
    kind = random.randrange(3)
    if kind == 0:
        capitals = upper_case(source)
        return (source, target) if capitals == source else (capitals, upper_case(target))
    return (lower_case(source) if kind == 1 else lower_initial(source)), target


def change_case_of_sentences(source: str, target: str, random: Random) -> tuple[str, str]:
    """Changes the case, but writes no capitals that the model reads as a sentence."""
    changed = change_case(source, target, random)
    return (source, target) if sentence_case(changed[0]) != changed[0] else changed


def change_punctuation(source: str, target: str, random: Random) -> tuple[str, str]:
    """Drops the final mark; see `drop_final_marks`."""
    del random
    return drop_final_marks(source, target) if target else (drop_final_mark(source), target)


def change_quotes(source: str, target: str, random: Random) -> tuple[str, str]:
    """Writes a source with typographic quotes, or in one of three cases without apostrophes."""
    change = drop_apostrophes if random.randrange(3) == 0 else typographic_quotes
    return change(source), target


def change_accents(source: str, target: str, random: Random) -> tuple[str, str]:
    """Drops the accents of a source."""
    del random
    return drop_accents(source), target


def change_numbers(source: str, target: str, random: Random) -> tuple[str, str]:
    """Replaces numbers, in digits or words, by other numbers in digits; see `swap_numbers`."""
    return swap_numbers(*words_to_digits(source, target), random)


def have_numbers(source: str, target: str) -> bool:
    """Checks whether both sides have a number in common, in digits or in words."""
    return bool(shared_numbers(*words_to_digits(source, target)))


class Augmenter:
    """Changes a random part of the training examples in each epoch.

    The order is: numbers, names, joined sentences, letter case, final punctuation, quotes,
    accents. So two joined sentences change their case together.

    Args:
        pairs: source and target of each example; the target is empty for a text with a label.
        seed: seed of all random numbers.
        case, punctuation, quotes, accents: probabilities that a source is changed so, 0 to 1.
        sentences: the model reads capitals as a sentence; see `text.normalize.sentence_case`.
        numbers, names: probabilities that those of a pair are replaced, if it has any.
        join: probability that another pair is appended, if both are single sentences.

    Attributes:
        changes: True if any probability is above 0.
    """

    def __init__(
        self,
        pairs: Sequence[tuple[str, str]],
        *,
        seed: int,
        case: float = 0.0,
        sentences: bool = False,
        punctuation: float = 0.0,
        quotes: float = 0.0,
        accents: float = 0.0,
        numbers: float = 0.0,
        names: float = 0.0,
        join: float = 0.0,
    ):
        self.pairs, self.seed, self.join = pairs, seed, join
        self.changes = any((case, punctuation, quotes, accents, numbers, names, join))
        everywhere = np.arange(len(pairs))
        self._swaps: list[tuple[float, np.ndarray, Change]] = [
            (numbers, self._where(numbers, have_numbers), change_numbers),
            (names, self._where(names, shared_names), swap_names),
        ]
        self._joinable = self._where(join, can_be_joined)
        self._changes: list[tuple[float, np.ndarray, Change]] = [
            (case, everywhere, change_case_of_sentences if sentences else change_case),
            (punctuation, everywhere, change_punctuation),
            (quotes, everywhere, change_quotes),
            (accents, everywhere, change_accents),
        ]

    def _where(self, rate: float, applies: Callable[[str, str], object]) -> np.ndarray:
        """Returns the positions of the examples that a change applies to, <int64>[...]."""
        if not rate:
            return np.zeros(0, np.int64)
        return np.flatnonzero([bool(applies(*pair)) for pair in self.pairs])

    def changed(self, epoch: int) -> dict[int, Pair]:
        """Returns the changed examples of an epoch, by position.

        Args:
            epoch: counted from 0. The same seed and epoch return the same examples.
        """
        generator = np.random.Generator(np.random.PCG64([self.seed, epoch]))
        random = Random(f"{self.seed} {epoch}")
        found: dict[int, tuple[str, str]] = {}
        for rate, positions, change in self._swaps:
            self._apply(found, change, _choose(positions, rate, generator), random)
        self._append(found, generator)
        for rate, positions, change in self._changes:
            self._apply(found, change, _choose(positions, rate, generator), random)
        return {
            position: Pair(*found[position])
            for position in sorted(found)
            if found[position] != tuple(self.pairs[position]) and found[position][0].strip()
        }

    def examples(self, epoch: int) -> list[Pair]:
        """Returns all examples of an epoch, changed or not, in their order."""
        changed = self.changed(epoch)
        return [changed.get(position, Pair(*pair)) for position, pair in enumerate(self.pairs)]

    def _apply(
        self,
        found: dict[int, tuple[str, str]],
        change: Change,
        positions: np.ndarray,
        random: Random,
    ) -> None:
        for position in positions.tolist():
            source, target = found.get(position, self.pairs[position])
            found[position] = change(source, target, random)

    def _append(self, found: dict[int, tuple[str, str]], generator: np.random.Generator) -> None:
        """Appends a random partner to some single sentences."""
        chosen = _choose(self._joinable, self.join, generator)
        if not len(chosen):
            return
        partners = generator.choice(self._joinable, len(chosen))
        pairs = [
            (found.get(first, self.pairs[first]), found.get(second, self.pairs[second]))
            for first, second in zip(chosen.tolist(), partners.tolist(), strict=True)
        ]
        for position, ((first, there), (second, after)) in zip(chosen.tolist(), pairs, strict=True):
            found[position] = join(first, second), join(there, after)


def _choose(positions: np.ndarray, rate: float, generator: np.random.Generator) -> np.ndarray:
    """Returns a random part of positions, <int64>[about rate * N]."""
    return positions[generator.random(len(positions)) < rate] if rate else positions[:0]
