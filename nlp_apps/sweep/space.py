"""The space of a sweep: lists and ranges of values of recipe keys, as in `--set`."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nlp_apps.errors import UsageError

LOG_FACTOR = 10
"""Highest over lowest value from which a range is searched on a logarithmic scale."""

MAX_COMBINATIONS = 64
"""Combinations with other keys in which a value is checked before the first trial."""

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})")


@dataclass(frozen=True)
class Values:
    """A list of values, written as in `--set`.

    Attributes:
        key: the recipe key.
        values: at least two.
    """

    key: str
    values: tuple[str, ...]

    def suggest(self, trial: Any) -> str:
        """Returns the value of a trial of Optuna."""
        return str(trial.suggest_categorical(self.key, self.values))

    def examples(self) -> tuple[str, ...]:
        """Returns the values to check."""
        return self.values

    def size(self) -> int:
        """Returns the number of values."""
        return len(self.values)

    def __str__(self) -> str:
        return ", ".join(self.values)


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; integers if both are.

    Attributes:
        key: the recipe key.
        low: the lowest number.
        high: the highest number.
    """

    key: str
    low: float
    high: float

    @property
    def is_integer(self) -> bool:
        """True if the numbers are integers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def is_log(self) -> bool:
        """True if the logarithm of a number is uniform: the ends differ by a factor of 10."""
        return self.low > 0 and self.high * 1.000001 >= LOG_FACTOR * self.low

    def suggest(self, trial: Any) -> str:
        """Returns the value of a trial of Optuna; a float has four digits."""
        if self.is_integer:
            return str(trial.suggest_int(self.key, self.low, self.high, log=self.is_log))
        value = trial.suggest_float(self.key, self.low, self.high, log=self.is_log)
        return repr(min(max(float(f"{value:.4g}"), self.low), self.high))

    def examples(self) -> tuple[str, ...]:
        """Returns the values to check: both ends."""
        return (repr(self.low), repr(self.high))

    def size(self) -> int | None:
        """Returns the number of integers; None of floats."""
        return int(self.high - self.low) + 1 if self.is_integer else None

    def __str__(self) -> str:
        return f"{self.low} to {self.high}{', logarithmic' if self.is_log else ''}"


@dataclass(frozen=True)
class Space:
    """Keys to search, and keys with one value.

    Attributes:
        dimensions: the keys to search; at least one.
        fixed: texts `key=value` of the other keys.
    """

    dimensions: tuple[Values | Range, ...]
    fixed: tuple[str, ...]

    def combinations(self) -> Iterator[dict[str, Any]] | None:
        """Returns all combinations, as Optuna stores them; None with a range of floats.

        All values of a key are in memory: check `size` before.
        """
        if self.size() is None:
            return None
        keys = [each.key for each in self.dimensions]
        choices = itertools.product(
            *(
                each.values
                if isinstance(each, Values)
                else range(int(each.low), int(each.high) + 1)
                for each in self.dimensions
            )
        )
        return (dict(zip(keys, values, strict=True)) for values in choices)

    def size(self) -> int | None:
        """Returns the number of combinations; None with a range of floats."""
        total = 1
        for each in self.dimensions:
            size = each.size()
            if size is None:
                return None
            total *= size
        return total

    def suggest(self, trial: Any) -> dict[str, str]:
        """Returns the values of a trial of Optuna, by key."""
        return {each.key: each.suggest(trial) for each in self.dimensions}

    def overrides(self, values: Mapping[str, str]) -> list[str]:
        """Returns the texts for `--set` of one trial."""
        return [*self.fixed, *(f"{key}={value}" for key, value in values.items())]

    def examples(self) -> Iterator[tuple[str, list[list[str]]]]:
        """Yields each value to check as `key=value`, with the overrides of some trials with it.

        The first overrides have no other key of the space.
        """
        for one in self.dimensions:
            others = [each for each in self.dimensions if each is not one]
            rows = itertools.islice(
                itertools.product(*(each.examples() for each in others)), MAX_COMBINATIONS
            )
            trials = [dict(zip((each.key for each in others), row, strict=True)) for row in rows]
            for value in one.examples():
                mine = {one.key: value}
                yield (
                    f"{one.key}={value}",
                    [self.overrides(each | mine) for each in ({}, *trials)],
                )


def parse(words: Sequence[str]) -> Space:
    """Parses the words of `--set`.

    Args:
        words: `key=value` for a fixed key, `key=a,b,c` for a list, `key=1..5` for a range. Commas
            in quotes or brackets separate no values.

    Raises:
        UsageError: a word has no `=`, a key is repeated, a range is empty, a list repeats a value,
            or no key has several values.
    """
    dimensions: list[Values | Range] = []
    fixed: list[str] = []
    keys: set[str] = set()
    for word in words:
        key, equals, text = (part.strip() for part in word.partition("="))
        if not equals or not key:
            raise UsageError(f"--set: write section.key=value, received {word!r}.")
        if key in keys:
            raise UsageError(f"--set {key}: is repeated. Write all of its values in one --set.")
        keys.add(key)
        values = split(text)
        if found := _RANGE.fullmatch(text):
            dimensions.append(_range(key, *found.groups()))
        elif len(values) == 1:
            fixed.append(word)
        elif len(set(values)) < len(values) or "" in values:
            raise UsageError(f"--set {word}: a value is empty or repeated.")
        else:
            dimensions.append(Values(key, tuple(values)))
    if not dimensions:
        raise UsageError(
            "no key to search. Write --set model.units=128,256 for values, or "
            "--set training.learning_rate=0.001..0.01 for a range; may be repeated."
        )
    return Space(tuple(dimensions), tuple(fixed))


def split(text: str) -> list[str]:
    """Splits at commas that are outside of quotes and brackets."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append("")
            continue
        parts[-1] += character
    return [part.strip() for part in parts]


def _range(key: str, low: str, high: str) -> Range:
    ends = [float(end) if re.search(r"[.eE]", end) else int(end) for end in (low, high)]
    if not ends[0] < ends[1]:
        raise UsageError(f"--set {key}={low}..{high}: the first number must be the lower one.")
    return Range(key, *ends)
