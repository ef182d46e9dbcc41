"""Dropout with one mask along time, along features, or for a weight matrix.

Letters in shapes: B batch, T time, D features, U units.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.first_row import first_row
from nlp_apps.blocks.random_hash import hash_uint32, keep_mask
from nlp_apps.blocks.split_step import compiled_once

SHARED_AXES = {"time": 1, "features": 2}


@keras.saving.register_keras_serializable("nlp_apps")
class Dropout(keras.layers.Layer):
    """Sets features to zero in training and scales up the others; one mask along a whole axis.

    Args:
        rate: share that is dropped, from 0 to below 1.
        shared: "time" for one mask at every step (Gal & Ghahramani 2016, section 4), "features" to
            drop whole tokens.

    Raises:
        ValueError: the rate or the axis is out of range.
    """

    def __init__(self, rate: float, *, shared: str = "time", **kwargs: Any):
        super().__init__(**kwargs)
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"dropout must be from 0 to below 1; got {rate}")
        if shared not in SHARED_AXES:
            raise ValueError(f"shared must be one of {', '.join(SHARED_AXES)}; got {shared!r}")
        self.rate = rate
        self.shared = shared
        self.generator = keras.random.SeedGenerator() if rate else None
        self.supports_masking = True

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Drops features: <float>[B, T, D] -> <float>[B, T, D]."""
        if not training or self.generator is None:
            return inputs
        shared_axis = SHARED_AXES[self.shared]
        return _drop(inputs, self.generator, self.rate, shared_axis, first_row())

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Sequence[int | None]:
        """Returns the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "rate": self.rate, "shared": self.shared}


@keras.saving.register_keras_serializable("nlp_apps")
class WeightDrop(keras.layers.Layer):
    """Sets single weights of a matrix to zero in training and scales up the others.

    One mask for a whole batch and every step of it (Wan et al. 2013; Merity et al. 2018, section
    2, for recurrent matrices).

    Args:
        rate: share that is dropped, from 0 to below 1.

    Raises:
        ValueError: the rate is out of range.
    """

    def __init__(self, rate: float, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"weight_drop must be from 0 to below 1; got {rate}")
        self.rate = rate
        self.generator = keras.random.SeedGenerator() if rate else None

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Drops weights: <float>[D, U] -> <float>[D, U]."""
        if not training or self.generator is None:
            return inputs
        return _drop(inputs, self.generator, self.rate)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Sequence[int | None]:
        """Returns the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "rate": self.rate}


def _drop(
    values: tf.Tensor,
    generator: keras.random.SeedGenerator,
    rate: float,
    shared_axis: int | None = None,
    row: int = 0,
) -> tf.Tensor:
    """Drops values, and scales up the others; one mask along the shared axis.

    `row` is the number of the first row in the whole batch.
    """
    seed = tf.cast(generator.next(), tf.uint32)
    if shared_axis is None and values.shape.is_fully_defined():  # weights: one shape in all batches
        return values * compiled_once(_factors, tuple(values.shape), rate, row, values.dtype)(seed)
    # In a step in parts XLA does not compile these masks: they are small, and each batch shape
    # needs others.
    dynamic = tf.unstack(tf.shape(values))
    shape = [size or dynamic[axis] for axis, size in enumerate(values.shape)]
    if shared_axis is not None:
        shape[shared_axis] = 1
    return values * _factors(shape, rate, row, values.dtype, seed)


def _factors(
    shape: Sequence[int | tf.Tensor], rate: float, row: int, dtype: tf.DType, seed: tf.Tensor
) -> tf.Tensor:
    """Draws the factors of values: 0 where they are dropped, elsewhere 1 / (1 - rate)."""
    mask = keep_mask(tf.stack(shape), hash_uint32(seed), rate, row)
    return tf.where(mask, tf.cast(1.0 / (1.0 - rate), dtype), tf.zeros((), dtype))
