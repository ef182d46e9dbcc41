"""The minimal long short-term memory."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.cells.cell import Gates, State
from nlp_apps.blocks.cells.linear_cell import LinearCell
from nlp_apps.blocks.cells.stable_math import log_sigmoid


@keras.saving.register_keras_serializable("nlp_apps")
class MinLSTMCell(LinearCell):
    """LSTM whose gates and candidate see the input only: Feng et al. 2024, section 3.2 (minLSTM).

    i, f = sigmoid(W x + b);  n = W_n x + b_n
    h' = f / (f + i) * h + i / (f + i) * n

    It has neither a cell state nor an output gate. The shares of the gates are computed as
    sigmoid(log f - log i), so that two closed gates do not divide zero by zero.
    """

    num_gates = 3
    forget_gate = 1
    gate_names = ("input", "forget")

    @staticmethod
    def coefficients(projected: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes the forget gate's share, and the input gate's share times n."""
        i, f, n = tf.split(projected, 3, axis=-1)
        odds = log_sigmoid(f) - log_sigmoid(i)
        return tf.sigmoid(odds), tf.sigmoid(-odds) * n

    @staticmethod
    def gates(
        projected: tf.Tensor,
        recurrent: Any,
        state: State,
        after: State,
        extra: Sequence[tf.Tensor],
    ) -> Gates:
        """Computes the shares i / (f + i) and f / (f + i)."""
        i, f, _ = tf.split(projected, 3, axis=-1)
        odds = log_sigmoid(f) - log_sigmoid(i)
        return {"input": tf.sigmoid(-odds), "forget": tf.sigmoid(odds)}
