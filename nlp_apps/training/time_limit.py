"""A limit on the duration of a training: the number of steps that fits."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from nlp_apps.training.time_left import TimeLeft

MARGIN = 0.95
"""Share of the time that is planned, because no measurement is exact."""

SCORING_COST = 3.0
"""Duration of the final scoring, relative to a validation of as much text: beam search is slower
than the greedy search of evaluations. It compiles too."""

SAVING_SECONDS = 0.3
"""Duration of the checkpoint and the curves of an evaluation."""


@dataclass(frozen=True)
class TimeLimit:
    """A limit on the duration of a training.

    Attributes:
        deadline: the end, in seconds of `time.monotonic`.
        scoring_share: amount of text that is scored at the end, relative to the validation text.
        reserved: seconds of other work after the last step.
        save: receives the number of steps that fits, before the first step.
    """

    deadline: float
    scoring_share: float
    reserved: float
    save: Callable[[int], None]

    def steps(
        self, time_left: TimeLeft, *, now: float, first_validation: float, total: int, between: int
    ) -> int:
        """Returns the number of steps that fits, at least 1.

        Args:
            time_left: the durations that were measured.
            now: the time, in seconds of `time.monotonic`.
            first_validation: duration of the first validation, compilation included, in seconds.
            total: planned steps.
            between: steps between evaluations.
        """
        fixed = self._fixed_seconds(time_left, first_validation)
        seconds = MARGIN * (self.deadline - now) - fixed
        evaluation = time_left.validation_seconds() + SAVING_SECONDS
        step = (time_left.step_seconds() or 0.0) + evaluation / between
        return max(1, min(total, int(seconds / max(step, 1e-9))))

    def missing_seconds(
        self, time_left: TimeLeft, *, now: float, first_validation: float, total: int, between: int
    ) -> float:
        """Returns the seconds by which the planned steps exceed the limit; see `steps`."""
        evaluations = math.ceil(total / between)
        needed = time_left.estimate(total, evaluations) or 0.0
        needed += evaluations * SAVING_SECONDS + self._fixed_seconds(time_left, first_validation)
        return max(0.0, needed / MARGIN - (self.deadline - now))

    def _fixed_seconds(self, time_left: TimeLeft, first_validation: float) -> float:
        """Returns the duration of the work that does not depend on the number of steps."""
        validation = time_left.validation_seconds()
        compilation = first_validation - validation
        scoring = SCORING_COST * (self.scoring_share * validation + compilation)
        return self.reserved + scoring + validation + SAVING_SECONDS
