"""Recurrent layers for graphs of a `.tflite`: a loop that carries a state and fills a buffer.

Letters in shapes: T time, D input size, U units.

The loop takes as many steps as there are real positions, so a short sentence costs little in a
signature with room for a long one. `functools.partial(run, layer)` is a `Recurrent.runner`.
TensorArrays would need the Flex delegate.
"""

from collections.abc import Sequence

import tensorflow as tf
from tensorflow.compiler.tf2xla.ops import gen_xla_ops

from nlp_apps.blocks.cells import State
from nlp_apps.blocks.recurrent import Recurrent


def run(
    layer: Recurrent, inputs: tf.Tensor, lengths: tf.Tensor | None, state: State | None
) -> tuple[tf.Tensor, State]:
    """Runs over one sequence; as `Recurrent.call`, and backward too.

    Args:
        layer: the layer.
        inputs: <float32>[1, T, D], padded on the right.
        lengths: <int32>[1], real positions; default: all T.
        state: the first state; default: zeros.

    Returns:
        outputs <float32>[1, T, U], zeros at padded positions, and the state after the last real
        position.
    """
    room, width = inputs.shape[1], inputs.shape[2]
    length = tf.constant(room) if lengths is None else lengths[0]
    state = layer.initial_state(1) if state is None else tuple(state)

    def step(
        count: tf.Tensor, state: State, outputs: tf.Tensor
    ) -> tuple[tf.Tensor, State, tf.Tensor]:
        time = length - 1 - count if layer.backward else count
        here = tf.slice(inputs, tf.stack([0, time, 0]), (1, 1, width))
        state = layer.step(tf.reshape(here, (1, width)), state)
        return count + 1, state, put(outputs, state[0][None], time)

    _, state, outputs = tf.while_loop(
        lambda count, *_: count < length,
        step,
        (0, state, nothing(length, (1, room, layer.units))),
    )
    return outputs, state


def nothing(length: tf.Tensor, shape: Sequence[int]) -> tf.Tensor:
    """Zeros <float32> of a shape, which depend on a length <int32>[] so that no file holds them."""
    return tf.fill(shape, tf.cast(tf.minimum(length, 0), tf.float32))


def put(buffer: tf.Tensor, values: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
    """Overwrites positions of a buffer.

    Args:
        buffer: <any>[1, T, D].
        values: <any>[1, n, D].
        place: <int32>[], the first of the n positions.

    Returns:
        The new buffer.
    """
    return gen_xla_ops.xla_dynamic_update_slice(buffer, values, tf.stack([0, place, 0]))
