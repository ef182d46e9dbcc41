"""The encoder: token ids -> memory, by a stack of (bidirectional) recurrent layers.

Letters in shapes: B batch, S source length, D units, E embedding size.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.dense import Dense
from nlp_apps.blocks.dropout import Dropout
from nlp_apps.blocks.embedding import TokenEmbedding
from nlp_apps.blocks.encoder_stack import EncoderStack
from nlp_apps.blocks.recurrent import Recurrent
from nlp_apps.text.special_ids import PAD


@keras.saving.register_keras_serializable("nlp_apps")
class Encoder(EncoderStack):
    """Embeds a sentence and runs a stack of recurrent layers over it.

    Args:
        vocabulary_size: number of token ids.
        embedding_size: width of the embedding.
        units: D, width of every layer's output; each direction of a bidirectional layer has half.
        cell: name of the cell.
        num_layers: layers of the stack.
        bidirectional: run in both directions and concatenate.
        residual: add a layer's input to its output, from the second layer on (He et al. 2016;
            Wu et al. 2016).
        dropout: variational dropout on the input of each layer and on the memory.
        word_dropout: share of source tokens that are dropped in training.
        layer_norm: normalise the input of each layer (Ba et al. 2016).
        weight_drop: share of the recurrent matrices that is dropped in training.
        embedding_skip: add the embeddings, times a matrix, to the memory, so that attention reads
            words beside their context (as the lexical model of Nguyen & Chiang 2018). The matrix
            begins with zeros.
        embedding: an embedding to share; default: one of its own.

    Attributes:
        stack: the recurrent layers from bottom to top, of each level forward before backward.

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
        embedding_skip: bool = False,
        embedding: TokenEmbedding | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            partial(Recurrent, cell),
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
            embedding=embedding,
            more_config={"cell": cell, "embedding_skip": embedding_skip},
            **kwargs,
        )
        self.shares_embedding = embedding is not None
        self.drops = [Dropout(dropout, dtype=self.dtype_policy) for _ in range(num_layers)]
        self.skip = None
        if embedding_skip:
            self.skip = Dense(
                units,
                use_bias=False,
                kernel_initializer="zeros",
                dtype=self.dtype_policy,
                name="embedding_skip",
            )

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no shape is needed."""
        self.build_stack((None, None))
        if self.skip is not None:
            self.skip.build((None, None, self.config["embedding_size"]))

    def memory_mask(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Returns the positions of the memory that pooling reads, <bool>[B, S]: all real ones."""
        return tf.not_equal(token_ids, PAD)

    def call(
        self,
        token_ids: tf.Tensor,
        padding_mask: tf.Tensor | None = None,
        inputs_embeds: tf.Tensor | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Encodes sentences.

        Args:
            token_ids: <int32>[B, S], padded on the right with 0.
            padding_mask: <bool>[B, S], True at real tokens; default: where the id is not 0.
            inputs_embeds: <float>[B, S, E], in place of the vectors of `token_ids`.
            training: apply dropout.

        Returns:
            memory <float>[B, S, D], meaningless at padded positions.
        """
        if padding_mask is None:
            padding_mask = tf.not_equal(token_ids, PAD)

        def run(layer: Recurrent, values: tf.Tensor) -> tf.Tensor:
            return layer(values, padding_mask, training=training)[0]

        vectors = self.embedding(token_ids, inputs_embeds, training=training)  # [B, S, E]
        return self.forward(vectors, run, training=training)

    def forward(
        self,
        vectors: tf.Tensor,
        run: Callable[[Recurrent, tf.Tensor], tf.Tensor],
        *,
        training: bool = False,
    ) -> tf.Tensor:
        """Computes the memory from vectors.

        Args:
            vectors: <float>[B, S, E].
            run: runs a recurrent layer over a sequence and returns its outputs.
            training: apply dropout.

        Returns:
            memory <float>[B, S, D].
        """
        values = vectors
        for index in range(self.num_layers):
            values = self.run_level(index, values, run)
            values = self.drops[index](values, training=training)
        return values + self.skip(vectors) if self.skip is not None else values

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        shared = self.embedding if self.shares_embedding else None
        return {**super().get_config(), "embedding": keras.saving.serialize_keras_object(shared)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Encoder":
        """Makes an encoder from `get_config`."""
        embedding = keras.saving.deserialize_keras_object(config["embedding"])
        return cls(**{**config, "embedding": embedding})
