"""The classifier: encoder, attention pooling and labels, as one Keras model.

Letters in shapes: B batch, S length, D units, E embedding size, L labels.
"""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.dropout import Dropout
from nlp_apps.blocks.encoder import Encoder
from nlp_apps.blocks.pooling import Pooling
from nlp_apps.text.special_ids import PAD


@keras.saving.register_keras_serializable("nlp_apps")
class Classifier(keras.Model):
    """Computes a logit for every label of a text.

    An ordinary Keras model over `{"source": <int32>[B, S]}`: `compile`, `fit` and `predict` work on
    it.

    Args:
        vocabulary_size: number of token ids.
        num_labels: L.
        embedding_size, units, cell, num_layers, bidirectional, residual, dropout, word_dropout,
        layer_norm, weight_drop: as in `Encoder`.
        attention, num_heads: as in `Pooling`.
    """

    def __init__(
        self,
        vocabulary_size: int,
        num_labels: int,
        *,
        embedding_size: int = 192,
        units: int = 256,
        cell: str = "lstm",
        num_layers: int = 2,
        bidirectional: bool = True,
        residual: bool = True,
        attention: str = "additive",
        num_heads: int = 4,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        layer_norm: bool = False,
        weight_drop: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        of_encoder: dict[str, Any] = {
            "vocabulary_size": vocabulary_size,
            "embedding_size": embedding_size,
            "units": units,
            "cell": cell,
            "num_layers": num_layers,
            "bidirectional": bidirectional,
            "residual": residual,
            "dropout": dropout,
            "word_dropout": word_dropout,
            "layer_norm": layer_norm,
            "weight_drop": weight_drop,
        }
        of_pooling: dict[str, Any] = {"attention": attention, "num_heads": num_heads}
        self.config: dict[str, Any] = {**of_encoder, **of_pooling, "num_labels": num_labels}
        dtype = self.dtype_policy
        self.encoder = Encoder(**of_encoder, dtype=dtype, name="encoder")
        self.pooling = Pooling(units, **of_pooling, dtype=dtype, name="pooling")
        self.drop = Dropout(dropout, dtype=dtype)
        self.labels = keras.layers.Dense(num_labels, dtype="float32", name="labels")

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no shape is needed."""
        self.encoder.build()
        self.pooling.build()
        self.labels.build((None, self.pooling.width))

    def call(
        self,
        inputs: Mapping[str, tf.Tensor],
        inputs_embeds: tf.Tensor | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Classifies texts.

        Args:
            inputs: {"source": <int32>[B, S]}, padded on the right with 0.
            inputs_embeds: <float>[B, S, E], in place of the vectors of `source`.
            training: apply dropout.

        Returns:
            logits <float32>[B, L].
        """
        source = inputs["source"]
        padding_mask = tf.not_equal(source, PAD)  # [B, S]
        memory = self.encoder(source, padding_mask, inputs_embeds, training=training)
        return self.classify(memory, padding_mask, training=training)[0]

    def logits_and_weights(self, source: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Classifies texts, and returns the attention weights of the pooling.

        Args:
            source: <int32>[B, S].

        Returns:
            logits <float32>[B, L] and weights <float>[B, S], whose rows sum to 1.
        """
        padding_mask = tf.not_equal(source, PAD)  # [B, S]
        return self.classify(self.encoder(source, padding_mask), padding_mask)

    def classify(
        self, memory: tf.Tensor, padding_mask: tf.Tensor, *, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Pools a memory <float>[B, S, D] and classifies it: see `logits_and_weights`."""
        features, weights = self.pooling(memory, padding_mask)
        features = self.drop(features[:, None], training=training)[:, 0]
        return self.labels(tf.cast(features, tf.float32)), weights

    def compute_output_shape(self, input_shape: Mapping[str, Any]) -> tuple[int | None, ...]:
        """Returns the shape of the logits."""
        return (input_shape["source"][0], self.config["num_labels"])

    def compute_output_spec(
        self, inputs: Mapping[str, Any], inputs_embeds: Any = None, training: bool = False
    ) -> Any:
        """Returns shape and dtype of the logits, float32 in mixed precision too."""
        shapes = {name: value.shape for name, value in inputs.items()}
        return keras.KerasTensor(self.compute_output_shape(shapes), "float32")

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), **self.config}
