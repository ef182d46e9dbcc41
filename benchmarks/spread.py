"""Medians with their spread, and their text."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

__all__ = ["Spread", "median", "rounded", "spread_of"]


class Spread(NamedTuple):
    """A median with the lowest and the highest repetition."""

    median: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        """Returns `MEDIAN (LOWEST-HIGHEST)` with an en dash."""
        low, high = rounded(self.lowest), rounded(self.highest)
        return f"{rounded(self.median)} ({low}\N{EN DASH}{high})"

    def scaled(self, factor: float) -> "Spread":
        """Multiplies by a positive factor, for example milliseconds to microseconds per token."""
        return Spread(self.median * factor, self.lowest * factor, self.highest * factor)

    def rate(self, amount: float) -> "Spread":
        """Divides an amount by these times, for example tokens to tokens per millisecond."""
        return Spread(amount / self.median, amount / self.highest, amount / self.lowest)


def spread_of(values: Sequence[float]) -> Spread:
    """Returns median and spread of at least one value."""
    return Spread(median(values), min(values), max(values))


def rounded(value: float) -> str:
    """Returns a number with three significant digits, or all digits before the decimal point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"
