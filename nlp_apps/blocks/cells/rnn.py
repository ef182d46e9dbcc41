"""The simple recurrent network."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from nlp_apps.blocks.cells.cell import Cell, CellVariables, State


@keras.saving.register_keras_serializable("nlp_apps")
class SimpleRNNCell(Cell, CellVariables):
    """The simple recurrent network: Elman 1990.

    h' = tanh(W x + R h + b)
    """

    num_gates = 1
    num_states = 1

    @staticmethod
    def step(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, extra: Sequence[tf.Tensor]
    ) -> State:
        """Computes the equation above."""
        return (tf.tanh(projected + recurrent),)
