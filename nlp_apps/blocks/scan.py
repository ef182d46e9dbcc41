"""Runs a cell along time, with a backward pass that keeps matrix products out of the loop.

Letters in shapes: T time, B batch, U units, G gates times units, K width of a convolution.

Differentiating a loop the ordinary way adds up the gradient of the recurrent matrix step by step: T
small products and T passes over the whole matrix. Here the backward loop only carries dh and dc,
stores each step's gate gradients, and the matrix's gradient is one product over all steps at the
end (as in cuDNN; Appleyard et al. 2016, section 3).

The state of a convolutional cell is a grid: B is then batch and letters, and each letter also sees
its neighbours' last output (`unfold`).
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from nlp_apps.blocks.cells.cell import Cell, State
from nlp_apps.blocks.split_scan import split_scan
from nlp_apps.blocks.split_step import compiled_once, has_many_rows
from nlp_apps.blocks.time_steps import flat_rows, write_step
from nlp_apps.blocks.unfold import fold, unfold


def scan(
    cell: type[Cell],
    projected: tf.Tensor,
    bias: tf.Tensor,
    state: State,
    recurrent_kernel: tf.Tensor | None,
    extra: Sequence[tf.Tensor] = (),
    *,
    width: int = 1,
    training: bool = True,
) -> State:
    """Runs a cell over every step of a sequence.

    Args:
        cell: has the equations; its weights are arguments.
        projected: <float>[T, B, G], inputs times kernel, time first.
        bias: <float>[G].
        state: the first state, each <float>[B, U].
        recurrent_kernel: <float>[K*U, G]; None for a linear cell outside training.
        extra: the cell's further weights.
        width: K, letters of a grid whose last output is read at once; 1: the state is no grid.
        training: use the backward pass above; if False, keep nothing for it (TensorFlow can still
            differentiate the loop, more slowly).

    Returns:
        Every state: one <float>[T, B, U] for each tensor of the state; the first is the outputs.
    """
    num_states = len(state)
    if not training:
        return _forward(cell, width, False, projected, bias, state, recurrent_kernel, extra)
    if has_many_rows() and width == 1:
        return split_scan(cell, projected, bias, state, recurrent_kernel, extra)

    @tf.custom_gradient
    def run(
        projected: tf.Tensor, bias: tf.Tensor, recurrent_kernel: tf.Tensor, *rest: tf.Tensor
    ) -> tuple[State, Callable[..., State]]:
        state, extra = rest[:num_states], rest[num_states:]
        forward = compiled_once(_forward, cell, width, True)
        kept = forward(projected, bias, state, recurrent_kernel, extra)
        states, recurrents = kept[:-1], kept[-1]

        def gradient(*d_states: tf.Tensor, variables: Any = None) -> State:
            del variables  # weights come as arguments, never captured
            backward = compiled_once(_backward, cell, width)
            d_projected, d_bias, d_recurrents, d_state, d_extra = backward(
                projected, bias, state, recurrent_kernel, extra, states, recurrents, d_states
            )
            earlier = tf.concat([state[0][None], states[0][:-1]], axis=0)
            earlier = unfold(tf.cast(earlier, d_recurrents.dtype), width)
            d_kernel = tf.matmul(flat_rows(earlier), flat_rows(d_recurrents), transpose_a=True)
            d_kernel = tf.cast(d_kernel, recurrent_kernel.dtype)
            return (d_projected, d_bias, d_kernel, *d_state, *d_extra)

        return states, gradient

    return run(projected, bias, recurrent_kernel, *state, *extra)


def _forward(
    cell: type[Cell],
    width: int,
    keep_recurrents: bool,
    projected: tf.Tensor,
    bias: tf.Tensor,
    state: State,
    recurrent_kernel: tf.Tensor | None,
    extra: Sequence[tf.Tensor],
) -> tuple[tf.Tensor, ...]:
    """The states <float>[T, B, U]; last, if kept, the products <float>[T, B, G] that made them."""
    length = projected.shape[0] or tf.shape(projected)[0]
    projected = tf.cast(projected, bias.dtype) + bias
    sizes = [value.shape[-1] for value in state]
    if keep_recurrents:
        sizes.append(projected.shape[-1])
    unknown = (None,) * len(projected.shape[1:])
    arrays = tuple(tf.TensorArray(projected.dtype, length, element_shape=unknown) for _ in sizes)

    def step(
        time: tf.Tensor, state: State, history: tuple[tf.TensorArray, ...]
    ) -> tuple[tf.Tensor, State, tuple[tf.TensorArray, ...]]:
        recurrent = None
        if recurrent_kernel is not None:
            recurrent = _product(unfold(state[0], width), recurrent_kernel)
        state = tuple(cell.step(projected[time], recurrent, state, extra))
        kept = (*state, recurrent) if keep_recurrents else state
        history = write_step(history, time, kept)
        return time + 1, state, history

    _, _, history = tf.while_loop(
        lambda time, *_: time < length,
        step,
        (0, tuple(state), arrays),
        maximum_iterations=length,
    )
    return tuple(
        tf.ensure_shape(array.stack(), (*projected.shape[:-1], size))
        for array, size in zip(history, sizes, strict=True)
    )


def _backward(
    cell: type[Cell],
    width: int,
    projected: tf.Tensor,
    bias: tf.Tensor,
    state: State,
    recurrent_kernel: tf.Tensor,
    extra: Sequence[tf.Tensor],
    states: State,
    recurrents: tf.Tensor,
    d_states: Sequence[tf.Tensor],
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, State, tuple[tf.Tensor, ...]]:
    """Back-propagation through time.

    Returns:
        The gradients of `projected` <float>[T, B, G], of the bias, of the products with the
        recurrent matrix <float>[T, B, G], of the first state and of the further weights.
    """
    length = projected.shape[0] or tf.shape(projected)[0]
    dtype, projected = projected.dtype, tf.cast(projected, bias.dtype) + bias
    earlier = tuple(
        tf.concat([first[None], later[:-1]], axis=0)
        for first, later in zip(state, states, strict=True)
    )  # the state before each step, [T, B, U]
    transposed = tf.transpose(recurrent_kernel)
    num_arrays = 1 if cell.additive else 2
    unknown = (None,) * len(projected.shape[1:])
    arrays = tuple(
        tf.TensorArray(projected.dtype, length, element_shape=unknown) for _ in range(num_arrays)
    )

    def step(
        time: tf.Tensor,
        d_state: State,
        d_extra: tuple[tf.Tensor, ...],
        d_gates: tuple[tf.TensorArray, ...],
    ) -> tuple[tf.Tensor, State, tuple[tf.Tensor, ...], tuple[tf.TensorArray, ...]]:
        before = tuple(values[time] for values in earlier)
        inputs, recurrent = projected[time], recurrents[time]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            watched = (inputs, recurrent, before, tuple(extra))
            tape.watch(watched)
            after = cell.step(inputs, recurrent, before, extra)
        d_after = tuple(
            carried + outer[time] for carried, outer in zip(d_state, d_states, strict=True)
        )
        d_inputs, d_recurrent, d_before, d_new = tape.gradient(
            after,
            watched,
            output_gradients=d_after,
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        d_h = d_before[0] + fold(_product(d_recurrent, transposed), width)
        values = (d_inputs, d_recurrent)[:num_arrays]
        d_gates = write_step(d_gates, time, values)
        d_extra = tuple(old + new for old, new in zip(d_extra, d_new, strict=True))
        return time - 1, (d_h, *d_before[1:]), d_extra, d_gates

    zeros = tuple(tf.zeros_like(value) for value in state)
    _, d_state, d_extra, d_gates = tf.while_loop(
        lambda time, *_: time >= 0,
        step,
        (length - 1, zeros, tuple(tf.zeros_like(value) for value in extra), arrays),
        maximum_iterations=length,
    )
    stacked = [tf.ensure_shape(array.stack(), projected.shape) for array in d_gates]
    d_bias = tf.reduce_sum(stacked[0], axis=list(range(len(projected.shape) - 1)))
    d_projected, d_recurrents = (tf.cast(values, dtype) for values in (stacked[0], stacked[-1]))
    return d_projected, d_bias, d_recurrents, d_state, d_extra


def _product(values: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """Multiplies the last axis: <float>[..., D] by <float>[D, U], as one 2-D product."""
    if values.shape.rank == 2:
        return tf.matmul(values, matrix)
    shape = tf.concat([tf.shape(values)[:-1], [matrix.shape[1]]], axis=0)
    product = tf.reshape(tf.matmul(flat_rows(values), matrix), shape)
    return tf.ensure_shape(product, (*values.shape[:-1], matrix.shape[1]))
