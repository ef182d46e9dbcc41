"""The loop over time of a `.tflite`: it carries a state and fills a buffer.

Letters in shapes: T time, D input size, U units.

The loop runs as many steps as there are real positions, so that a short sentence costs little in a
signature of a large static length. TensorArrays would need the Flex delegate.
"""

from collections.abc import Sequence

import tensorflow as tf
from tensorflow.compiler.tf2xla.ops import gen_xla_ops

from nlp_apps.blocks.cells.cell import State
from nlp_apps.blocks.recurrent import Recurrent


def run(
    layer: Recurrent, inputs: tf.Tensor, length: tf.Tensor, state: State | None = None
) -> tuple[tf.Tensor, State]:
    """Runs a layer over one sequence, in its direction.

    Args:
        layer: the layer.
        inputs: <float32>[1, T, D], padded on the right.
        length: <int32>[], real positions.
        state: the first state; default: zeros.

    Returns:
        outputs <float32>[1, T, U], zeros at padded positions, and the state after the last real
        position.
    """
    max_length, width = inputs.shape[1], inputs.shape[2]
    state = layer.get_initial_state(1) if state is None else tuple(state)

    def step(
        count: tf.Tensor, state: State, outputs: tf.Tensor
    ) -> tuple[tf.Tensor, State, tf.Tensor]:
        time = length - 1 - count if layer.backward else count
        here = tf.slice(inputs, tf.stack([0, time, 0]), (1, 1, width))
        state = layer.step(tf.reshape(here, (1, width)), state)
        return count + 1, state, write(outputs, state[0][None], time)

    _, state, outputs = tf.while_loop(
        lambda count, *_: count < length,
        step,
        (0, state, zeros(length, (1, max_length, layer.units))),
    )
    return outputs, state


def zeros(length: tf.Tensor, shape: Sequence[int]) -> tf.Tensor:
    """Returns zeros <float32> that depend on a length <int32>[], so that no file holds them."""
    return tf.fill(shape, tf.cast(tf.minimum(length, 0), tf.float32))


def write(buffer: tf.Tensor, values: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
    """Overwrites positions of a buffer.

    Args:
        buffer: <any>[1, T, D].
        values: <any>[1, n, D].
        start: <int32>[], the first of the n positions.

    Returns:
        The new buffer.
    """
    return gen_xla_ops.xla_dynamic_update_slice(buffer, values, tf.stack([0, start, 0]))
