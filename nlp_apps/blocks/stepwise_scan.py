"""Runs a cell along time that multiplies its input by a matrix once a step, such as the Mogrifier.

Letters in shapes: T time, B batch, D input size, U units, K and N the sizes of a matrix.

As in `scan.py`, the backward loop computes no gradient of a matrix: it stores the values that each
matrix multiplied and the gradients of its products, and one product over all steps follows. It
computes the products of the forward loop again, because they need more memory than the
states: about 14 U numbers a step.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from nlp_apps.blocks.cells.cell import Cell, CellWeights, State
from nlp_apps.blocks.split_step import compiled_once
from nlp_apps.blocks.time_steps import flat_rows, write_step


def stepwise_scan(
    cell: type[Cell],
    inputs: tf.Tensor,
    weights: CellWeights,
    state: State,
    *,
    training: bool = True,
) -> State:
    """Runs a cell over every step of a sequence.

    Args:
        cell: has the equations; multiplies by each matrix once a step.
        inputs: <float>[T, B, D], time first.
        weights: the weights.
        state: the first state, each <float>[B, U].
        training: use the backward pass above; if False, TensorFlow can still differentiate the
            loop, more slowly.

    Returns:
        Every state: one <float>[T, B, U] for each tensor of the state; the first is the outputs.
    """
    if not training:
        return _forward(cell, inputs, weights, state)
    structure = (weights, state)

    @tf.custom_gradient
    def run(inputs: tf.Tensor, *flat: tf.Tensor) -> tuple[State, Callable[..., Any]]:
        weights, state = tf.nest.pack_sequence_as(structure, flat)
        states = compiled_once(_forward, cell)(inputs, weights, state)

        def gradient(*d_states: tf.Tensor) -> list[tf.Tensor]:
            backward = compiled_once(_backward, cell)
            d_inputs, d_vectors, d_state, used, slopes = backward(
                inputs, weights, state, states, d_states
            )
            d_matrices = iter(
                tf.matmul(flat_rows(values), flat_rows(slope), transpose_a=True)
                for values, slope in zip(used, slopes, strict=True)
            )
            d_vectors = iter(d_vectors)
            d_weights = (
                next(d_matrices if _is_matrix(weight) else d_vectors)
                for weight in tf.nest.flatten(weights)
            )
            return [d_inputs, *d_weights, *d_state]

        return states, gradient

    return run(inputs, *tf.nest.flatten(structure))


def _forward(
    cell: type[Cell], inputs: tf.Tensor, weights: CellWeights, state: State
) -> tuple[tf.Tensor, ...]:
    """The states, each <float>[T, B, U]."""
    length = inputs.shape[0] or tf.shape(inputs)[0]
    arrays = _arrays(inputs.dtype, length, len(state))

    def step(
        time: tf.Tensor, state: State, history: tuple[tf.TensorArray, ...]
    ) -> tuple[tf.Tensor, State, tuple[tf.TensorArray, ...]]:
        projected, recurrent = cell.shares(inputs[time], state[0], weights, tf.matmul)
        state = tuple(cell.step(projected, recurrent, state, weights.extra))
        return time + 1, state, write_step(history, time, state)

    _, _, history = tf.while_loop(
        lambda time, *_: time < length, step, (0, tuple(state), arrays), maximum_iterations=length
    )
    widths = [value.shape[-1] for value in state]
    return _stack(history, inputs, widths)


def _backward(
    cell: type[Cell],
    inputs: tf.Tensor,
    weights: CellWeights,
    state: State,
    states: State,
    d_states: tuple[tf.Tensor, ...],
) -> tuple[Any, ...]:
    """Back-propagation through time.

    Returns:
        The gradients of `inputs` <float>[T, B, D], of the vectors among the weights and of the
        first state; for each matrix the values that it multiplied <float>[T, B, K] and the
        gradients of their products <float>[T, B, N].
    """
    length = inputs.shape[0] or tf.shape(inputs)[0]
    flat = tf.nest.flatten(weights)
    matrices = [weight for weight in flat if _is_matrix(weight)]
    vectors = tuple(weight for weight in flat if not _is_matrix(weight))
    earlier = tuple(
        tf.concat([first[None], later[:-1]], axis=0)
        for first, later in zip(state, states, strict=True)
    )  # the state before each step, [T, B, U]

    def step(
        time: tf.Tensor,
        d_state: State,
        d_vectors: tuple[tf.Tensor, ...],
        arrays: tuple[tf.TensorArray, ...],
    ) -> tuple[tf.Tensor, State, tuple[tf.Tensor, ...], tuple[tf.TensorArray, ...]]:
        values = inputs[time]
        before = tuple(whole[time] for whole in earlier)
        used, products = [None] * len(matrices), [None] * len(matrices)

        def multiply(left: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
            number = next(index for index, one in enumerate(matrices) if one is matrix)
            used[number], products[number] = left, tf.matmul(left, matrix)
            return products[number]

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch((values, before, vectors))
            projected, recurrent = cell.shares(values, before[0], weights, multiply)
            after = cell.step(projected, recurrent, before, weights.extra)
        d_after = tuple(
            carried + outer[time] for carried, outer in zip(d_state, d_states, strict=True)
        )
        d_values, d_before, d_new, slopes = tape.gradient(
            after,
            (values, before, vectors, tuple(products)),
            output_gradients=d_after,
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        arrays = write_step(arrays, time, (d_values, *used, *slopes))
        d_vectors = tuple(old + new for old, new in zip(d_vectors, d_new, strict=True))
        return time - 1, d_before, d_vectors, arrays

    widths = [
        inputs.shape[-1],
        *(matrix.shape[0] for matrix in matrices),
        *(matrix.shape[1] for matrix in matrices),
    ]
    zeros = tuple(tf.zeros_like(value) for value in state)
    _, d_state, d_vectors, arrays = tf.while_loop(
        lambda time, *_: time >= 0,
        step,
        (
            length - 1,
            zeros,
            tuple(tf.zeros_like(vector) for vector in vectors),
            _arrays(inputs.dtype, length, len(widths)),
        ),
        maximum_iterations=length,
    )
    d_inputs, *pairs = _stack(arrays, inputs, widths)
    return d_inputs, d_vectors, d_state, pairs[: len(matrices)], pairs[len(matrices) :]


def _arrays(dtype: tf.DType, length: Any, count: int) -> tuple[tf.TensorArray, ...]:
    return tuple(tf.TensorArray(dtype, length, element_shape=(None, None)) for _ in range(count))


def _stack(
    arrays: Sequence[tf.TensorArray], inputs: tf.Tensor, widths: Sequence[int]
) -> tuple[tf.Tensor, ...]:
    """Whole sequences, each <float>[T, B, width]."""
    return tuple(
        tf.ensure_shape(array.stack(), (*inputs.shape[:2], width))
        for array, width in zip(arrays, widths, strict=True)
    )


def _is_matrix(weight: tf.Tensor) -> bool:
    return weight.shape.rank == 2
