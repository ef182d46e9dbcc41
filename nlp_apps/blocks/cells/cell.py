"""The base of all recurrent cells: one step each, as in its paper, gates beside the equations.

Letters in shapes: B batch, D input size, U units, G gates that a cell computes at once.

Every cell splits its work in three: `all_states.py` does the first part for all positions in one
matrix product, the second once a step, and the third has no matrix product:

    projected = inputs @ kernel + bias                     <float>[B, G*U], all positions at once
    recurrent = h @ recurrent_kernel                       <float>[B, G*U], once a step
    state     = cell.step(projected, recurrent, state, extra)              element by element

A cell with `hoists_inputs = False` gates its input by the last output, so that its first part is
once a step too; a cell with `is_linear = True` has no second part (`linear_cell.py`).

`kernel`, `recurrent_kernel` and `bias` have the shapes and the gate order of `keras.layers.LSTM`,
`GRU` (reset_after) and `SimpleRNN`, so that weights move between the two unchanged. Every cell is a
Keras layer for `keras.layers.RNN`.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

import keras
import tensorflow as tf

from nlp_apps.blocks.split_step import matmul_last

State = tuple[tf.Tensor, ...]
"""The state of a cell: `h`, `h, c` or more, each <float>[B, U]. `h` is also its output.

Zeros are a valid first state of every cell.
"""

Gates = dict[str, tf.Tensor]
"""Each gate by its name, <float>[..., U], from 0 (closed) to 1 (open)."""


Product = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""Multiplies values <float>[..., K] by a matrix <float>[K, N] of the cell."""


class CellWeights(NamedTuple):
    """The weights of one step, in the compute dtype.

    Attributes:
        kernel: <float>[D, G*U].
        recurrent_kernel: <float>[U, G*U]; None for a linear cell.
        bias: <float>[G*U].
        extra: the cell's further weights, vectors or matrices.
    """

    kernel: tf.Tensor
    recurrent_kernel: tf.Tensor | None
    bias: tf.Tensor
    extra: tuple[tf.Tensor, ...]


class Cell(keras.layers.Layer):
    """A recurrent cell; subclasses have the equations, and a second base class the weights.

    Args:
        units: U, size of the output, at least 1.

    Attributes:
        num_gates: G, blocks of `units` columns in the matrices.
        num_states: tensors of the state; the first is the output `h`.
        num_bridged: first tensors of the state that `complete_state` needs; default: all.
        hoists_inputs: True if the input's share does not depend on the state.
        is_linear: True for a `LinearCell`.
        additive: True if `step` only uses `projected + recurrent`, so that both have one gradient.
        extra_weights: names of further weights, by default <float>[U], for `shares` and `step`.
        forget_gate: index of the gate whose bias starts at 1 (Jozefowicz et al. 2015), or None.
        gate_names: keys of `gates`; empty for a cell without gates.
    """

    num_gates: ClassVar[int]
    num_states: ClassVar[int] = 2
    num_bridged: ClassVar[int | None] = None
    hoists_inputs: ClassVar[bool] = True
    is_linear: ClassVar[bool] = False
    additive: ClassVar[bool] = True
    extra_weights: ClassVar[tuple[str, ...]] = ()
    forget_gate: ClassVar[int | None] = None
    gate_names: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, units: int, *, name: str | None = None, dtype: Any = None, trainable: bool = True
    ):
        super().__init__(units, name=name, dtype=dtype, trainable=trainable)

    @staticmethod
    def shares(
        inputs: tf.Tensor, h: tf.Tensor, weights: CellWeights, multiply: Product
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Computes the products of a step.

        Args:
            inputs: <float>[..., D].
            h: <float>[..., U], the last output.
            weights: the weights.
            multiply: multiplies by a matrix, once for each matrix of `weights`.

        Returns:
            projected and recurrent, each <float>[..., G*U], for `step`.
        """
        projected = multiply(inputs, weights.kernel) + weights.bias
        return projected, multiply(h, weights.recurrent_kernel)

    @staticmethod
    def complete_state(values: State) -> State:
        """Makes a state of its first `num_bridged` tensors, which are from -1 to 1."""
        return values

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
            NotImplementedError: the cell has no gates.
        """
        raise NotImplementedError

    def weights_of_step(self) -> CellWeights:
        """Returns the weights in the compute dtype."""
        found = [self.kernel, self.bias, *(getattr(self, name) for name in self.extra_weights)]
        if not self.is_linear:
            found.append(self.recurrent_kernel)
        kernel, bias, *extra = (
            tf.cast(tf.convert_to_tensor(weight), self.compute_dtype) for weight in found
        )
        recurrent_kernel = None if self.is_linear else extra.pop()
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
        projected, recurrent = self.shares(inputs, states[0], weights, matmul_last)
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
        if not self.is_linear:
            self.recurrent_kernel = self.add_weight(
                (self.units, width), name="recurrent_kernel", initializer=self.recurrent_initializer
            )
        self.bias = self.add_weight((width,), name="bias", initializer=self._first_bias)
        for name in self.extra_weights:
            shape = self.extra_shape(name, input_shape[-1])
            initializer = "zeros" if len(shape) == 1 else self.kernel_initializer
            setattr(self, name, self.add_weight(shape, name=name, initializer=initializer))

    def extra_shape(self, name: str, input_size: int | None) -> tuple[int | None, ...]:
        """Returns the shape of a weight of `extra_weights`."""
        return (self.units,)

    def _first_bias(self, shape: Sequence[int], dtype: Any = None) -> tf.Tensor:
        """Zeros, but ones at the forget gate: a cell remembers until it learns to forget."""
        gates = tf.range(shape[0]) // self.units
        forget_gate = -1 if self.forget_gate is None else self.forget_gate
        return tf.cast(tf.equal(gates, forget_gate), dtype or tf.float32)
