"""The token embedding: token ids -> vectors, and features -> logits.

Letters in shapes: B batch, T length, E embedding size, V vocabulary.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.dropout import Dropout


@keras.saving.register_keras_serializable("nlp_apps")
class TokenEmbedding(keras.layers.Layer):
    """Embeds token ids, with dropout of whole tokens and of columns.

    Args:
        vocabulary_size: V; ids are 0 to V - 1.
        embedding_size: E, width of a vector.
        dropout: share of the columns set to zero, the same ones at every position of a row.
        word_dropout: share of the positions whose vector is all zeros in training (Dai & Le 2015,
            section 2; Gal & Ghahramani 2016, section 4.2).
    """

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
        self.vocabulary_size = vocabulary_size
        self.embedding_size = embedding_size
        self.table = keras.layers.ReversibleEmbedding(
            vocabulary_size,
            embedding_size,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=embedding_size**-0.5),
            dtype=self.dtype_policy,
            name="table",
        )
        self.drop_columns = Dropout(dropout, dtype=self.dtype_policy)
        self.drop_words = Dropout(word_dropout, shared="features", dtype=self.dtype_policy)

    def build(self, input_shape: Any = None) -> None:
        """Creates the table."""
        self.table.build()

    def call(
        self,
        token_ids: tf.Tensor,
        inputs_embeds: tf.Tensor | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Returns the vectors of token ids.

        Args:
            token_ids: <int32>[B, T].
            inputs_embeds: <float>[B, T, E], in place of the vectors of `token_ids`.
            training: apply dropout.

        Returns:
            <float>[B, T, E].
        """
        vectors = self.table(token_ids) if inputs_embeds is None else inputs_embeds
        vectors = self.drop_words(vectors, training=training)
        return self.drop_columns(vectors, training=training)

    def logits(self, features: tf.Tensor) -> tf.Tensor:
        """Compares features with every token's vector: <float>[..., E] -> <float>[..., V]."""
        return self.table(features, reverse=True)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Returns the shape of the vectors."""
        return (*input_shape, self.embedding_size)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding_size": self.embedding_size,
            "dropout": self.drop_columns.rate,
            "word_dropout": self.drop_words.rate,
        }
