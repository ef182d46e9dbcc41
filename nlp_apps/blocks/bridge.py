"""The bridge: encoder memory -> the decoder's first state.

Letters in shapes: B batch, S source length, D units.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.cells.cell import State
from nlp_apps.blocks.cells.cell_registry import CELLS
from nlp_apps.blocks.dense import Dense


@keras.saving.register_keras_serializable("nlp_apps")
class Bridge(keras.layers.Layer):
    """tanh(W mean(memory) + b) for the tensors of every decoder layer's state.

    As in Cho et al. 2014, appendix A.1.2, with the mean in place of the last state.

    Args:
        units: D, width of the memory and of the decoder's layers.
        cell: name of the decoder's cell.
        num_layers: layers of the decoder.
    """

    def __init__(self, units: int, *, cell: str = "lstm", num_layers: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        self.units, self.cell, self.num_layers = units, cell, num_layers
        self.complete_state = CELLS[cell].complete_state
        self.num_states = CELLS[cell].num_states
        self.num_bridged = CELLS[cell].num_bridged or self.num_states
        self.dense = Dense(
            units * self.num_bridged * num_layers,
            activation="tanh",
            dtype=self.dtype_policy,
            name="dense",
        )

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no shape is needed."""
        self.dense.build((None, self.units))

    def call(self, memory: tf.Tensor, padding_mask: tf.Tensor | None = None) -> tuple[State, ...]:
        """Computes the first state.

        Args:
            memory: <float>[B, S, D].
            padding_mask: <bool>[B, S], True at real tokens; default: all of them.

        Returns:
            For each layer its state, each tensor <float>[B, D].
        """
        if padding_mask is None:
            padding_mask = tf.ones(tf.shape(memory)[:2], tf.bool)
        weights = tf.cast(padding_mask, memory.dtype)[:, :, None]
        total = tf.reduce_sum(memory * weights, axis=1)
        mean = total / tf.maximum(tf.reduce_sum(weights, axis=1), 1.0)  # [B, D]
        parts = tf.split(self.dense(mean), self.num_bridged * self.num_layers, axis=-1)
        return tuple(
            self.complete_state(tuple(parts[start : start + self.num_bridged]))
            for start in range(0, len(parts), self.num_bridged)
        )

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[Any, ...]:
        """Returns the shape of every tensor of every layer's state."""
        return (((input_shape[0], self.units),) * self.num_states,) * self.num_layers

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "cell": self.cell,
            "num_layers": self.num_layers,
        }
