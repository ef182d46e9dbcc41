"""The progress of a training run, as its checkpoint stores it."""

from dataclasses import dataclass


@dataclass
class TrainState:
    """The progress of a training run.

    Attributes:
        step: number of steps.
        epoch: the current epoch, counted from 0.
        batch: batches of it that were used.
        evaluation: evaluations done.
        best: best value of the monitored score; None before the first evaluation.
        best_loss: validation loss of that evaluation.
        best_evaluation: number of that evaluation, counted from 1.
        seconds: time spent in training steps, without the first step of each batch shape.
        compile_seconds: time of those first steps, which compile.
        tokens: tokens trained on, without padding.
        timed_tokens: tokens of the steps that `seconds` counts.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    evaluation: int = 0
    best: float | None = None
    best_loss: float | None = None
    best_evaluation: int = 0
    seconds: float = 0.0
    compile_seconds: float = 0.0
    tokens: int = 0
    timed_tokens: int = 0

    @property
    def tokens_per_second(self) -> float:
        """Speed of the steps that `seconds` counts."""
        return self.timed_tokens / max(self.seconds, 1e-9)
