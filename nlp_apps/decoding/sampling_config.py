"""Sampling settings and their ranges; imports neither TensorFlow nor NumPy."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from nlp_apps.errors import UsageError


class Range(NamedTuple):
    """Values from `low` to `high`.

    Attributes:
        low, high: the bounds.
        excludes_low: the lower bound itself is out of range.
    """

    low: float
    high: float
    excludes_low: bool = False

    def contains(self, value: Any) -> Any:
        """Returns whether a number, or each number of a tensor, is in range."""
        is_above = value > self.low if self.excludes_low else value >= self.low
        return is_above & (value <= self.high)

    def __str__(self) -> str:
        return (
            f"{'above' if self.excludes_low else 'at least'} {self.low:,} and at most {self.high:,}"
        )


RANGES = {
    "temperature": Range(0, 100, excludes_low=True),
    "top_k": Range(0, 1_000_000_000),  # more than any vocabulary has, and an int32
    "top_p": Range(0, 1, excludes_low=True),
    "repetition_penalty": Range(1, 100),
    "no_repeat_ngram_size": Range(0, 20),
}
"""Setting -> its range."""

COUNT_RANGE = Range(1, 1_000_000)
"""Range of `max_tokens` and of `num_samples`."""


@dataclass(frozen=True)
class SamplingConfig:
    """Settings of sampling; `RANGES` has their ranges.

    Attributes:
        temperature: divides the logits.
        top_k: sample from this many most probable tokens; 0: from all.
        top_p: sample from the most probable tokens whose probabilities add up to this much.
        repetition_penalty: makes tokens that the text already contains less probable; 1: off.
        no_repeat_ngram_size: no n-gram of this many tokens occurs twice; 0: off.

    Raises:
        UsageError: a value is out of range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0

    def __post_init__(self) -> None:
        for name, allowed in RANGES.items():
            value = getattr(self, name)
            if not allowed.contains(value):
                hint = " For greedy decoding set top_k = 1." if name == "temperature" else ""
                raise UsageError(f"{name} must be {allowed}, received {value}.{hint}")

    @classmethod
    def from_decoding(
        cls, decoding: Mapping[str, Any], **overrides: float | None
    ) -> "SamplingConfig":
        """Returns the settings of a model, with some replaced.

        Args:
            decoding: the [decoding] section of its recipe.
            overrides: setting -> value; None keeps the model's own.
        """
        settings = {field.name: decoding[field.name] for field in fields(cls)}
        settings |= {name: value for name, value in overrides.items() if value is not None}
        return cls(**settings)

    def require_penalties(self, fixed: Mapping[str, Any], artefact: str) -> None:
        """Checks that the penalties are those that an artefact has built in.

        Args:
            fixed: the [decoding] section of its recipe.
            artefact: its kind, for the message.

        Raises:
            UsageError: a penalty differs.
        """
        for name in ("repetition_penalty", "no_repeat_ngram_size"):
            if getattr(self, name) != fixed[name]:
                raise UsageError(
                    f"{name} is fixed at {fixed[name]} in this {artefact}, received "
                    f"{getattr(self, name)}. Use the run folder, or export a run whose recipe sets "
                    f"decoding.{name}."
                )
