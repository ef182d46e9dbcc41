"""The classifier: encoder, attention pooling and labels, as one Keras model.

Letters in shapes: B batch, S length, L labels.
"""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.dropout import Dropout
from nlp_apps.blocks.encoder import Encoder
from nlp_apps.blocks.pooling import Pooling
from nlp_apps.text.special_ids import PAD


class Classifier(keras.Model):
    """Gives every label of a text a logit.

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
        with keras.name_scope("encoder"):  # so that weights are named by their part
            self.encoder = Encoder(
                vocabulary_size,
                embedding_size,
                units,
                cell=cell,
                num_layers=num_layers,
                bidirectional=bidirectional,
                residual=residual,
                dropout=dropout,
                word_dropout=word_dropout,
                layer_norm=layer_norm,
                weight_drop=weight_drop,
                name="encoder",
            )
        with keras.name_scope("pooling"):
            self.pooling = Pooling(units, attention=attention, num_heads=num_heads, name="pooling")
        self.drop = Dropout(dropout)
        self.labels = keras.layers.Dense(num_labels, dtype="float32", name="labels")
        self.labels.build((None, self.pooling.width))
        self.built = True  # every layer was built above

    def call(
        self,
        inputs: Mapping[str, tf.Tensor],
        training: bool = False,
        shift: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Classifies texts.

        Args:
            inputs: {"source": <int32>[B, S]}, padded on the right with 0.
            training: apply dropout.
            shift: <float>[B, S, embedding_size], added to the words' vectors.

        Returns:
            logits <float32>[B, L].
        """
        return self._read(inputs["source"], training, shift)[0]

    def look(self, source: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Classifies texts and says where the pooling looked.

        Args:
            source: <int32>[B, S].

        Returns:
            logits <float32>[B, L] and weights <float>[B, S], whose rows sum to 1.
        """
        return self._read(source, training=False)

    def _read(
        self, source: tf.Tensor, training: bool, shift: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        mask = tf.not_equal(source, PAD)  # [B, S]
        values = self.encoder(source, training=training, shift=shift)
        features, weights = self.pooling(values, mask)
        features = self.drop(features[:, None], training=training)[:, 0]
        return self.labels(tf.cast(features, tf.float32)), weights
