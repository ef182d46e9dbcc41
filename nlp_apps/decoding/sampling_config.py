"""How tokens are drawn, as a user says it; `sampling` does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nlp_apps.errors import UsageError

MOST = 1_000_000
"""The most tokens of a text, and the most samples."""

MOST_TOP_K = 1_000_000_000
"""The highest top_k: more than any vocabulary has, and an int32."""


@dataclass(frozen=True)
class SamplingConfig:
    """How tokens are drawn.

    Attributes:
        temperature: divides the logits; above 0.
        top_k: draw among this many likeliest tokens; 0 for all, at most `MOST_TOP_K`.
        top_p: draw among the likeliest tokens that make up this much probability; above 0, at
            most 1.
        repetition_penalty: at least 1; 1 turns it off.
        no_repeat_ngram_size: no n-gram of this many tokens occurs twice; 0 to allow it.

    Raises:
        UsageError: a value is out of range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0

    def __post_init__(self) -> None:
        rules: dict[str, tuple[bool, str]] = {
            "temperature": (
                0.0 < self.temperature <= 100.0,
                "above 0 and at most 100 (for the likeliest token every time: top_k = 1)",
            ),
            "top_k": (
                0 <= self.top_k <= MOST_TOP_K,
                f"at least 0 and at most {MOST_TOP_K:,}",
            ),
            "top_p": (0.0 < self.top_p <= 1.0, "above 0 and at most 1"),
            "repetition_penalty": (
                1.0 <= self.repetition_penalty <= 100.0,
                "at least 1 and at most 100",
            ),
            "no_repeat_ngram_size": (
                0 <= self.no_repeat_ngram_size <= 20,
                "at least 0 and at most 20",
            ),
        }
        for name, (holds, rule) in rules.items():
            if not holds:
                raise UsageError(f"{name} must be {rule}, received {getattr(self, name)}.")

    def require_penalties(self, fixed: Mapping[str, Any], what: str) -> None:
        """Checks that the penalties are those that an artefact has built in.

        Args:
            fixed: the [decoding] of its recipe.
            what: kind of artefact, for the message.

        Raises:
            UsageError: they are others.
        """
        for name in ("repetition_penalty", "no_repeat_ngram_size"):
            if getattr(self, name) != fixed[name]:
                raise UsageError(
                    f"{name} is fixed in a {what}: this one has {fixed[name]}. "
                    "Ask the run folder, or export a run whose recipe has it."
                )
