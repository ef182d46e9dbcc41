"""Learning rates: a warm-up, then a fall."""

import math
from typing import Any

import keras
import tensorflow as tf


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Rises linearly to the peak, then falls.

    Args:
        peak: the highest rate.
        warmup_steps: steps of the rise; 0 starts at the peak.
        total_steps: when "cosine" reaches zero.
        shape: "cosine" (Loshchilov & Hutter 2017, eq. 5, one period), "inverse_sqrt" (Vaswani et
            al. 2017, eq. 3, as peak * sqrt(warmup_steps / step)) or "constant".

    Raises:
        ValueError: the shape is unknown.
    """

    def __init__(self, peak: float, *, warmup_steps: int, total_steps: int, shape: str = "cosine"):
        if shape not in ("cosine", "inverse_sqrt", "constant"):
            raise ValueError(f"schedule must be cosine, inverse_sqrt or constant; got {shape!r}")
        self.peak = peak
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.shape = shape

    def __call__(self, step: Any) -> tf.Tensor:
        """The rate of a step, counted from 0: <int>[] -> <float32>[]."""
        done = tf.cast(step, tf.float32) + 1.0
        warmup = tf.cast(max(self.warmup_steps, 1), tf.float32)
        if self.shape == "cosine":
            share = (done - warmup) / max(self.total_steps - self.warmup_steps, 1)
            fall = 0.5 * (1.0 + tf.cos(math.pi * tf.clip_by_value(share, 0.0, 1.0)))
        elif self.shape == "inverse_sqrt":
            fall = tf.sqrt(warmup / tf.maximum(done, warmup))
        else:
            fall = tf.ones(())
        return self.peak * tf.where(done < warmup, done / warmup, fall)

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return {
            "peak": self.peak,
            "warmup_steps": self.warmup_steps,
            "total_steps": self.total_steps,
            "shape": self.shape,
        }
