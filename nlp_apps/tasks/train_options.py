"""Options of a training that are no part of its recipe."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import keras

from nlp_apps.errors import UsageError
from nlp_apps.recipe.auto import BUDGETS, Budget


@dataclass(frozen=True)
class TrainOptions:
    """Options of a training that are no part of its recipe.

    Attributes:
        data_dir: the folder in which the recipe's files are looked up first.
        resume: continue from the run folder's last checkpoint.
        overwrite: replace the run in the run folder.
        budget: a key of `BUDGETS`.
        callbacks: Keras callbacks; see `training.loop.fit`.

    Raises:
        UsageError: options contradict each other, or the budget is unknown.
    """

    data_dir: str | None = None
    resume: bool = False
    overwrite: bool = False
    budget: Budget = "normal"
    callbacks: Sequence[keras.callbacks.Callback] = ()

    def __post_init__(self) -> None:
        if self.resume and self.overwrite:
            raise UsageError(
                "--resume continues a run and --overwrite replaces it. Choose one of them."
            )
        if self.budget not in BUDGETS:
            raise UsageError(
                f"budget must be one of {', '.join(BUDGETS)}, received {self.budget!r}."
            )

    def for_pretraining(self) -> "TrainOptions":
        """Returns the options of a language model that is trained first."""
        return replace(self, overwrite=False, callbacks=())
