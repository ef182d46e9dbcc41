"""The bridge: hands what the encoder read over to the decoder's first state.

Letters in shapes: B batch, S source length, D units.
"""

from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.cells import CELLS, State


class Bridge(keras.layers.Layer):
    """tanh(W mean(memory) + b) for every tensor of every decoder layer's state.

    As in Cho et al. 2014, appendix A.1.2, with the mean in place of the last state.

    Args:
        units: width of the memory and of the decoder's layers.
        cell: name of the decoder's cell.
        num_layers: how many layers the decoder has.
    """

    def __init__(self, units: int, *, cell: str = "lstm", num_layers: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        self.state_size = CELLS[cell].state_size
        self.num_layers = num_layers
        self.dense = keras.layers.Dense(
            units * self.state_size * num_layers, activation="tanh", name="dense"
        )
        self.dense.build((None, units))
        self.built = True

    def call(self, values: tf.Tensor, mask: tf.Tensor) -> tuple[State, ...]:
        """Makes the first state.

        Args:
            values: <float>[B, S, D].
            mask: <bool>[B, S].

        Returns:
            For each layer its state, each tensor <float>[B, D].
        """
        weights = tf.cast(mask, values.dtype)[:, :, None]
        total = tf.reduce_sum(values * weights, axis=1)
        mean = total / tf.maximum(tf.reduce_sum(weights, axis=1), 1.0)  # [B, D]
        parts = tf.split(self.dense(mean), self.state_size * self.num_layers, axis=-1)
        return tuple(
            tuple(parts[layer * self.state_size : (layer + 1) * self.state_size])
            for layer in range(self.num_layers)
        )
