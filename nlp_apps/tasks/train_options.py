"""Options of a training that are no part of its recipe."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from nlp_apps.errors import UsageError
from nlp_apps.recipe.auto import BUDGETS, Budget
from nlp_apps.tasks.trackers import require_tracker
from nlp_apps.training.time_left import to_seconds


@dataclass(frozen=True)
class TrainOptions:
    """Options of a training that are no part of its recipe.

    Attributes:
        data_dir: the folder in which the recipe's files are looked up first.
        resume: continue from the run folder's last checkpoint.
        overwrite: replace the run in the run folder.
        budget: a key of `BUDGETS`.
        callbacks: Keras callbacks; see `training.loop.fit`.
        time_limit: wall time of the training, in seconds or as in "90s", "30m", "2h", "1h30m"; the
            number of steps is lowered to those that fit.
        tracker: a key of `trackers.TRACKERS`, which logs recipe, evaluations and scores.
        started: start of the training, in seconds of `time.monotonic`.

    Raises:
        UsageError: options contradict each other, the budget or tracker is unknown, or the time
            limit is no duration.
    """

    data_dir: str | None = None
    resume: bool = False
    overwrite: bool = False
    budget: Budget = "normal"
    callbacks: Sequence[keras.callbacks.Callback] = ()
    time_limit: str | float | None = None
    tracker: str | None = None
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if self.resume and self.overwrite:
            raise UsageError(
                "--resume continues a run and --overwrite replaces it. Choose one of them."
            )
        if self.budget not in BUDGETS:
            raise UsageError(
                f"budget must be one of {', '.join(BUDGETS)}, received {self.budget!r}."
            )
        if self.time_limit is not None:
            to_seconds(self.time_limit)
        if self.tracker is not None:
            require_tracker(self.tracker)

    def for_pretraining(self) -> "TrainOptions":
        """Returns the options of a language model that is trained first."""
        return replace(self, overwrite=False, callbacks=(), time_limit=None, tracker=None)

    def shared(self) -> dict[str, Any]:
        """Returns the options that must be the same in all workers, as JSON has them."""
        return {
            "--resume": self.resume,
            "--overwrite": self.overwrite,
            "budget": self.budget,
            "--time": self.time_limit,
        }

    @property
    def deadline(self) -> float | None:
        """The end of the time limit, in seconds of `time.monotonic`."""
        return None if self.time_limit is None else self.started + to_seconds(self.time_limit)
