"""The LSTM with peepholes."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from nlp_apps.blocks.cells.cell import Cell, CellVariables, Gates, State


@keras.saving.register_keras_serializable("nlp_apps")
class PeepholeLSTMCell(Cell, CellVariables):
    """LSTM whose gates see the cell state: Gers & Schmidhuber 2000; Greff et al. 2015, section 2.

    i = sigmoid(.. + p_i * c);  f = sigmoid(.. + p_f * c);  g = tanh(..);  c' = f * c + i * g
    o = sigmoid(.. + p_o * c');  h' = o * tanh(c')
    """

    num_gates = 4
    extra_weights = ("peephole_input", "peephole_forget", "peephole_output")
    forget_gate = 1
    gate_names = ("input", "forget", "output")

    @staticmethod
    def step(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, extra: Sequence[tf.Tensor]
    ) -> State:
        """Computes the equations above."""
        _, c = state
        p_i, p_f, p_o = extra
        i, f, g, o = tf.split(projected + recurrent, 4, axis=-1)
        c_new = tf.sigmoid(f + p_f * c) * c + tf.sigmoid(i + p_i * c) * tf.tanh(g)
        return tf.sigmoid(o + p_o * c_new) * tf.tanh(c_new), c_new

    @staticmethod
    def gates(
        projected: tf.Tensor,
        recurrent: tf.Tensor,
        state: State,
        after: State,
        extra: Sequence[tf.Tensor],
    ) -> Gates:
        """Computes i and f from the old cell state, o from the new one."""
        p_i, p_f, p_o = extra
        i, f, _, o = tf.split(projected + recurrent, 4, axis=-1)
        return {
            "input": tf.sigmoid(i + p_i * state[1]),
            "forget": tf.sigmoid(f + p_f * state[1]),
            "output": tf.sigmoid(o + p_o * after[1]),
        }
