"""Learning rate schedules: a linear warm-up, then a decay."""

import math
from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("nlp_apps")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise to the peak, then a decay.

    Args:
        peak: the maximum of the learning rate.
        warmup_steps: steps of the rise; 0 starts at the peak.
        total_steps: the step at which "cosine" reaches zero.
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
        """Returns the learning rate of a step, counted from 0: <int>[] -> <float32>[]."""
        done = tf.cast(step, tf.float32) + 1.0
        warmup = tf.cast(max(self.warmup_steps, 1), tf.float32)
        if self.shape == "cosine":
            progress = (done - warmup) / max(self.total_steps - self.warmup_steps, 1)
            decay = 0.5 * (1.0 + tf.cos(math.pi * tf.clip_by_value(progress, 0.0, 1.0)))
        elif self.shape == "inverse_sqrt":
            decay = tf.sqrt(warmup / tf.maximum(done, warmup))
        else:
            decay = tf.ones(())
        return self.peak * tf.where(done < warmup, done / warmup, decay)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            "peak": self.peak,
            "warmup_steps": self.warmup_steps,
            "total_steps": self.total_steps,
            "shape": self.shape,
        }
