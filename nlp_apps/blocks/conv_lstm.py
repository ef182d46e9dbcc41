"""The convolutional LSTM: an LSTM whose input and state are rows of letters.

Letters in shapes: B batch, T time, L letters, C input channels, F features, K width of the kernel.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.cells.cell import State
from nlp_apps.blocks.cells.lstm import LSTMCell
from nlp_apps.blocks.dropout import WeightDrop
from nlp_apps.blocks.scan import scan
from nlp_apps.blocks.sequence_lengths import lengths_of, reverse_rows
from nlp_apps.blocks.split_step import matmul_last
from nlp_apps.blocks.unfold import unfold


@keras.saving.register_keras_serializable("nlp_apps")
class ConvLSTM(keras.layers.Layer):
    """A convolutional LSTM over a sequence of rows: Shi et al. 2015, section 3.1.

    x <[L, C]> is the row at one time, h and c <[L, F]> are the state, and `*` is a convolution
    over the letters, with zeros beyond both ends of a row; `.` multiplies element by element:

    i, f, o = sigmoid(W * x + R * h + b);  g = tanh(W * x + R * h + b)
    c' = f . c + i . g;  h' = o . tanh(c')

    So a letter sees K letters of x and K letters of the last output. These are the equations of
    `LSTMCell`, which computes everything but the convolutions. The peepholes of the paper are left
    out, as in `keras.layers.ConvLSTM1D`, whose weights and gate order these are.

    The convolution of the input is one matrix product for all times; that of the state is one in
    every step.

    Args:
        units: F, features of each letter, at least 1.
        kernel_size: K, odd.
        backward: read from the last real row to the first; outputs stay in the input's order.
        weight_drop: share of the recurrent weights that is dropped in training (`WeightDrop`).

    Raises:
        ValueError: `kernel_size` is even.
    """

    def __init__(
        self,
        units: int,
        kernel_size: int = 3,
        *,
        backward: bool = False,
        weight_drop: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd; got {kernel_size}")
        self.units, self.kernel_size, self.backward = units, kernel_size, backward
        self.drop_weights = WeightDrop(weight_drop, dtype=self.dtype_policy)
        self.initializer = keras.initializers.GlorotUniform()

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Creates the weights for inputs <float>[B, T, L, C], of which C must be known."""
        gates = 4 * self.units
        self.kernel = self.add_weight(
            (self.kernel_size, input_shape[-1], gates), name="kernel", initializer=self.initializer
        )
        self.recurrent_kernel = self.add_weight(
            (self.kernel_size, self.units, gates),
            name="recurrent_kernel",
            initializer=self.initializer,
        )
        self.bias = self.add_weight((gates,), name="bias", initializer=self._first_bias)

    def _first_bias(self, shape: Sequence[int], dtype: Any = None) -> tf.Tensor:
        """Zeros, but ones at the forget gate, as in `CellVariables`."""
        gates = tf.range(shape[0]) // self.units
        return tf.cast(tf.equal(gates, LSTMCell.forget_gate), dtype or tf.float32)

    def get_initial_state(self, batch_size: int | tf.Tensor, num_letters: int) -> State:
        """Returns a state of zeros: h and c, each <float>[B, L, F]."""
        return (tf.zeros((batch_size, num_letters, self.units), self.compute_dtype),) * 2

    def call(
        self,
        inputs: tf.Tensor,
        padding_mask: tf.Tensor | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Runs over a whole sequence.

        Args:
            inputs: <float>[B, T, L, C], padded on the right of T; L must be known.
            padding_mask: <bool>[B, T], True at real rows; default: all of them.
            training: drop weights, and make a graph whose gradient is fast.

        Returns:
            <float>[B, T, L, F]: h after each row, meaningless at padded rows.
        """
        lengths = lengths_of(padding_mask)
        if self.backward:
            inputs = reverse_rows(inputs, lengths)
        kernel, recurrent_kernel, bias = self._weights()
        recurrent_kernel = self.drop_weights(recurrent_kernel, training=training)
        time_first = tf.transpose(inputs, (1, 0, 2, 3))
        neighbours = unfold(time_first, self.kernel_size)
        projected = matmul_last(neighbours, kernel, keep_bfloat16=True)  # [T, B, L, 4*F]
        state = self.get_initial_state(tf.shape(inputs)[0], inputs.shape[2])
        outputs, _ = scan(
            LSTMCell,
            projected,
            bias,
            state,
            recurrent_kernel,
            width=self.kernel_size,
            training=training,
        )
        outputs = tf.transpose(outputs, (1, 0, 2, 3))
        return reverse_rows(outputs, lengths) if self.backward else outputs

    def _weights(self) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The kernels <float>[K*C, 4*F] and <float>[K*F, 4*F], and the bias <float>[4*F]."""
        kernel, recurrent_kernel, bias = (
            tf.cast(tf.convert_to_tensor(weight), self.compute_dtype)
            for weight in (self.kernel, self.recurrent_kernel, self.bias)
        )
        gates = 4 * self.units
        return (
            tf.reshape(kernel, (-1, gates)),
            tf.reshape(recurrent_kernel, (-1, gates)),
            bias,
        )

    def step(self, inputs: tf.Tensor, state: State) -> State:
        """Computes one step.

        Args:
            inputs: <float>[B, L, C].
            state: the last h and c, each <float>[B, L, F].

        Returns:
            The new h and c.
        """
        kernel, recurrent_kernel, bias = self._weights()
        width = self.kernel_size
        projected = matmul_last(unfold(inputs, width), kernel) + bias
        recurrent = matmul_last(unfold(state[0], width), recurrent_kernel)
        return LSTMCell.step(projected, recurrent, state, ())

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Returns the shape of the outputs."""
        return (*input_shape[:3], self.units)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_size": self.kernel_size,
            "backward": self.backward,
            "weight_drop": self.drop_weights.rate,
        }
