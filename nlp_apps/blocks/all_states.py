"""Runs a cell over a sequence by the scan that fits it.

Letters in shapes: T time, B batch, D input size, U units.
"""

import tensorflow as tf

from nlp_apps.blocks.cells.cell import Cell, CellWeights, State
from nlp_apps.blocks.cells.linear_cell import LinearCell
from nlp_apps.blocks.linear_scan import linear_scan
from nlp_apps.blocks.scan import scan
from nlp_apps.blocks.split_step import matmul_last
from nlp_apps.blocks.stepwise_scan import stepwise_scan


def all_states(
    cell: type[Cell],
    inputs: tf.Tensor,
    weights: CellWeights,
    state: State,
    *,
    training: bool = True,
) -> State:
    """Computes the states of a whole sequence.

    Args:
        cell: has the equations.
        inputs: <float>[T, B, D], time first.
        weights: the weights.
        state: the first state, each <float>[B, U].
        training: make a graph whose gradient is fast.

    Returns:
        Every state: one <float>[T, B, U] for each tensor of the state; the first is the outputs.
    """
    if not cell.hoists_inputs:
        return stepwise_scan(cell, inputs, weights, state, training=training)
    kernel, recurrent_kernel, bias, extra = weights
    projected = matmul_last(inputs, kernel, keep_bfloat16=True)  # [T, B, G*U]
    if issubclass(cell, LinearCell):
        # A parallel scan needs a static length; outside training a loop has fewer operations.
        if training and inputs.shape[0] is not None:
            return linear_scan(cell, projected, bias, state)
        training = False
    return scan(cell, projected, bias, state, recurrent_kernel, extra, training=training)
