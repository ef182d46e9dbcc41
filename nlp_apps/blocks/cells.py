"""The recurrent cells: one step of memory each, written as its paper writes it.

Letters in shapes: B batch, D input size, U units, G gates a cell computes at once.

Every cell splits its work in three, so that `recurrent.py` can do the first part for all positions
in one matrix product, the second once a step, and the third without any matrix product:

    projected = inputs @ kernel + bias                     <float>[B, G*U], all positions at once
    recurrent = h @ recurrent_kernel                       <float>[B, G*U], once a step
    state     = cell.advance(projected, recurrent, state, parameters)      element by element

The weights `kernel`, `recurrent_kernel`, `bias` of `lstm`, `gru` and `rnn` have the shapes and the
gate order of `keras.layers.LSTM`, `GRU` (reset_after) and `SimpleRNN`, so that weights move between
the two as they are.
"""

from collections.abc import Sequence
from typing import ClassVar

import tensorflow as tf

State = tuple[tf.Tensor, ...]
"""What a cell remembers: `(h,)` or `(h, c)`, each <float>[B, U]. `h` is also its output."""


class Cell:
    """The interface of a recurrent cell; subclasses give the equations.

    Attributes:
        num_gates: how many blocks of `units` columns the matrices have.
        state_size: how many tensors the state has; the first is the output `h`.
        additive: True if `advance` only ever uses `projected + recurrent`, so that both have one
            gradient.
        parameters: names of further weights that `advance` takes, each <float>[units] (or
            [num_gates * units] for a name ending in "bias").
        forget_gate: index of the gate whose bias starts at 1 (Jozefowicz et al. 2015), or None.
    """

    num_gates: ClassVar[int]
    state_size: ClassVar[int] = 2
    additive: ClassVar[bool] = True
    parameters: ClassVar[tuple[str, ...]] = ()
    forget_gate: ClassVar[int | None] = None

    @staticmethod
    def advance(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, parameters: Sequence[tf.Tensor]
    ) -> State:
        """Takes one step.

        Args:
            projected: <float>[B, G*U], the input's share of every gate, bias included.
            recurrent: <float>[B, G*U], the last output's share of every gate.
            state: the last state.
            parameters: the cell's further weights, in the order of `parameters`.

        Returns:
            The new state.
        """
        raise NotImplementedError


class LSTM(Cell):
    """Long short-term memory with a forget gate: Hochreiter & Schmidhuber 1997; Gers et al. 2000.

    i, f, o = sigmoid(W x + R h + b);  g = tanh(W x + R h + b)
    c' = f * c + i * g;  h' = o * tanh(c')
    """

    num_gates = 4
    forget_gate = 1

    @staticmethod
    def advance(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, parameters: Sequence[tf.Tensor]
    ) -> State:
        """One step of the equations above."""
        _, c = state
        i, f, g, o = tf.split(projected + recurrent, 4, axis=-1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c


class Peephole(Cell):
    """LSTM whose gates see the cell state: Gers & Schmidhuber 2000; Greff et al. 2015, section 2.

    i = sigmoid(.. + p_i * c);  f = sigmoid(.. + p_f * c);  g = tanh(..);  c' = f * c + i * g
    o = sigmoid(.. + p_o * c');  h' = o * tanh(c')
    """

    num_gates = 4
    parameters = ("peephole_input", "peephole_forget", "peephole_output")
    forget_gate = 1

    @staticmethod
    def advance(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, parameters: Sequence[tf.Tensor]
    ) -> State:
        """One step of the equations above."""
        _, c = state
        peep_i, peep_f, peep_o = parameters
        i, f, g, o = tf.split(projected + recurrent, 4, axis=-1)
        c_new = tf.sigmoid(f + peep_f * c) * c + tf.sigmoid(i + peep_i * c) * tf.tanh(g)
        return tf.sigmoid(o + peep_o * c_new) * tf.tanh(c_new), c_new


class CIFG(Cell):
    """LSTM with coupled gates, i = 1 - f: Greff et al. 2015, section 3 (variant CIFG).

    f, o = sigmoid(W x + R h + b);  g = tanh(W x + R h + b)
    c' = f * c + (1 - f) * g;  h' = o * tanh(c')
    """

    num_gates = 3
    forget_gate = 0

    @staticmethod
    def advance(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, parameters: Sequence[tf.Tensor]
    ) -> State:
        """One step of the equations above."""
        _, c = state
        f, g, o = tf.split(projected + recurrent, 3, axis=-1)
        f = tf.sigmoid(f)
        c = f * c + (1.0 - f) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c


class GRU(Cell):
    """Gated recurrent unit: Cho et al. 2014, eq. 5 to 8.

    The reset gate acts after the matrix product, as in cuDNN.

    z, r = sigmoid(W x + R h + b);  n = tanh(W_n x + b_n + r * (R_n h + b_rn))
    h' = z * h + (1 - z) * n
    """

    num_gates = 3
    state_size = 1
    additive = False
    parameters = ("recurrent_bias",)

    @staticmethod
    def advance(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, parameters: Sequence[tf.Tensor]
    ) -> State:
        """One step of the equations above."""
        (h,) = state
        x_z, x_r, x_n = tf.split(projected, 3, axis=-1)
        h_z, h_r, h_n = tf.split(recurrent + parameters[0], 3, axis=-1)
        z = tf.sigmoid(x_z + h_z)
        n = tf.tanh(x_n + tf.sigmoid(x_r + h_r) * h_n)
        return (z * h + (1.0 - z) * n,)


class RNN(Cell):
    """The simple recurrent network: Elman 1990.

    h' = tanh(W x + R h + b)
    """

    num_gates = 1
    state_size = 1

    @staticmethod
    def advance(
        projected: tf.Tensor, recurrent: tf.Tensor, state: State, parameters: Sequence[tf.Tensor]
    ) -> State:
        """One step of the equations above."""
        return (tf.tanh(projected + recurrent),)


CELLS: dict[str, type[Cell]] = {
    "lstm": LSTM,
    "gru": GRU,
    "rnn": RNN,
    "peephole": Peephole,
    "cifg": CIFG,
}
