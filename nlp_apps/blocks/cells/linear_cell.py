"""Cells whose next state is linear in the last one, so that training needs no loop over time.

Letters in shapes: B batch, U units, G gates that a cell computes at once.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import tensorflow as tf

from nlp_apps.blocks.cells.cell import Cell, CellVariables, CellWeights, Product, State


class LinearCell(Cell, CellVariables):
    """A cell whose gates see the input only: h' = a * h + b, with a from 0 to 1.

    It has no recurrent matrix. `linear_scan` computes all states of a sequence in log2(T) steps.
    """

    num_states: ClassVar[int] = 1
    is_linear: ClassVar[bool] = True

    @staticmethod
    def coefficients(projected: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes a and b, each <float>[..., U].

        Args:
            projected: <float>[..., G*U], the products with the input, bias included.
        """
        raise NotImplementedError

    @classmethod
    def step(
        cls, projected: tf.Tensor, recurrent: Any, state: State, extra: Sequence[tf.Tensor]
    ) -> State:
        """Computes the equation above."""
        a, b = cls.coefficients(projected)
        return (a * state[0] + b,)

    @staticmethod
    def shares(
        inputs: tf.Tensor, h: tf.Tensor, weights: CellWeights, multiply: Product
    ) -> tuple[tf.Tensor, None]:
        """Computes the input's share only."""
        return multiply(inputs, weights.kernel) + weights.bias, None
