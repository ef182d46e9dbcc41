"""The sLSTM of xLSTM: an LSTM with an exponential input gate and a normalizer."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from nlp_apps.blocks.cells.cell import Cell, CellVariables, Gates, State
from nlp_apps.blocks.cells.stable_math import log_sigmoid


@keras.saving.register_keras_serializable("nlp_apps")
class SLSTMCell(Cell, CellVariables):
    """LSTM whose memory is a mean that exponential gates weigh: Beck et al. 2024, section 2.2.

    i = exp(W x + R h + b);  f, o = sigmoid(W x + R h + b);  g = tanh(W x + R h + b)
    c' = f * c + i * g;  n' = f * n + i;  h' = o * c' / n'

    The stabilizer m keeps exp in range (eq. 15 to 17): c and n are kept divided by exp(m).

    m' = max(log f + m, log i);  i is replaced by exp(log i - m'), f by exp(log f + m - m')

    In a state without memory (n = 0), m' = log i. The recurrent matrix mixes all units: one head,
    without the blocks of the paper.
    """

    num_gates = 4
    num_states = 4
    forget_gate = 1
    gate_names = ("input", "forget", "output")
    num_bridged = 2

    @staticmethod
    def complete_state(values: State) -> State:
        """Adds n = 1 and m = 0 to h and c: a memory of the weight 1."""
        h, c = values
        return h, c, tf.ones_like(c), tf.zeros_like(c)

    @staticmethod
    def step(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, extra: Sequence[tf.Tensor]
    ) -> State:
        """Computes the equations above."""
        _, c, n, m = state
        i, f, g, o = tf.split(projected + recurrent, 4, axis=-1)
        kept = log_sigmoid(f) + m
        m = tf.where(n > 0.0, tf.maximum(kept, i), i)
        i, f = tf.exp(i - m), tf.exp(tf.minimum(kept - m, 0.0))
        c, n = f * c + i * tf.tanh(g), f * n + i
        return tf.sigmoid(o) * c / n, c, n, m

    @staticmethod
    def gates(
        projected: tf.Tensor,
        recurrent: tf.Tensor,
        state: State,
        after: State,
        extra: Sequence[tf.Tensor],
    ) -> Gates:
        """Computes the shares i / n' and f * n / n' of the new and the old memory, and o."""
        i, _, _, o = tf.split(projected + recurrent, 4, axis=-1)
        new = tf.exp(i - after[3]) / after[2]
        return {"input": new, "forget": 1.0 - new, "output": tf.sigmoid(o)}
