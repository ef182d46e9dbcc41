"""Estimate of the time that is left, with compilation and evaluations apart."""

import math
import re
from collections import deque

from nlp_apps.errors import UsageError

WINDOW = 200
"""Steps whose mean duration counts: enough for every batch shape, and fresh."""

VALIDATION_COST = 0.5
"""Duration of a validation, relative to training on as much text; used until it is measured,
because the first validation also compiles."""


def duration(seconds: float) -> str:
    """Returns a duration in words: "40 s", "12 min", "2 h 5 min"."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def to_seconds(duration: str | float) -> float:
    """Returns a duration in seconds.

    Args:
        duration: a number of seconds, or a text such as "90s", "30m", "2h", "1h30m".

    Raises:
        UsageError: it is no duration above 0.
    """
    if isinstance(duration, str):
        found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", duration.strip().lower())
        hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0,) * 3
        total = 3600.0 * hours + 60.0 * minutes + seconds
    else:
        total = float(duration)
    if not 0.0 < total < math.inf:
        raise UsageError(
            f"--time must be a duration such as 90s, 30m or 2h, received {duration!r}."
        )
    return total


class TimeLeft:
    """Estimates the time that is left from the durations so far.

    Args:
        num_shapes: number of batch shapes; each compiles in its first step.
        validation_share: amount of validation text, relative to that of an epoch.
        epoch_steps: steps of an epoch.
    """

    def __init__(self, *, num_shapes: int, validation_share: float, epoch_steps: int):
        self.num_shapes = num_shapes
        self.validation_steps = VALIDATION_COST * validation_share * epoch_steps
        self._steps: deque[float] = deque(maxlen=WINDOW)
        self._compilations: list[float] = []
        self._validations: list[float] = []

    def add_step(self, seconds: float) -> None:
        """Adds the duration of a step of a known shape."""
        self._steps.append(seconds)

    def add_compilation(self, seconds: float) -> None:
        """Adds the duration of the first step of a shape."""
        self._compilations.append(seconds)

    def add_validation(self, seconds: float) -> None:
        """Adds the duration of an evaluation, with its checkpoint."""
        self._validations.append(seconds)

    @property
    def num_compiled(self) -> int:
        """Number of shapes seen."""
        return len(self._compilations)

    def step_seconds(self) -> float | None:
        """Returns the duration of a step; None while each one compiled."""
        return sum(self._steps) / len(self._steps) if self._steps else None

    def validation_seconds(self) -> float:
        """Returns the duration of a validation without its compilation."""
        estimate = self.validation_steps * (self.step_seconds() or 0.0)
        if len(self._validations) > 1:
            return self._validations[-1]
        return min([estimate, *self._validations])

    def estimate(self, steps: int, evaluations: int) -> float | None:
        """Returns the seconds left.

        Args:
            steps: steps that are left.
            evaluations: evaluations that are left.

        Returns:
            The estimate; None while there is no step to measure.
        """
        step = self.step_seconds()
        if step is None:
            return None
        shapes = max(0, min(self.num_shapes - self.num_compiled, steps))
        compilation = sum(self._compilations) / max(self.num_compiled, 1)
        return steps * step + shapes * compilation + evaluations * self.validation_seconds()
