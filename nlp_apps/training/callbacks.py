"""Keras callbacks in the training loop."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from nlp_apps.training.trainable import Trainable


class Callbacks(keras.callbacks.CallbackList):
    """Keras's list of callbacks; an exception of an evaluation waits for the checkpoint.

    The chief of several workers alone calls them.

    Args:
        callbacks: the callbacks.
        task: the task, which has the model and the workers.
        epochs: epochs of the run.
        steps: steps between two evaluations.
    """

    def __init__(
        self,
        callbacks: Sequence[keras.callbacks.Callback],
        task: Trainable,
        epochs: int,
        steps: int,
    ):
        self._failure: Exception | None = None
        called = list(callbacks) if task.workers.is_chief else []
        super().__init__(called, model=task.model, epochs=epochs, steps=steps, verbose=0)

    def on_test_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Announces the validation."""
        self._keep_failure("on_test_begin", logs)

    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Passes the validation scores."""
        self._keep_failure("on_test_end", logs)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Passes loss, validation scores, learning rate and step of an evaluation."""
        self._keep_failure("on_epoch_end", epoch, logs)

    def raise_failure(self) -> None:
        """Raises the first exception of an evaluation, once its checkpoint is written."""
        if self._failure is not None:
            failure, self._failure = self._failure, None
            failure.add_note(
                "A callback raised this after an evaluation. Its checkpoint is written: --resume "
                "continues the run."
            )
            raise failure

    def _keep_failure(self, hook: str, *arguments: Any) -> None:
        if self._failure is not None:
            return
        try:
            getattr(super(), hook)(*arguments)
        except Exception as error:
            self._failure = error
