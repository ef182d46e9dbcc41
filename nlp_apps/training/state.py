"""The progress of a training run, as its checkpoint stores it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


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

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> "TrainState":
        """Returns the state that a checkpoint stores.

        Raises:
            ValueError: a key is unknown, or a value is not a number of its type.
        """
        known = {field.name: field for field in fields(cls)}
        for name, value in facts.items():
            if name not in known:
                raise ValueError(f"{name[:40]!r} is unknown")
            types = (int,) if known[name].type is int else (int, float)
            optional = value is None and known[name].default is None
            if not optional and (isinstance(value, bool) or not isinstance(value, types)):
                raise ValueError(f"{name} is not a number")
        return cls(**facts)

    @property
    def tokens_per_second(self) -> float:
        """Speed of the steps that `seconds` counts."""
        return self.timed_tokens / max(self.seconds, 1e-9)
