"""The progress bar of training: loss, tokens per second, remaining time."""

import sys
from collections.abc import Mapping
from typing import Any, Self

from tqdm import tqdm

from nlp_apps.training.state import TrainState

SMOOTHING = 0.98
"""Weight of the old value in the moving averages of the bar."""


class Progress:
    """Shows a bar on a terminal, and prints one line for each evaluation.

    Args:
        total: planned steps.
        done: number of steps before the run was resumed.
    """

    def __init__(self, *, total: int, done: int = 0):
        self.bar = tqdm(
            total=max(total, done),
            initial=done,
            unit="step",
            dynamic_ncols=True,
            disable=not sys.stderr.isatty(),
            bar_format="{percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} steps, "
            "{remaining} left{postfix}",
        )
        self.loss: float | None = None
        self.speed: float | None = None
        self.last: tuple[int, float] | None = None  # tokens and seconds after the last step

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def update(self, loss: float, state: TrainState) -> None:
        """Advances the bar by a step.

        Args:
            loss: loss of the step, in nats.
            state: progress of the run after the step.
        """
        self.loss = _blend(self.loss, loss)
        if self.last is not None:
            tokens, seconds = state.tokens - self.last[0], state.seconds - self.last[1]
            self.speed = _blend(self.speed, tokens / max(seconds, 1e-9))
        self.last = state.tokens, state.seconds
        speed = "" if self.speed is None else f", {self.speed:,.0f} tokens/s"
        self.bar.set_postfix_str(
            f"epoch {state.epoch + 1}, loss {self.loss:.3f}{speed}", refresh=False
        )
        self.bar.update()

    def report(self, row: Mapping[str, Any], *, is_best: bool) -> None:
        """Prints the line of an evaluation above the bar; a star marks the best one so far.

        Args:
            row: a row of `metrics.jsonl`.
            is_best: whether its weights were saved.
        """
        scores = ", ".join(
            f"{name.removeprefix('validation_')} {value:.3f}"
            for name, value in row.items()
            if name.startswith("validation_") and name != "validation_seconds"
        )
        star = " *" if is_best else ""
        self.write(
            f"evaluation {row['evaluation']:>3}  epoch {row['epoch']:g}  step {row['step']:,}  "
            f"{row['seconds']:,.0f} s  {row['tokens_per_second']:,.0f} tokens/s  "
            f"train loss {row['train_loss']:.3f}  validation: {scores}{star}"
        )

    def write(self, line: str) -> None:
        """Prints a line above the bar."""
        tqdm.write(line, file=sys.stderr)


def _blend(old: float | None, new: float) -> float:
    return new if old is None else SMOOTHING * old + (1.0 - SMOOTHING) * new
