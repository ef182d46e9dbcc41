"""The encoder of letters: ids of characters -> memory, by convolutional LSTMs over words.

Letters in shapes: B batch, S length, R rows, L letters of a row, D units, E embedding size.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.conv_lstm import ConvLSTM
from nlp_apps.blocks.dropout import Dropout
from nlp_apps.blocks.encoder_stack import EncoderStack
from nlp_apps.blocks.letter_grid import LetterGrid, letter_grid


@keras.saving.register_keras_serializable("nlp_apps")
class LetterEncoder(EncoderStack):
    """Reads a text as a grid: time goes along the words, a row has the letters of a word.

    A convolutional LSTM computes a state for each letter of a row from the letters beside it and
    from the row before. The state of a row is the maximum over its letters. A typo changes the
    states near one letter, whereas it changes all subwords of a word.

    Args:
        vocabulary_size: number of token ids; a token is a character.
        embedding_size: E, width of the embedding.
        units: D, width of every layer's output; each direction of a bidirectional layer has half.
        space_id: id of a space, with which a row begins.
        num_letters: L, letters of a row, the space included.
        kernel_size: letters that a convolution reads at once, odd.
        num_layers, bidirectional, residual, dropout, layer_norm, weight_drop: as in `Encoder`.
        word_dropout: share of the letters that are dropped in training.

    Attributes:
        stack: the layers from bottom to top, of each level forward before backward.

    Raises:
        ValueError: units are odd and the stack is bidirectional.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        units: int,
        *,
        space_id: int,
        num_letters: int = 10,
        kernel_size: int = 5,
        num_layers: int = 1,
        bidirectional: bool = True,
        residual: bool = True,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        layer_norm: bool = False,
        weight_drop: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(
            partial(ConvLSTM, kernel_size=kernel_size),
            vocabulary_size=vocabulary_size,
            embedding_size=embedding_size,
            units=units,
            num_layers=num_layers,
            bidirectional=bidirectional,
            residual=residual,
            dropout=dropout,
            word_dropout=word_dropout,
            layer_norm=layer_norm,
            weight_drop=weight_drop,
            embedding=None,
            more_config={
                "space_id": space_id,
                "num_letters": num_letters,
                "kernel_size": kernel_size,
            },
            **kwargs,
        )
        self.space_id, self.num_letters = space_id, num_letters
        self.drop = Dropout(dropout, dtype=self.dtype_policy)

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no shape is needed."""
        self.build_stack((None, None, self.num_letters))

    def grid(self, token_ids: tf.Tensor, num_rows: int | None = None) -> LetterGrid:
        """Divides texts <int32>[B, S] into rows: see `letter_grid`."""
        return letter_grid(token_ids, self.space_id, self.num_letters, num_rows)

    def memory_mask(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Returns the positions that pooling reads, <bool>[B, S]: the first letter of each row."""
        return self.grid(token_ids).is_first

    def call(
        self,
        token_ids: tf.Tensor,
        padding_mask: tf.Tensor | None = None,
        inputs_embeds: tf.Tensor | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Encodes texts.

        Args:
            token_ids: <int32>[B, S], padded on the right with 0.
            padding_mask: unused: the ids have the padding.
            inputs_embeds: <float>[B, S, E], in place of the vectors of `token_ids`.
            training: apply dropout.

        Returns:
            memory <float>[B, S, D]: at each position the state of its row.
        """
        del padding_mask
        grid = self.grid(token_ids)

        def run(layer: ConvLSTM, values: tf.Tensor) -> tf.Tensor:
            return layer(values, grid.padding_mask, training=training)

        vectors = self.embedding(token_ids, inputs_embeds, training=training)  # [B, S, E]
        return self.forward(vectors, grid, run, training=training)

    def forward(
        self,
        vectors: tf.Tensor,
        grid: LetterGrid,
        run: Callable[[ConvLSTM, tf.Tensor], tf.Tensor],
        *,
        training: bool = False,
    ) -> tf.Tensor:
        """Computes the memory from vectors.

        Args:
            vectors: <float>[B, S, E].
            grid: the rows.
            run: runs a layer over rows <float>[B, R, L, E] and returns its outputs.
            training: apply dropout.

        Returns:
            memory <float>[B, S, D].
        """
        values = tf.gather(vectors, grid.positions, axis=1, batch_dims=1)  # [B, R, L, E]
        values = tf.where(grid.is_letter[..., None], values, tf.zeros((), values.dtype))
        for index in range(self.num_layers):
            values = self.run_level(index, values, run)
        lowest = tf.constant(-1e4, values.dtype)  # below every state
        rows = tf.reduce_max(tf.where(grid.is_letter[..., None], values, lowest), axis=2)
        rows = tf.where(grid.padding_mask[..., None], rows, tf.zeros((), rows.dtype))
        rows = self.drop(rows, training=training)  # [B, R, D]
        return tf.gather(rows, grid.row_of, axis=1, batch_dims=1)
