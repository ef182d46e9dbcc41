"""The progress of training: loss, tokens per second, time left, and a line for each evaluation."""

from collections.abc import Mapping
from typing import Any, Self

from nlp_apps.io.stages import Stage
from nlp_apps.training.state import TrainState
from nlp_apps.training.time_left import TimeLeft, duration

SMOOTHING = 0.98
"""Weight of the old value in the moving averages of the bar."""

SECONDS_BETWEEN_LINES = 60.0
"""Seconds between two lines without a terminal, after the first evaluation."""


class Progress:
    """Shows a bar, or lines without a terminal, and prints one line for each evaluation.

    Args:
        total: planned steps.
        time_left: the estimate of the time that is left.
        done: number of steps before the run was resumed.
    """

    def __init__(self, *, total: int, time_left: TimeLeft, done: int = 0):
        self.time_left = time_left
        self.stage = Stage(
            "training",
            total=max(total, done),
            unit="steps",
            done=done,
            bar_format="{percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} steps{postfix}",
        )
        self.evaluations = 0
        self.loss: float | None = None
        self.speed: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stage.close()

    def compiling(self) -> None:
        """Shows that the next step compiles a batch shape."""
        number, total = self.time_left.num_compiled + 1, self.time_left.num_shapes
        status = f"compiling batch shape {number} of at most {max(number, total)}"
        self.stage.status = ", ".join([status, *self._left()])
        if number == 1:
            self.stage.show()

    def update(self, loss: float, state: TrainState, *, tokens: int, evaluations: int) -> None:
        """Advances the bar by a step.

        Args:
            loss: loss of the step, in nats.
            state: progress of the run after the step.
            tokens: tokens of the step.
            evaluations: evaluations that are left.
        """
        self.evaluations = evaluations
        stage, step_seconds = self.stage, self.time_left.step_seconds()
        stage.advance()
        self.loss = _blend(self.loss, loss)
        parts = [f"epoch {state.epoch + 1}", f"loss {self.loss:.3f}"]
        if step_seconds is not None:
            self.speed = _blend(self.speed, float(tokens))
            parts.append(f"{self.speed / step_seconds:,.0f} tokens/s")
        stage.status = ", ".join([*parts, *self._left()])

    def _left(self) -> list[str]:
        """Returns the time that is left, once it is known."""
        steps = max(0, (self.stage.total or 0) - self.stage.count)
        seconds = self.time_left.estimate(steps, self.evaluations)
        return [] if seconds is None else [f"{duration(seconds)} left"]

    def validating(self) -> None:
        """Shows that the model is evaluated."""
        self.stage.status = "evaluating on the validation text"

    def report(self, row: Mapping[str, Any], *, is_best: bool) -> None:
        """Prints the line of an evaluation; a star marks the best one so far.

        Args:
            row: a row of `metrics.jsonl`.
            is_best: whether its weights were saved.
        """
        self.stage.seconds_between_lines = SECONDS_BETWEEN_LINES
        scores = ", ".join(
            f"{name.removeprefix('validation_')} {value:.3f}"
            for name, value in row.items()
            if name.startswith("validation_") and name != "validation_seconds"
        )
        star = " *" if is_best else ""
        # There is no speed before a step that does not compile.
        speed = f"{row['tokens_per_second']:,.0f} tokens/s  " if row["tokens_per_second"] else ""
        self.write(
            f"evaluation {row['evaluation']:>3}  epoch {row['epoch']:g}  step {row['step']:,}  "
            f"{row['seconds']:,.0f} s  {speed}"
            f"train loss {row['train_loss']:.3f}  validation: {scores}{star}"
        )

    def write(self, line: str) -> None:
        """Prints a line above the bar."""
        self.stage.write(line)


def _blend(old: float | None, new: float) -> float:
    return new if old is None else SMOOTHING * old + (1.0 - SMOOTHING) * new
