"""The recurrent cells: one step each, written as its paper writes it, gates beside the equations.

Letters in shapes: B batch, D input size, U units, G gates that a cell computes at once.

Every cell splits its work in three: `recurrent.py` does the first part for all positions in one
matrix product, the second once a step, and the third has no matrix product:

    projected = inputs @ kernel + bias                     <float>[B, G*U], all positions at once
    recurrent = h @ recurrent_kernel                       <float>[B, G*U], once a step
    state     = cell.step(projected, recurrent, state, extra)              element by element

`kernel`, `recurrent_kernel` and `bias` have the shapes and the gate order of `keras.layers.LSTM`,
`GRU` (reset_after) and `SimpleRNN`, so that weights move between the two unchanged. Every cell is a
Keras layer for `keras.layers.RNN`.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import keras
import tensorflow as tf

State = tuple[tf.Tensor, ...]
"""The state of a cell: `(h,)` or `(h, c)`, each <float>[B, U]. `h` is also its output."""

Gates = dict[str, tf.Tensor]
"""Each gate by its name, <float>[..., U], from 0 (closed) to 1 (open)."""


class CellWeights(NamedTuple):
    """The weights of one step, in the compute dtype.

    Attributes:
        kernel: <float>[D, G*U].
        recurrent_kernel: <float>[U, G*U].
        bias: <float>[G*U].
        extra: the cell's further weights, each <float>[U] or <float>[G*U].
    """

    kernel: tf.Tensor
    recurrent_kernel: tf.Tensor
    bias: tf.Tensor
    extra: tuple[tf.Tensor, ...]


class Cell(keras.layers.Layer):
    """A recurrent cell; subclasses have the equations, and a second base class the weights.

    Args:
        units: U, size of the output, at least 1.

    Attributes:
        num_gates: G, blocks of `units` columns in the matrices.
        num_states: tensors of the state; the first is the output `h`.
        additive: True if `step` only uses `projected + recurrent`, so that both have one gradient.
        extra_weights: names of further weights <float>[U] that `step` needs.
        forget_gate: index of the gate whose bias starts at 1 (Jozefowicz et al. 2015), or None.
        gate_names: keys of `gates`; empty for a cell without gates.
    """

    num_gates: ClassVar[int]
    num_states: ClassVar[int] = 2
    additive: ClassVar[bool] = True
    extra_weights: ClassVar[tuple[str, ...]] = ()
    forget_gate: ClassVar[int | None] = None
    gate_names: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, units: int, *, name: str | None = None, dtype: Any = None, trainable: bool = True
    ):
        super().__init__(units, name=name, dtype=dtype, trainable=trainable)

    @staticmethod
    def step(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, extra: Sequence[tf.Tensor]
    ) -> State:
        """Computes the next state.

        Args:
            projected: <float>[B, G*U], the input's share of every gate, bias included.
            recurrent: <float>[B, G*U], the last output's share of every gate.
            state: the last state.
            extra: the cell's further weights.
        """
        raise NotImplementedError

    @staticmethod
    def gates(
        projected: tf.Tensor,
        recurrent: tf.Tensor,
        state: State,
        after: State,
        extra: Sequence[tf.Tensor],
    ) -> Gates:
        """Computes the gates of the step from `state` to `after`; other arguments as in `step`.

        Training never calls it.

        Raises:
            ValueError: the cell has no gates.
        """
        raise ValueError("gates need a cell that has them: lstm, peephole, cifg or gru; got rnn")

    def weights_of_step(self) -> CellWeights:
        """Returns the weights in the compute dtype."""
        found = [self.kernel, self.recurrent_kernel, self.bias]
        found += [getattr(self, name) for name in self.extra_weights]
        kernel, recurrent_kernel, bias, *extra = (
            tf.cast(tf.convert_to_tensor(weight), self.compute_dtype) for weight in found
        )
        if bias.shape.rank == 2:  # a GRU of Keras has two rows: of the input, of the last output
            bias, *extra = tf.unstack(bias)
        return CellWeights(kernel, recurrent_kernel, bias, tuple(extra))

    def call(
        self, inputs: tf.Tensor, states: Sequence[tf.Tensor] | None = None
    ) -> tuple[tf.Tensor, State]:
        """Computes one step, for `keras.layers.RNN`.

        Args:
            inputs: <float>[B, D].
            states: the last state, each <float>[B, U]; default: zeros.

        Returns:
            The output <float>[B, U], and the new state.
        """
        if states is None:
            states = self.get_initial_state(tf.shape(inputs)[0])
        weights = self.weights_of_step()
        projected = tf.matmul(inputs, weights.kernel) + weights.bias
        recurrent = tf.matmul(states[0], weights.recurrent_kernel)
        state = self.step(projected, recurrent, tuple(states), weights.extra)
        return state[0], state

    def get_initial_state(self, batch_size: Any) -> list[tf.Tensor]:
        """Returns zeros, each <float>[B, U]."""
        zeros = tf.zeros((batch_size, self.units), self.compute_dtype)
        return [zeros] * self.num_states

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[Any, Any]:
        """Returns the shapes of the output and of the state."""
        shape = (input_shape[0], self.units)
        return shape, (shape,) * self.num_states

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**keras.layers.Layer.get_config(self), "units": self.units}


class CellVariables(keras.layers.Layer):
    """The weights of a cell that Keras lacks: kernel, recurrent kernel, bias, further ones."""

    def __init__(self, units: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = [units] * self.num_states
        self.output_size = units
        self.kernel_initializer = keras.initializers.GlorotUniform()
        self.recurrent_initializer = keras.initializers.Orthogonal()

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Creates the weights for inputs <float>[B, D], of which D must be known."""
        width = self.num_gates * self.units
        self.kernel = self.add_weight(
            (input_shape[-1], width), name="kernel", initializer=self.kernel_initializer
        )
        self.recurrent_kernel = self.add_weight(
            (self.units, width), name="recurrent_kernel", initializer=self.recurrent_initializer
        )
        self.bias = self.add_weight((width,), name="bias", initializer=self._first_bias)
        for name in self.extra_weights:
            setattr(self, name, self.add_weight((self.units,), name=name, initializer="zeros"))

    def _first_bias(self, shape: Sequence[int], dtype: Any = None) -> tf.Tensor:
        """Zeros, but ones at the forget gate: a cell remembers until it learns to forget."""
        gates = tf.range(shape[0]) // self.units
        forget_gate = -1 if self.forget_gate is None else self.forget_gate
        return tf.cast(tf.equal(gates, forget_gate), dtype or tf.float32)


@keras.saving.register_keras_serializable("nlp_apps")
class LSTMCell(Cell, keras.layers.LSTMCell):
    """Long short-term memory with a forget gate: Hochreiter & Schmidhuber 1997; Gers et al. 2000.

    i, f, o = sigmoid(W x + R h + b);  g = tanh(W x + R h + b)
    c' = f * c + i * g;  h' = o * tanh(c')
    """

    num_gates = 4
    forget_gate = 1
    gate_names = ("input", "forget", "output")

    @staticmethod
    def step(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, extra: Sequence[tf.Tensor]
    ) -> State:
        """Computes the equations above."""
        _, c = state
        i, f, g, o = tf.split(projected + recurrent, 4, axis=-1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c

    @staticmethod
    def gates(
        projected: tf.Tensor,
        recurrent: tf.Tensor,
        state: State,
        after: State,
        extra: Sequence[tf.Tensor],
    ) -> Gates:
        """Computes i, f and o."""
        i, f, _, o = tf.split(projected + recurrent, 4, axis=-1)
        return {"input": tf.sigmoid(i), "forget": tf.sigmoid(f), "output": tf.sigmoid(o)}


@keras.saving.register_keras_serializable("nlp_apps")
class PeepholeLSTMCell(Cell, CellVariables):
    """LSTM whose gates see the cell state: Gers & Schmidhuber 2000; Greff et al. 2015, section 2.

    i = sigmoid(.. + p_i * c);  f = sigmoid(.. + p_f * c);  g = tanh(..);  c' = f * c + i * g
    o = sigmoid(.. + p_o * c');  h' = o * tanh(c')
    """

    num_gates = 4
    extra_weights = ("peephole_input", "peephole_forget", "peephole_output")
    forget_gate = 1
    gate_names = ("input", "forget", "output")

    @staticmethod
    def step(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, extra: Sequence[tf.Tensor]
    ) -> State:
        """Computes the equations above."""
        _, c = state
        p_i, p_f, p_o = extra
        i, f, g, o = tf.split(projected + recurrent, 4, axis=-1)
        c_new = tf.sigmoid(f + p_f * c) * c + tf.sigmoid(i + p_i * c) * tf.tanh(g)
        return tf.sigmoid(o + p_o * c_new) * tf.tanh(c_new), c_new

    @staticmethod
    def gates(
        projected: tf.Tensor,
        recurrent: tf.Tensor,
        state: State,
        after: State,
        extra: Sequence[tf.Tensor],
    ) -> Gates:
        """Computes i and f from the old cell state, o from the new one."""
        p_i, p_f, p_o = extra
        i, f, _, o = tf.split(projected + recurrent, 4, axis=-1)
        return {
            "input": tf.sigmoid(i + p_i * state[1]),
            "forget": tf.sigmoid(f + p_f * state[1]),
            "output": tf.sigmoid(o + p_o * after[1]),
        }


@keras.saving.register_keras_serializable("nlp_apps")
class CIFGCell(Cell, CellVariables):
    """LSTM with coupled gates, i = 1 - f: Greff et al. 2015, section 3 (variant CIFG).

    f, o = sigmoid(W x + R h + b);  g = tanh(W x + R h + b)
    c' = f * c + (1 - f) * g;  h' = o * tanh(c')
    """

    num_gates = 3
    forget_gate = 0
    gate_names = ("input", "forget", "output")

    @staticmethod
    def step(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, extra: Sequence[tf.Tensor]
    ) -> State:
        """Computes the equations above."""
        _, c = state
        f, g, o = tf.split(projected + recurrent, 3, axis=-1)
        f = tf.sigmoid(f)
        c = f * c + (1.0 - f) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c

    @staticmethod
    def gates(
        projected: tf.Tensor,
        recurrent: tf.Tensor,
        state: State,
        after: State,
        extra: Sequence[tf.Tensor],
    ) -> Gates:
        """Computes i = 1 - f, f and o."""
        f, _, o = tf.split(projected + recurrent, 3, axis=-1)
        f = tf.sigmoid(f)
        return {"input": 1.0 - f, "forget": f, "output": tf.sigmoid(o)}


@keras.saving.register_keras_serializable("nlp_apps")
class GRUCell(Cell, keras.layers.GRUCell):
    """Gated recurrent unit: Cho et al. 2014, eq. 5 to 8.

    The reset gate acts after the matrix product, as in cuDNN.

    z, r = sigmoid(W x + R h + b);  n = tanh(W_n x + b_n + r * (R_n h + b_rn))
    h' = z * h + (1 - z) * n
    """

    num_gates = 3
    num_states = 1
    additive = False
    gate_names = ("update", "reset")

    @staticmethod
    def step(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, extra: Sequence[tf.Tensor]
    ) -> State:
        """Computes the equations above."""
        (h,) = state
        x_z, x_r, x_n = tf.split(projected, 3, axis=-1)
        h_z, h_r, h_n = tf.split(recurrent + extra[0], 3, axis=-1)
        z = tf.sigmoid(x_z + h_z)
        n = tf.tanh(x_n + tf.sigmoid(x_r + h_r) * h_n)
        return (z * h + (1.0 - z) * n,)

    @staticmethod
    def gates(
        projected: tf.Tensor,
        recurrent: tf.Tensor,
        state: State,
        after: State,
        extra: Sequence[tf.Tensor],
    ) -> Gates:
        """Computes z and r; an open update gate keeps the old state."""
        z, r, _ = tf.split(projected + recurrent + extra[0], 3, axis=-1)
        return {"update": tf.sigmoid(z), "reset": tf.sigmoid(r)}


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


CELLS: dict[str, type[Cell]] = {
    "lstm": LSTMCell,
    "gru": GRUCell,
    "rnn": SimpleRNNCell,
    "peephole": PeepholeLSTMCell,
    "cifg": CIFGCell,
}
"""The cell of each recipe name."""
