"""Runs a linear cell along time in log2(T) steps, by a parallel scan.

Letters in shapes: T time, B batch, U units, G gates times units.

Two steps h' = a * h + b are one such step: a = a_2 * a_1, b = a_2 * b_1 + b_2 (Blelloch 1990,
section 1.4). So pairs of steps are composed, the states after every pair are solved in the same
way, and those in between follow from them: 2 T compositions in all. Every a is from 0 to 1, so that
no product of them overflows.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from nlp_apps.blocks.cells.cell import State
from nlp_apps.blocks.cells.linear_cell import LinearCell
from nlp_apps.blocks.split_step import compiled_once


def linear_scan(
    cell: type[LinearCell], projected: tf.Tensor, bias: tf.Tensor, state: State
) -> State:
    """Runs a linear cell over every step of a sequence, for training.

    Args:
        cell: has the equations; its weights are arguments.
        projected: <float>[T, B, G], inputs times kernel, time first; T is static.
        bias: <float>[G].
        state: the first state, one <float>[B, U].

    Returns:
        Every state, one <float>[T, B, U].
    """

    @tf.custom_gradient
    def run(
        projected: tf.Tensor, bias: tf.Tensor, first: tf.Tensor
    ) -> tuple[tf.Tensor, Callable[..., Any]]:
        states = compiled_once(_forward, cell)(projected, bias, first)

        def gradient(d_states: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            return compiled_once(_backward, cell)(projected, bias, first, states, d_states)

        return states, gradient

    return (run(projected, bias, state[0]),)


def _forward(
    cell: type[LinearCell], projected: tf.Tensor, bias: tf.Tensor, first: tf.Tensor
) -> tf.Tensor:
    """The states <float>[T, B, U]."""
    a, b = cell.coefficients(tf.cast(projected, bias.dtype) + bias)
    return _solve(a, tf.concat([(a[0] * first + b[0])[None], b[1:]], axis=0))


def _backward(
    cell: type[LinearCell],
    projected: tf.Tensor,
    bias: tf.Tensor,
    first: tf.Tensor,
    states: tf.Tensor,
    d_states: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The gradients of `projected`, the bias and the first state.

    The gradient of a state is linear in that of the next one: d_t + a_(t+1) * gradient_(t+1).
    """
    inputs = tf.cast(projected, bias.dtype) + bias
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(inputs)
        a, b = cell.coefficients(inputs)
    later = tf.concat([a[1:], tf.zeros_like(a[:1])], axis=0)
    d_b = tf.reverse(_solve(tf.reverse(later, axis=[0]), tf.reverse(d_states, axis=[0])), axis=[0])
    d_a = d_b * tf.concat([first[None], states[:-1]], axis=0)
    d_inputs = tape.gradient((a, b), inputs, output_gradients=(d_a, d_b))
    d_projected = tf.cast(d_inputs, projected.dtype)
    return d_projected, tf.reduce_sum(d_inputs, axis=[0, 1]), a[0] * d_b[0]


def _solve(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Solves h_t = a_t * h_(t-1) + b_t from h = 0: <float>[T, B, U] each."""
    length = a.shape[0]
    if length == 1:
        return b
    paired = length - length % 2
    a_1, a_2, b_1, b_2 = a[0:paired:2], a[1:paired:2], b[0:paired:2], b[1:paired:2]
    after_pairs = _solve(a_2 * a_1, a_2 * b_1 + b_2)  # [T/2, B, U]
    starts = tf.concat([tf.zeros_like(b[:1]), after_pairs[:-1]], axis=0)
    between = a_1 * starts + b_1
    states = tf.reshape(tf.stack([between, after_pairs], axis=1), (paired, -1, b.shape[-1]))
    if paired == length:
        return states
    return tf.concat([states, a[-1:] * states[-1:] + b[-1:]], axis=0)
