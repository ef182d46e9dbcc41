"""A recurrent layer: one cell along one direction of a sequence, whole or one step at a time.

Letters in shapes: B batch, K rows that share a memory (beams), T time, D input size, U units.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.all_states import all_states
from nlp_apps.blocks.cells.cell import Cell, Gates, State
from nlp_apps.blocks.cells.cell_registry import CELLS, cells_with_gates
from nlp_apps.blocks.dropout import WeightDrop
from nlp_apps.blocks.sequence_lengths import last_valid, lengths_of, reverse_rows
from nlp_apps.blocks.split_step import matmul_last


class _AroundCell:
    """Makes one of Keras's recurrent layers around a cell that exists, to run its weights."""

    def __init__(self, cell: Cell):
        keras.layers.RNN.__init__(
            self, cell, return_sequences=True, return_state=True, dtype=cell.dtype_policy
        )
        self.use_cudnn, self.supports_jit = "auto", False


class _KerasLSTM(_AroundCell, keras.layers.LSTM):
    pass


class _KerasGRU(_AroundCell, keras.layers.GRU):
    pass


KERAS_LAYERS: dict[str, Any] = {"lstm": _KerasLSTM, "gru": _KerasGRU}
"""Cells that have a cuDNN kernel: Keras's layer trains them on a GPU."""


def has_gpu() -> bool:
    """Returns True if TensorFlow has a GPU."""
    return bool(tf.config.list_logical_devices("GPU"))


@keras.saving.register_keras_serializable("nlp_apps")
class Recurrent(keras.layers.Layer):
    """Runs a cell over a sequence that is padded on the right, or one step at a time.

    Padding changes nothing: forward, a padded position is right of every real token and cannot
    reach it; backward, each row is reversed within its own length. Outputs at padded positions are
    meaningless and must be masked later.

    Args:
        cell: a name in `CELLS`.
        units: size of the output, at least 1.
        backward: read from the last real token to the first; outputs stay in the input's order.
        weight_drop: share of the recurrent matrix that is dropped in training (`WeightDrop`).
        use_keras: train with Keras's own layer (cuDNN on a GPU). Default: if a GPU is visible;
            never with `weight_drop` or a cell outside `KERAS_LAYERS`.

    Raises:
        ValueError: the cell is unknown, or has no recurrent weights to drop.
    """

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
        if weight_drop and CELLS[cell].is_linear:
            raise ValueError(f"weight_drop must be 0: {cell!r} has no recurrent weights")
        self.cell_name = cell
        self.cell = CELLS[cell](units, dtype=self.dtype_policy, name=f"{cell}_cell")
        self.units = units
        self.backward = backward
        self.drop_weights = WeightDrop(weight_drop, dtype=self.dtype_policy)
        self.use_keras = use_keras
        self.keras_layer: Any = None
        if (has_gpu() if use_keras is None else use_keras) and not weight_drop:
            self.keras_layer = KERAS_LAYERS[cell](self.cell) if cell in KERAS_LAYERS else None

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Creates the weights for inputs <float>[B, T, D], of which D must be known."""
        self.cell.build((None, input_shape[-1]))

    def get_initial_state(self, batch_size: int | tf.Tensor) -> State:
        """Returns a state of zeros, each <float>[B, U]."""
        return tuple(self.cell.get_initial_state(batch_size))

    def call(
        self,
        inputs: tf.Tensor,
        padding_mask: tf.Tensor | None = None,
        initial_state: State | None = None,
        training: bool = False,
    ) -> tuple[tf.Tensor, State]:
        """Runs over a whole sequence.

        Args:
            inputs: <float>[B, T, D], padded on the right.
            padding_mask: <bool>[B, T], True at real positions; default: all of them.
            initial_state: the first state, each <float>[B, U]; default: zeros.
            training: drop weights, and make a graph whose gradient is fast.

        Returns:
            outputs <float>[B, T, U] and the state after each row's last real position.
        """
        lengths = lengths_of(padding_mask)
        if self.backward:
            inputs = reverse_rows(inputs, lengths)
        run = self._run_keras if training and self.keras_layer is not None else self._run_scan
        outputs, state = run(inputs, lengths, initial_state, training)
        if self.backward:
            outputs = reverse_rows(outputs, lengths)
        return outputs, state

    def _run_scan(
        self, inputs: tf.Tensor, lengths: tf.Tensor | None, state: State | None, training: bool
    ) -> tuple[tf.Tensor, State]:
        weights = self.cell.weights_of_step()
        if weights.recurrent_kernel is not None:
            dropped = self.drop_weights(weights.recurrent_kernel, training=training)
            weights = weights._replace(recurrent_kernel=dropped)
        if state is None:
            state = self.get_initial_state(inputs.shape[0] or tf.shape(inputs)[0])
        time_first = tf.transpose(inputs, (1, 0, 2))
        history = all_states(type(self.cell), time_first, weights, tuple(state), training=training)
        states = [tf.transpose(values, (1, 0, 2)) for values in history]  # [B, T, U]
        return states[0], tuple(last_valid(values, lengths) for values in states)

    def _run_keras(
        self, inputs: tf.Tensor, lengths: tf.Tensor | None, state: State | None, training: bool
    ) -> tuple[tf.Tensor, State]:
        mask = None
        if lengths is not None:
            # cuDNN and Keras refuse a row of length 0; as in `last_valid`, it counts as 1.
            mask = tf.sequence_mask(tf.maximum(lengths, 1), tf.shape(inputs)[1])
        outputs, *after = self.keras_layer(
            inputs,
            mask=mask,
            initial_state=None if state is None else list(state),
            training=training,
        )
        return outputs, tuple(after)

    def step(self, inputs: tf.Tensor, state: State) -> State:
        """Computes one step.

        Args:
            inputs: <float>[..., D].
            state: the last state, each <float>[..., U].

        Returns:
            The new state, whose first tensor is the output.
        """
        projected, recurrent, extra = self._shares(inputs, state)
        return self.cell.step(projected, recurrent, state, extra)

    def gates(self, inputs: tf.Tensor, state: State, after: State) -> Gates:
        """Computes the gates of the step from `state` to `after`.

        Args:
            inputs: <float>[..., D].
            state: the state before the step, each <float>[..., U].
            after: the state after it.

        Raises:
            ValueError: the cell has no gates.
        """
        if not self.cell.gate_names:
            raise ValueError(f"gates need one of {cells_with_gates()}; got {self.cell_name}")
        projected, recurrent, extra = self._shares(inputs, state)
        return self.cell.gates(projected, recurrent, state, after, extra)

    def _shares(
        self, inputs: tf.Tensor, state: State
    ) -> tuple[tf.Tensor, tf.Tensor | None, tuple[tf.Tensor, ...]]:
        """The shares of input and state in every gate, each <float>[..., G*U]; extra weights."""
        weights = self.cell.weights_of_step()
        inputs = tf.cast(inputs, self.compute_dtype)
        return *self.cell.shares(inputs, state[0], weights, matmul_last), weights.extra

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[Any, Any]:
        """Returns the shapes of outputs and state."""
        outputs = (*input_shape[:2], self.units)
        return outputs, ((input_shape[0], self.units),) * self.cell.num_states

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "cell": self.cell_name,
            "units": self.units,
            "backward": self.backward,
            "weight_drop": self.drop_weights.rate,
            "use_keras": self.use_keras,
        }
