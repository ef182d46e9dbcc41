"""The Mogrifier LSTM."""

import keras
import tensorflow as tf

from nlp_apps.blocks.cells.cell import Cell, CellVariables, CellWeights, Product
from nlp_apps.blocks.cells.lstm import LSTMCell

NUM_GATINGS = 5
RANK_DIVISOR = 8
"""Each gating matrix has the rank U / 8, at least 1: 16% more weights than the LSTM, not 63%."""


@keras.saving.register_keras_serializable("nlp_apps")
class MogrifierCell(Cell, CellVariables):
    """LSTM whose input and last output gate each other before the step: Melis et al. 2020.

    x_1 = 2 sigmoid(Q_1 h + b_1) * x;    h_2 = 2 sigmoid(R_2 x_1 + b_2) * h
    x_3 = 2 sigmoid(Q_3 h_2 + b_3) * x_1;  h_4 = 2 sigmoid(R_4 x_3 + b_4) * h_2
    x_5 = 2 sigmoid(Q_5 h_4 + b_5) * x_3;  h', c' = LSTM(x_5, h_4, c)

    Section 2 of the paper; each Q and R is a product of two matrices of low rank. The input's
    products depend on h, so that none of them can be computed for all positions at once.
    """

    num_gates = LSTMCell.num_gates
    forget_gate = LSTMCell.forget_gate
    gate_names = LSTMCell.gate_names
    hoists_inputs = False
    extra_weights = tuple(
        f"mogrify_{number}_{part}"
        for number in range(1, NUM_GATINGS + 1)
        for part in ("down", "up", "bias")
    )
    step = staticmethod(LSTMCell.step)
    gates = staticmethod(LSTMCell.gates)

    def extra_shape(self, name: str, input_size: int | None) -> tuple[int | None, ...]:
        """Returns the shape of a matrix or bias of a gating."""
        _, number, part = name.split("_")
        rank = max(1, self.units // RANK_DIVISOR)
        sizes = (self.units, input_size) if int(number) % 2 else (input_size, self.units)
        return {"down": (sizes[0], rank), "up": (rank, sizes[1]), "bias": (sizes[1],)}[part]

    @staticmethod
    def shares(
        inputs: tf.Tensor, h: tf.Tensor, weights: CellWeights, multiply: Product
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Gates `inputs` and `h` by each other, then computes their shares of the LSTM's gates."""
        for start in range(0, len(weights.extra), 6):
            down, up, bias = weights.extra[start : start + 3]
            inputs = inputs * 2.0 * tf.sigmoid(multiply(multiply(h, down), up) + bias)
            if start + 3 < len(weights.extra):
                down, up, bias = weights.extra[start + 3 : start + 6]
                h = h * 2.0 * tf.sigmoid(multiply(multiply(inputs, down), up) + bias)
        return Cell.shares(inputs, h, weights, multiply)
