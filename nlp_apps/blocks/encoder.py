"""The encoder: token ids -> memory, by a stack of (bidirectional) recurrent layers.

Letters in shapes: B batch, S source length, D units.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.dropout import Dropout
from nlp_apps.blocks.recurrent import Recurrent
from nlp_apps.text.special_ids import PAD


class TokenEmbedding(keras.layers.Layer):
    """Embeds token ids, sometimes leaving a whole word out.

    Args:
        vocabulary_size: number of ids, from 0 to vocabulary_size - 1.
        embedding_size: width of a vector.
        dropout: share of the columns set to zero, the same ones at every position of a row.
        word_dropout: share of the positions whose vector is all zeros in training (Dai & Le 2015,
            section 2; Gal & Ghahramani 2016, section 4.2).

    Attributes:
        lookup: takes (table, token ids) and gives vectors, in place of the table itself: for graphs
            whose format has an operation of its own for it.
    """

    lookup: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        *,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.table = keras.layers.Embedding(
            vocabulary_size,
            embedding_size,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=embedding_size**-0.5),
            name="table",
        )
        self.table.build()
        self.drop_columns = Dropout(dropout)
        self.drop_words = Dropout(word_dropout, shared="features")
        self.lookup = None
        self.built = True

    def call(
        self, token_ids: tf.Tensor, training: bool = False, shift: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Embeds.

        Args:
            token_ids: <int32>[B, T].
            training: apply dropout.
            shift: <float>[B, T, embedding_size], added to the words' vectors.

        Returns:
            <float>[B, T, embedding_size].
        """
        if self.lookup is not None:
            return self.lookup(tf.convert_to_tensor(self.table.embeddings), token_ids)
        vectors = self.table(token_ids)
        if shift is not None:
            vectors += shift
        vectors = self.drop_words(vectors, training=training)
        return self.drop_columns(vectors, training=training)

    def logits(self, features: tf.Tensor) -> tf.Tensor:
        """Compares features with every word's vector.

        Args:
            features: <float>[..., embedding_size].

        Returns:
            <float>[..., vocabulary_size].
        """
        table = tf.cast(tf.convert_to_tensor(self.table.embeddings), features.dtype)
        flat = tf.reshape(features, (-1, table.shape[1]))
        product = tf.matmul(flat, table, transpose_b=True)
        shape = tf.concat([tf.shape(features)[:-1], [table.shape[0]]], axis=0)
        return tf.ensure_shape(tf.reshape(product, shape), (*features.shape[:-1], table.shape[0]))


class Encoder(keras.layers.Layer):
    """Embeds a sentence and reads it with a stack of recurrent layers.

    Args:
        vocabulary_size: number of token ids.
        embedding_size: width of the embedding.
        units: width of every layer's output; a bidirectional layer gives half of it to each
            direction.
        cell: name of the cell.
        num_layers: layers of the stack.
        bidirectional: read in both directions and concatenate.
        residual: add a layer's input to its output, from the second layer on (He et al. 2016;
            Wu et al. 2016).
        dropout: variational dropout on what enters each layer and on the memory.
        word_dropout: share of source words left out in training.
        layer_norm: normalise what enters each layer (Ba et al. 2016).
        weight_drop: share of the recurrent matrices that is dropped in training.
        embedding: an embedding to share; default: one of its own.

    Raises:
        ValueError: units are odd and the stack is bidirectional.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        units: int,
        *,
        cell: str = "lstm",
        num_layers: int = 2,
        bidirectional: bool = True,
        residual: bool = True,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        layer_norm: bool = False,
        weight_drop: float = 0.0,
        embedding: TokenEmbedding | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if bidirectional and units % 2:
            raise ValueError(f"units must be even where the encoder is bidirectional; got {units}")
        self.units = units
        self.residual = residual
        self.embedding = embedding or TokenEmbedding(
            vocabulary_size,
            embedding_size,
            dropout=dropout,
            word_dropout=word_dropout,
            name="embedding",
        )
        directions = ("forward", "backward") if bidirectional else ("forward",)
        self.stack = [
            [
                Recurrent(
                    cell,
                    units // len(directions),
                    backward=direction == "backward",
                    weight_drop=weight_drop,
                    name=f"layer_{index}_{direction}",
                )
                for direction in directions
            ]
            for index in range(num_layers)
        ]
        self.norms: list[keras.layers.Layer] = []
        if layer_norm:
            self.norms = [
                keras.layers.LayerNormalization(name=f"norm_{index}") for index in range(num_layers)
            ]
        self.drops = [Dropout(dropout) for _ in range(num_layers)]
        for index, layers in enumerate(self.stack):
            size = embedding_size if index == 0 else units
            for layer in layers:
                layer.build((None, None, size))
            if self.norms:
                self.norms[index].build((None, None, size))
        self.built = True  # every layer was built above; Keras need not trace a call to find out

    def call(
        self, token_ids: tf.Tensor, training: bool = False, shift: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Reads sentences.

        Args:
            token_ids: <int32>[B, S], padded on the right with 0.
            training: apply dropout.
            shift: as in `TokenEmbedding.call`.

        Returns:
            memory <float>[B, S, D], of which only the real positions mean anything.
        """
        lengths = tf.reduce_sum(tf.cast(tf.not_equal(token_ids, PAD), tf.int32), axis=1)
        values = self.embedding(token_ids, training=training, shift=shift)  # [B, S, embedding_size]
        for index, layers in enumerate(self.stack):
            below = values
            if self.norms:
                values = self.norms[index](values)
            outputs = [layer(values, lengths=lengths, training=training)[0] for layer in layers]
            values = tf.concat(outputs, axis=-1) if len(outputs) > 1 else outputs[0]  # [B, S, D]
            if self.residual and index > 0:
                values += below
            values = self.drops[index](values, training=training)
        return values
