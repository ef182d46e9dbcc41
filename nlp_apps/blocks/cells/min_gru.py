"""The minimal gated recurrent unit."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.cells.cell import Gates, State
from nlp_apps.blocks.cells.linear_cell import LinearCell


@keras.saving.register_keras_serializable("nlp_apps")
class MinGRUCell(LinearCell):
    """GRU whose gate and candidate see the input only: Feng et al. 2024, section 3.1 (minGRU).

    z = sigmoid(W_z x + b_z);  n = W_n x + b_n
    h' = (1 - z) * h + z * n
    """

    num_gates = 2
    gate_names = ("input",)

    @staticmethod
    def coefficients(projected: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes 1 - z, and z * n."""
        z, n = tf.split(projected, 2, axis=-1)
        return tf.sigmoid(-z), tf.sigmoid(z) * n

    @staticmethod
    def gates(
        projected: tf.Tensor,
        recurrent: Any,
        state: State,
        after: State,
        extra: Sequence[tf.Tensor],
    ) -> Gates:
        """Computes z; an open gate replaces the old state."""
        z, _ = tf.split(projected, 2, axis=-1)
        return {"input": tf.sigmoid(z)}
