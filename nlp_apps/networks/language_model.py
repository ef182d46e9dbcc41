"""The language model: a decoder without attention, as a Keras model.

Letters in shapes: B batch, K rows of a step, T length, V vocabulary, D units.
"""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.decoder import Decoder, States, Step


class LanguageModel(keras.Model):
    """Predicts every next token of a text.

    An ordinary Keras model over `{"target_in": <int32>[B, T]}`: `compile`, `fit` and `predict` work
    on it. `advance` carries a state on, `step` takes one token.

    Args:
        vocabulary_size: number of token ids.
        embedding_size, units, cell, num_layers, residual, dropout, word_dropout, layer_norm,
        weight_drop, tie_embeddings: as in `Decoder`.
    """

    def __init__(
        self,
        vocabulary_size: int,
        *,
        embedding_size: int = 192,
        units: int = 256,
        cell: str = "lstm",
        num_layers: int = 2,
        residual: bool = True,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        layer_norm: bool = False,
        weight_drop: float = 0.0,
        tie_embeddings: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        with keras.name_scope("decoder"):  # so that weights are named by their part
            self.decoder = Decoder(
                vocabulary_size,
                embedding_size,
                units,
                cell=cell,
                num_layers=num_layers,
                attention="none",
                residual=residual,
                dropout=dropout,
                word_dropout=word_dropout,
                layer_norm=layer_norm,
                weight_drop=weight_drop,
                tie_embeddings=tie_embeddings,
                name="decoder",
            )
        self.built = True  # every layer was built above

    def call(self, inputs: Mapping[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Predicts every position's next token, from a state of zeros.

        Args:
            inputs: {"target_in": <int32>[B, T]}.
            training: apply dropout.

        Returns:
            logits <float32>[B, T, V].
        """
        target_in = inputs["target_in"]
        state = self.initial_state(target_in.shape[0] or tf.shape(target_in)[0])
        return self.advance(target_in, state, training=training)[0]

    def initial_state(self, batch_size: int | tf.Tensor) -> States:
        """A state of zeros for each layer, each tensor <float>[B, D]."""
        return tuple(layer.initial_state(batch_size) for layer in self.decoder.stack)

    def advance(
        self,
        target_in: tf.Tensor,
        state: States,
        *,
        lengths: tf.Tensor | None = None,
        training: bool = False,
    ) -> tuple[tf.Tensor, States]:
        """Reads on from a state.

        Args:
            target_in: <int32>[B, T], the tokens fed.
            state: of each layer, each tensor <float>[B, D].
            lengths: <int32>[B], real positions of each row; default: all T.
            training: apply dropout.

        Returns:
            logits <float32>[B, T, V] and the state after each row's last real position.
        """
        return self.decoder(target_in, state, training=training, lengths=lengths)

    def read(
        self,
        target_in: tf.Tensor,
        state: States,
        *,
        lengths: tf.Tensor | None = None,
        training: bool = False,
    ) -> tuple[tf.Tensor, States]:
        """Reads on as `advance` does, without the output layer: see `Decoder.read`."""
        return self.decoder.read(target_in, state, training=training, lengths=lengths)

    def step(self, token_ids: tf.Tensor, state: States) -> Step:
        """Feeds one token to each of K rows: see `Decoder.step`."""
        return self.decoder.step(token_ids, state)
