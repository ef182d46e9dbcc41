"""The LSTM with coupled input and forget gates."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from nlp_apps.blocks.cells.cell import Cell, CellVariables, Gates, State


@keras.saving.register_keras_serializable("nlp_apps")
class CIFGCell(Cell, CellVariables):
    """LSTM with coupled gates, i = 1 - f: Greff et al. 2015, section 3 (variant CIFG).

    f, o = sigmoid(W x + R h + b);  g = tanh(W x + R h + b)
    c' = f * c + (1 - f) * g;  h' = o * tanh(c')
    """

    num_gates = 3
    forget_gate = 0
    gate_names = ("input", "forget", "output")

    @staticmethod
    def step(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, extra: Sequence[tf.Tensor]
    ) -> State:
        """Computes the equations above."""
        _, c = state
        f, g, o = tf.split(projected + recurrent, 3, axis=-1)
        f = tf.sigmoid(f)
        c = f * c + (1.0 - f) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c

    @staticmethod
    def gates(
        projected: tf.Tensor,
        recurrent: tf.Tensor,
        state: State,
        after: State,
        extra: Sequence[tf.Tensor],
    ) -> Gates:
        """Computes i = 1 - f, f and o."""
        f, _, o = tf.split(projected + recurrent, 3, axis=-1)
        f = tf.sigmoid(f)
        return {"input": 1.0 - f, "forget": f, "output": tf.sigmoid(o)}
