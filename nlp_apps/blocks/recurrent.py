"""A recurrent layer: one cell along one direction of a sequence, whole or one step at a time.

Letters in shapes: B batch, K rows that share a memory (beams), T time, D input size, U units.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.cells import CELLS, State
from nlp_apps.blocks.dropout import WeightDrop
from nlp_apps.blocks.gates import Gates, gates
from nlp_apps.blocks.scan import scan

KERAS_LAYERS: dict[str, type[keras.layers.Layer]] = {
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
}
"""Cells that have a cuDNN kernel: Keras's layer owns their weights and runs them on a GPU."""


def last_valid(values: tf.Tensor, lengths: tf.Tensor | None) -> tf.Tensor:
    """The value at each row's last real position: <float>[B, T, U] and <int32>[B] to <float>[B, U].

    A row of length 0 gives its first position; without lengths, every row is real to its end.
    """
    if lengths is None:
        return values[:, -1]
    return tf.gather(values, tf.maximum(lengths - 1, 0), axis=1, batch_dims=1)


def matmul_last(values: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """Multiplies the last axis, as one 2-D product.

    Args:
        values: <float>[..., D].
        matrix: <float>[D, U].

    Returns:
        <float>[..., U].
    """
    if values.shape.rank == 2:
        return tf.matmul(values, matrix)
    product = tf.matmul(tf.reshape(values, (-1, matrix.shape[0])), matrix)
    product = tf.reshape(product, tf.concat([tf.shape(values)[:-1], [matrix.shape[1]]], axis=0))
    return tf.ensure_shape(product, (*values.shape[:-1], matrix.shape[1]))


class Recurrent(keras.layers.Layer):
    """Runs a cell over a sequence that is padded on the right, or takes a single step.

    Padding costs nothing and changes nothing: forward, what stands right of a real token cannot
    reach it; backward, each row is reversed within its own length. Outputs at padded positions are
    meaningless and must be masked later.

    Args:
        cell: "lstm", "gru", "rnn", "peephole" or "cifg".
        units: size of the output, at least 1.
        backward: True to read from the last real token to the first; outputs stay in reading order
            of the input.
        weight_drop: share of the recurrent matrix that is dropped in training (`WeightDrop`).
        use_keras: True to run Keras's own layer (cuDNN on a GPU). Default: where a GPU is visible
            and Keras has the cell; never with `weight_drop`, which Keras's layers do not have.

    Attributes:
        use_keras: see above; may be set later.
        forward_only: False; True promises that nobody will ask for gradients, as of a served model.
        runner: takes (inputs, lengths, state) and gives what `call` gives, in its place: for graphs
            that must not have the loops of training. None: the layer runs by itself.

    Raises:
        ValueError: the cell is unknown.
    """

    runner: Callable[[tf.Tensor, tf.Tensor | None, State | None], tuple[tf.Tensor, State]] | None

    def __init__(
        self,
        cell: str,
        units: int,
        *,
        backward: bool = False,
        weight_drop: float = 0.0,
        use_keras: bool | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ValueError(f"cell must be one of {', '.join(CELLS)}; got {cell!r}")
        self.cell_name = cell
        self.cell = CELLS[cell]
        self.units = units
        self.backward = backward
        self.owner: Any = None
        if cell in KERAS_LAYERS:
            self.owner = KERAS_LAYERS[cell](
                units, return_sequences=True, return_state=True, dtype=self.dtype_policy, name=cell
            )
        if use_keras is None:
            use_keras = bool(tf.config.list_logical_devices("GPU"))
        self.use_keras = use_keras and self.owner is not None and not weight_drop
        self.inference_only = False
        self.drop_weights = WeightDrop(weight_drop)
        self.runner = None

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs of a shape <float>[B, T, D], of which D must be known."""
        input_size, width = input_shape[-1], self.cell.num_gates * self.units
        if self.owner is not None:
            self.owner.build((None, None, input_size))
            return
        self.kernel = self.add_weight(
            (input_size, width), name="kernel", initializer="glorot_uniform"
        )
        self.recurrent_kernel = self.add_weight(
            (self.units, width), name="recurrent_kernel", initializer="orthogonal"
        )
        self.bias = self.add_weight((width,), name="bias", initializer=self._first_bias)
        self.extra = [
            self.add_weight((self.units,), name=name, initializer="zeros")
            for name in self.cell.parameters
        ]

    def _first_bias(self, shape: Sequence[int], dtype: Any = None) -> tf.Tensor:
        """Zeros, but ones at the forget gate: a cell remembers until it learns to forget."""
        gates = tf.range(shape[0]) // self.units
        is_forget = -1 if self.cell.forget_gate is None else self.cell.forget_gate
        return tf.cast(tf.equal(gates, is_forget), dtype or tf.float32)

    def _weights(self) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """Kernel <float>[D, G*U], recurrent kernel <float>[U, G*U], bias <float>[G*U], the rest."""
        if self.owner is None:
            found = [self.kernel, self.recurrent_kernel, self.bias, *self.extra]
        else:
            keras_cell = self.owner.cell
            bias = keras_cell.bias
            biases = [bias] if len(bias.shape) == 1 else [bias[0], bias[1]]  # GRU has two rows
            found = [keras_cell.kernel, keras_cell.recurrent_kernel, *biases]
        kernel, recurrent_kernel, bias, *extra = (
            tf.cast(tf.convert_to_tensor(weight), self.compute_dtype) for weight in found
        )
        return kernel, recurrent_kernel, bias, extra

    def initial_state(self, batch_size: int | tf.Tensor) -> State:
        """A state of zeros, each <float>[B, U]."""
        zeros = tf.zeros((batch_size, self.units), self.compute_dtype)
        return (zeros,) * self.cell.state_size

    def call(
        self,
        inputs: tf.Tensor,
        lengths: tf.Tensor | None = None,
        state: State | None = None,
        training: bool = False,
    ) -> tuple[tf.Tensor, State]:
        """Runs over a whole sequence.

        Args:
            inputs: <float>[B, T, D], padded on the right.
            lengths: <int32>[B], the number of real positions in each row; default: all T.
            state: the first state; default: zeros.
            training: drop weights.

        Returns:
            outputs <float>[B, T, U] and the state after each row's last real position.
        """
        if self.runner is not None:
            return self.runner(inputs, lengths, state)
        if self.backward:
            inputs = self._reverse(inputs, lengths)
        if self.use_keras:
            outputs, state = self._run_keras(inputs, lengths, state)
        else:
            outputs, state = self._run_scan(inputs, lengths, state, training)
        if self.backward:
            outputs = self._reverse(outputs, lengths)
        return outputs, state

    def _run_scan(
        self, inputs: tf.Tensor, lengths: tf.Tensor | None, state: State | None, training: bool
    ) -> tuple[tf.Tensor, State]:
        kernel, recurrent_kernel, bias, extra = self._weights()
        recurrent_kernel = self.drop_weights(recurrent_kernel, training=training)
        batch_size = inputs.shape[0] or tf.shape(inputs)[0]
        if state is None:
            state = self.initial_state(batch_size)
        projected = matmul_last(tf.transpose(inputs, (1, 0, 2)), kernel) + bias  # [T, B, G*U]
        time_first = scan(
            self.cell,
            projected,
            tuple(state),
            recurrent_kernel,
            extra,
            inference_only=self.inference_only,
        )
        states = [tf.transpose(values, (1, 0, 2)) for values in time_first]  # [B, T, U]
        return states[0], tuple(last_valid(values, lengths) for values in states)

    def _run_keras(
        self, inputs: tf.Tensor, lengths: tf.Tensor | None, state: State | None
    ) -> tuple[tf.Tensor, State]:
        mask = None
        if lengths is not None:
            # cuDNN takes no row of length 0, and Keras refuses one: like `last_valid`, it gets 1.
            mask = tf.sequence_mask(tf.maximum(lengths, 1), tf.shape(inputs)[1])
        outputs, *after = self.owner(
            inputs, mask=mask, initial_state=None if state is None else list(state)
        )
        return outputs, tuple(after)

    @staticmethod
    def _reverse(values: tf.Tensor, lengths: tf.Tensor | None) -> tf.Tensor:
        if lengths is None:
            return tf.reverse(values, axis=[1])
        return tf.reverse_sequence(values, lengths, seq_axis=1, batch_axis=0)

    def step(self, inputs: tf.Tensor, state: State) -> State:
        """Takes one step.

        Args:
            inputs: <float>[..., D].
            state: the last state, each <float>[..., U].

        Returns:
            The new state, whose first tensor is the output.
        """
        projected, recurrent, extra = self._shares(inputs, state)
        return tuple(self.cell.advance(projected, recurrent, state, extra))

    def gates(self, inputs: tf.Tensor, state: State, after: State) -> Gates:
        """What the gates were in the step from `state` to `after`.

        Args:
            inputs: <float>[..., D].
            state: the state before the step, each <float>[..., U].
            after: the state after it.

        Raises:
            ValueError: the cell has no gates.
        """
        projected, recurrent, extra = self._shares(inputs, state)
        return gates(self.cell, projected, recurrent, state, after, extra)

    def _shares(
        self, inputs: tf.Tensor, state: State
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """What input and state give to every gate, each <float>[..., G*U], and further weights."""
        kernel, recurrent_kernel, bias, extra = self._weights()
        projected = matmul_last(tf.cast(inputs, self.compute_dtype), kernel) + bias
        return projected, matmul_last(state[0], recurrent_kernel), extra
