"""The encoder of letters in the graph of a `.tflite`.

Letters in shapes: S length, R rows, L letters of a row, C channels, F features, D units.

Each loop runs as many steps as a text has rows. Its buffer has S rows: a row has at least a letter.
"""

import tensorflow as tf

from nlp_apps.blocks.cells.cell import State
from nlp_apps.blocks.conv_lstm import ConvLSTM
from nlp_apps.blocks.letter_encoder import LetterEncoder
from nlp_apps.export.tflite.lite_embedding import lookup
from nlp_apps.export.tflite.lite_recurrent import write, zeros


def encode_letters(encoder: LetterEncoder, token_ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Encodes a text.

    Args:
        encoder: the encoder.
        token_ids: <int32>[1, S], padded on the right with 0.

    Returns:
        memory <float32>[1, S, D], and the positions that pooling reads <bool>[1, S].
    """
    grid = encoder.grid(token_ids, num_rows=token_ids.shape[1])
    num_rows = tf.reduce_sum(tf.cast(grid.padding_mask, tf.int32))
    memory = encoder.forward(
        lookup(encoder.embedding, token_ids),
        grid,
        lambda layer, values: _run(layer, values, num_rows),
    )
    return memory, grid.is_first


def _run(layer: ConvLSTM, inputs: tf.Tensor, num_rows: tf.Tensor) -> tf.Tensor:
    """Runs a layer over rows <float32>[1, R, L, C], of which the first `num_rows` <int32>[] count.

    Returns:
        <float32>[1, R, L, F], zeros past the rows.
    """
    _, rows, letters, channels = inputs.shape
    flat = tf.reshape(inputs, (1, rows, letters * channels))
    width = letters * layer.units

    def step(
        count: tf.Tensor, state: State, outputs: tf.Tensor
    ) -> tuple[tf.Tensor, State, tf.Tensor]:
        row = num_rows - 1 - count if layer.backward else count
        here = tf.slice(flat, tf.stack([0, row, 0]), (1, 1, letters * channels))
        state = layer.step(tf.reshape(here, (1, letters, channels)), state)
        outputs = write(outputs, tf.reshape(state[0], (1, 1, width)), row)
        return count + 1, state, outputs

    _, _, outputs = tf.while_loop(
        lambda count, *_: count < num_rows,
        step,
        (0, layer.get_initial_state(1, letters), zeros(num_rows, (1, rows, width))),
    )
    return tf.reshape(outputs, (1, rows, letters, layer.units))
