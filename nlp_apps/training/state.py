"""The state of a training run, as its checkpoint stores it."""

from dataclasses import dataclass


@dataclass
class TrainState:
    """Where a run stands; all of it is in the checkpoint.

    Attributes:
        step: steps taken.
        epoch: the epoch under way, counted from 0.
        batch: batches taken of it.
        round: rounds finished.
        best: the best figure that `monitor` has seen, None before the first round.
        best_loss: the validation loss of that round.
        best_round: the round that saw it.
        seconds: time spent in training steps.
        tokens: real tokens seen.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    round: int = 0
    best: float | None = None
    best_loss: float | None = None
    best_round: int = 0
    seconds: float = 0.0
    tokens: int = 0
