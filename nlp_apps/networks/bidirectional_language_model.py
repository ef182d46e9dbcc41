"""A forward and a backward language model over one encoder layer (Peters et al. 2018).

Letters in shapes: B batch, S length, D units of a direction, E embedding size, V vocabulary.
"""

from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.dense import Dense
from nlp_apps.blocks.encoder import Encoder


@keras.saving.register_keras_serializable("nlp_apps")
class BidirectionalLanguageModel(keras.Model):
    """Predicts the next token from the tokens before it, and the previous one from those after it.

    Its encoder is that of a classifier or translator with one bidirectional layer, so that they can
    start from its weights. The output layer is tied to the embedding.

    Args:
        vocabulary_size: V.
        embedding_size: E.
        units: width of the encoder, 2 D.
        dropout, word_dropout: as in `Encoder`.
    """

    def __init__(
        self,
        vocabulary_size: int,
        *,
        embedding_size: int,
        units: int,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.config: dict[str, Any] = {
            "vocabulary_size": vocabulary_size,
            "embedding_size": embedding_size,
            "units": units,
            "dropout": dropout,
            "word_dropout": word_dropout,
        }
        self.encoder = Encoder(
            vocabulary_size,
            embedding_size,
            units,
            num_layers=1,
            dropout=dropout,
            word_dropout=word_dropout,
            name="encoder",
        )
        self.forward_output = Dense(embedding_size, name="forward_output")
        self.backward_output = Dense(embedding_size, name="backward_output")

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no shape is needed."""
        width = self.config["units"] // 2
        self.encoder.build()
        self.forward_output.build((None, None, width))
        self.backward_output.build((None, None, width))
        self.bias = self.add_weight(
            (self.config["vocabulary_size"],), name="bias", initializer="zeros"
        )

    def call(self, source: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes the features from which neighbours are predicted.

        Args:
            source: <int32>[B, S], padded on the right with 0.
            training: apply dropout.

        Returns:
            <float>[B, S, E] twice: position t of the first predicts token t + 1; position t of the
            second predicts token t - 1.
        """
        memory = self.encoder(source, training=training)  # [B, S, 2 D]
        left, right = tf.split(memory, 2, axis=-1)
        return self.forward_output(left), self.backward_output(right)

    def output_embeddings(self, token_ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns vectors <float>[..., E] and biases <float>[...] of token ids <int32>[...]."""
        return self.encoder.embedding.table(token_ids), tf.gather(self.bias.value, token_ids)

    def logits(self, features: tf.Tensor) -> tf.Tensor:
        """Compares features <float>[..., E] with every token: <float>[..., V]."""
        return self.encoder.embedding.logits(features) + self.bias.value

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), **self.config}
