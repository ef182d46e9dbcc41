"""The gated recurrent unit."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from nlp_apps.blocks.cells.cell import Cell, Gates, State


@keras.saving.register_keras_serializable("nlp_apps")
class GRUCell(Cell, keras.layers.GRUCell):
    """Gated recurrent unit: Cho et al. 2014, eq. 5 to 8.

    The reset gate acts after the matrix product, as in cuDNN.

    z, r = sigmoid(W x + R h + b);  n = tanh(W_n x + b_n + r * (R_n h + b_rn))
    h' = z * h + (1 - z) * n
    """

    num_gates = 3
    num_states = 1
    additive = False
    gate_names = ("update", "reset")

    @staticmethod
    def step(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, extra: Sequence[tf.Tensor]
    ) -> State:
        """Computes the equations above."""
        (h,) = state
        x_z, x_r, x_n = tf.split(projected, 3, axis=-1)
        h_z, h_r, h_n = tf.split(recurrent + extra[0], 3, axis=-1)
        z = tf.sigmoid(x_z + h_z)
        n = tf.tanh(x_n + tf.sigmoid(x_r + h_r) * h_n)
        return (z * h + (1.0 - z) * n,)

    @staticmethod
    def gates(
        projected: tf.Tensor,
        recurrent: tf.Tensor,
        state: State,
        after: State,
        extra: Sequence[tf.Tensor],
    ) -> Gates:
        """Computes z and r; an open update gate keeps the old state."""
        z, r, _ = tf.split(projected + recurrent + extra[0], 3, axis=-1)
        return {"update": tf.sigmoid(z), "reset": tf.sigmoid(r)}
