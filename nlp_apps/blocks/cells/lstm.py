"""Long short-term memory."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from nlp_apps.blocks.cells.cell import Cell, Gates, State


@keras.saving.register_keras_serializable("nlp_apps")
class LSTMCell(Cell, keras.layers.LSTMCell):
    """Long short-term memory with a forget gate: Hochreiter & Schmidhuber 1997; Gers et al. 2000.

    i, f, o = sigmoid(W x + R h + b);  g = tanh(W x + R h + b)
    c' = f * c + i * g;  h' = o * tanh(c')
    """

    num_gates = 4
    forget_gate = 1
    gate_names = ("input", "forget", "output")

    @staticmethod
    def step(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, extra: Sequence[tf.Tensor]
    ) -> State:
        """Computes the equations above."""
        _, c = state
        i, f, g, o = tf.split(projected + recurrent, 4, axis=-1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c

    @staticmethod
    def gates(
        projected: tf.Tensor,
        recurrent: tf.Tensor,
        state: State,
        after: State,
        extra: Sequence[tf.Tensor],
    ) -> Gates:
        """Computes i, f and o."""
        i, f, _, o = tf.split(projected + recurrent, 4, axis=-1)
        return {"input": tf.sigmoid(i), "forget": tf.sigmoid(f), "output": tf.sigmoid(o)}
