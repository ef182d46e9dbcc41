"""Runs a cell along time whose products are operations of TensorFlow, one a step.

Letters in shapes: T time, B batch, U units, G gates times units.

The loop of `scan.py` is compiled as a whole, products included. With many rows they need most of
its time, and TensorFlow's product in bfloat16 is up to twice as fast. Here the loop is one of
TensorFlow, and a step is that product and a compiled function of everything else, which does not
depend on the length. With few rows the calls would cost more than the products save.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from nlp_apps.blocks.cells.cell import Cell, State
from nlp_apps.blocks.split_step import compiled_once, product_dtype
from nlp_apps.blocks.time_steps import flat_rows, write_step


def split_scan(
    cell: type[Cell],
    projected: tf.Tensor,
    bias: tf.Tensor,
    state: State,
    recurrent_kernel: tf.Tensor,
    extra: Sequence[tf.Tensor] = (),
) -> State:
    """Runs a cell over every step of a sequence, in training, within `split_step`.

    States, gates and their gradients are computed in float32. In mixed precision, outputs are
    rounded to bfloat16 for the next product, and the products and their gradients are rounded too.

    Args:
        cell: has the equations; its weights are arguments.
        projected: <float>[T, B, G], inputs times kernel, time first.
        bias: <float>[G].
        state: the first state, each <float>[B, U].
        recurrent_kernel: <float>[U, G].
        extra: the cell's further weights.

    Returns:
        Every state: one <float>[T, B, U] for each tensor of the state; the first is the outputs.
    """
    num_states = len(state)

    @tf.custom_gradient
    def run(
        projected: tf.Tensor, bias: tf.Tensor, recurrent_kernel: tf.Tensor, *rest: tf.Tensor
    ) -> tuple[State, Callable[..., State]]:
        state, extra = rest[:num_states], rest[num_states:]
        kernel = tf.cast(recurrent_kernel, product_dtype())
        whole, outputs, products = _forward(cell, projected, bias, state, kernel, extra)

        def gradient(*d_states: tf.Tensor, variables: Any = None) -> State:
            del variables  # weights come as arguments, never captured
            earlier = tuple(values[:-1] for values in whole)
            d_inputs, d_products, d_state, d_extra = _backward(
                cell, projected, bias, kernel, extra, earlier, products, d_states
            )
            d_kernel = tf.matmul(flat_rows(outputs), flat_rows(d_products), transpose_a=True)
            ones = tf.ones_like(flat_rows(d_inputs)[:, :1])  # a product adds faster than a sum
            d_bias = tf.matmul(ones, flat_rows(d_inputs), transpose_a=True)[0]
            return (
                tf.cast(d_inputs, projected.dtype),
                tf.cast(d_bias, bias.dtype),
                tf.cast(d_kernel, recurrent_kernel.dtype),
                *d_state,
                *d_extra,
            )

        return tuple(values[1:] for values in whole), gradient

    return run(projected, bias, recurrent_kernel, *state, *extra)


def _forward(
    cell: type[Cell],
    projected: tf.Tensor,
    bias: tf.Tensor,
    state: State,
    kernel: tf.Tensor,
    extra: Sequence[tf.Tensor],
) -> tuple[State, tf.Tensor, tf.Tensor]:
    """Runs the cell forward.

    Returns:
        The first state and all others, each <float>[T+1, B, U]; outputs that the steps multiplied,
        <float>[T, B, U]; and their products <float>[T, B, G].
    """
    advance = compiled_once(_advance, cell)
    length = _length(projected)
    states = tuple(_array(value.dtype, length + 1).write(0, value) for value in state)
    used = (_array(kernel.dtype, length), _array(kernel.dtype, length))

    def step(
        time: tf.Tensor, state: State, output: tf.Tensor, states: Any, used: Any
    ) -> tuple[tf.Tensor, State, tf.Tensor, Any, Any]:
        product = tf.matmul(output, kernel)
        used = write_step(used, time, (output, product))
        state, output = advance(projected[time], bias, product, state, extra)
        return time + 1, state, output, write_step(states, time + 1, state), used

    *_, states, used = tf.while_loop(
        lambda time, *_: time < length,
        step,
        (0, tuple(state), tf.cast(state[0], kernel.dtype), states, used),
        maximum_iterations=length,
    )
    outputs, products = (array.stack() for array in used)
    return tuple(array.stack() for array in states), outputs, products


def _advance(
    cell: type[Cell],
    projected: tf.Tensor,
    bias: tf.Tensor,
    product: tf.Tensor,
    state: State,
    extra: Sequence[tf.Tensor],
) -> tuple[State, tf.Tensor]:
    """The next state, and its output in the dtype of `product`."""
    inputs, recurrent = _gate_inputs(projected, bias, product)
    state = tuple(cell.step(inputs, recurrent, state, extra))
    return state, tf.cast(state[0], product.dtype)


def _backward(
    cell: type[Cell],
    projected: tf.Tensor,
    bias: tf.Tensor,
    kernel: tf.Tensor,
    extra: Sequence[tf.Tensor],
    earlier: State,
    products: tf.Tensor,
    d_states: Sequence[tf.Tensor],
) -> tuple[tf.Tensor, tf.Tensor, State, tuple[tf.Tensor, ...]]:
    """Back-propagation through time.

    Returns:
        The gradients of the inputs of the gates and of the products, each <float>[T, B, G], of
        the first state and of the further weights.
    """
    retreat = compiled_once(_retreat, cell)
    length = _length(projected)
    num_arrays = 1 if cell.additive else 2
    arrays = tuple(_array(kernel.dtype, length) for _ in range(num_arrays))

    def step(
        time: tf.Tensor, d_state: State, d_output: tf.Tensor, d_extra: State, arrays: Any
    ) -> tuple[tf.Tensor, State, tf.Tensor, State, Any]:
        d_gates, d_state, d_extra = retreat(
            projected[time],
            bias,
            products[time],
            tuple(values[time] for values in earlier),
            extra,
            (d_state, d_output, tuple(values[time] for values in d_states)),
            d_extra,
        )
        d_output = tf.matmul(d_gates[-1], kernel, transpose_b=True)
        return time - 1, d_state, d_output, d_extra, write_step(arrays, time, d_gates)

    zeros = tuple(tf.zeros_like(values[0]) for values in earlier)
    _, d_state, d_output, d_extra, arrays = tf.while_loop(
        lambda time, *_: time >= 0,
        step,
        (
            length - 1,
            zeros,
            tf.cast(zeros[0], kernel.dtype),
            tuple(tf.zeros_like(value) for value in extra),
            arrays,
        ),
        maximum_iterations=length,
    )
    stacked = [array.stack() for array in arrays]
    first = d_state[0] + tf.cast(d_output, d_state[0].dtype)
    return stacked[0], stacked[-1], (first, *d_state[1:]), d_extra


def _retreat(
    cell: type[Cell],
    projected: tf.Tensor,
    bias: tf.Tensor,
    product: tf.Tensor,
    before: State,
    extra: Sequence[tf.Tensor],
    d_after: tuple[State, tf.Tensor, State],
    d_extra: Sequence[tf.Tensor],
) -> tuple[tuple[tf.Tensor, ...], State, tuple[tf.Tensor, ...]]:
    """Back-propagation through one step.

    Args:
        cell: has the equations.
        projected: <float>[B, G].
        bias: <float>[G].
        product: <float>[B, G].
        before: the state before the step, each <float>[B, U].
        extra: the cell's further weights.
        d_after: gradients of the state after the step: by the next step, by its product
            <float>[B, U], and by everything that reads the states.
        d_extra: gradients of the further weights, of all later steps.

    Returns:
        The gradients of the gates' inputs and of `product` <float>[B, G], or their common one;
        of `before` without its product; and of the further weights, with those of later steps.
    """
    inputs, recurrent = _gate_inputs(projected, bias, product)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        watched = (inputs, recurrent, before, tuple(extra))
        tape.watch(watched)
        after = cell.step(inputs, recurrent, before, extra)
    carried, d_output, outer = d_after
    sums = [one + other for one, other in zip(carried, outer, strict=True)]
    sums[0] += tf.cast(d_output, sums[0].dtype)
    d_inputs, d_recurrent, d_before, d_new = tape.gradient(
        after,
        watched,
        output_gradients=tuple(sums),
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    d_gates = (d_recurrent,) if cell.additive else (d_inputs, d_recurrent)
    return (
        tuple(tf.cast(value, product.dtype) for value in d_gates),
        d_before,
        tuple(old + new for old, new in zip(d_extra, d_new, strict=True)),
    )


def _gate_inputs(
    projected: tf.Tensor, bias: tf.Tensor, product: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    return tf.cast(projected, bias.dtype) + bias, tf.cast(product, bias.dtype)


def _length(projected: tf.Tensor) -> Any:
    return projected.shape[0] or tf.shape(projected)[0]


def _array(dtype: tf.DType, length: Any) -> tf.TensorArray:
    return tf.TensorArray(dtype, length, element_shape=(None, None))
