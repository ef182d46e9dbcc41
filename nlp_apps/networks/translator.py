"""The translator: encoder, bridge and decoder with attention, as one Keras model.

Letters in shapes: B batch, K beams, S source length, T target length, V vocabulary, D units.
"""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.attention import Memory
from nlp_apps.blocks.bridge import Bridge
from nlp_apps.blocks.decoder import Decoder, States, Step
from nlp_apps.blocks.encoder import Encoder
from nlp_apps.text.special_ids import PAD


class Translator(keras.Model):
    """Translates token ids to token ids.

    An ordinary Keras model over `{"source": <int32>[B, S], "target_in": <int32>[B, T]}`: `compile`,
    `fit` and `predict` work on it. For search it has `encode` and `step`.

    Args:
        source_vocabulary_size: number of source token ids.
        target_vocabulary_size: number of target token ids.
        embedding_size, units, cell, num_layers, bidirectional, residual, attention,
        num_heads, dropout, word_dropout, layer_norm, weight_drop, tie_embeddings: as in
        `Encoder` and `Decoder`.
        share_embeddings: the source is embedded with the target's table (one vocabulary for both).
    """

    def __init__(
        self,
        source_vocabulary_size: int,
        target_vocabulary_size: int,
        *,
        embedding_size: int = 192,
        units: int = 256,
        cell: str = "lstm",
        num_layers: int = 2,
        bidirectional: bool = True,
        residual: bool = True,
        attention: str = "dot",
        num_heads: int = 4,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        layer_norm: bool = False,
        weight_drop: float = 0.0,
        tie_embeddings: bool = True,
        share_embeddings: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if share_embeddings and source_vocabulary_size != target_vocabulary_size:
            raise ValueError(
                "shared embeddings need one vocabulary; got sizes "
                f"{source_vocabulary_size} and {target_vocabulary_size}"
            )
        both: dict[str, Any] = {
            "cell": cell,
            "num_layers": num_layers,
            "residual": residual,
            "dropout": dropout,
            "word_dropout": word_dropout,
            "layer_norm": layer_norm,
            "weight_drop": weight_drop,
        }
        with keras.name_scope("decoder"):  # so that weights are named by their part
            self.decoder = Decoder(
                target_vocabulary_size,
                embedding_size,
                units,
                attention=attention,
                num_heads=num_heads,
                tie_embeddings=tie_embeddings,
                name="decoder",
                **both,
            )
        with keras.name_scope("encoder"):
            self.encoder = Encoder(
                source_vocabulary_size,
                embedding_size,
                units,
                bidirectional=bidirectional,
                embedding=self.decoder.embedding if share_embeddings else None,
                name="encoder",
                **both,
            )
        with keras.name_scope("bridge"):
            self.bridge = Bridge(units, cell=cell, num_layers=num_layers, name="bridge")
        self.built = True  # every layer was built above

    def call(self, inputs: Mapping[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Predicts every target position from the source and the target before it.

        Args:
            inputs: {"source": <int32>[B, S], "target_in": <int32>[B, T]}, padded on the right with
                0.
            training: apply dropout.

        Returns:
            logits <float32>[B, T, V].
        """
        memory, state = self._read(inputs["source"], training)
        logits, _ = self.decoder(inputs["target_in"], state, memory, training=training)
        return logits

    def encode(self, source: tf.Tensor) -> tuple[Memory, States]:
        """Reads sentences for search.

        Args:
            source: <int32>[B, S].

        Returns:
            memory and the first state, each tensor <float>[B, 1, D].
        """
        memory, state = self._read(source, training=False)
        return memory, tf.nest.map_structure(lambda value: value[:, None, :], state)

    def step(self, token_ids: tf.Tensor, state: States, memory: Memory) -> Step:
        """One step of the decoder for K beams a sentence: see `Decoder.step`."""
        return self.decoder.step(token_ids, state, memory)

    def look(self, source: tf.Tensor, target_in: tf.Tensor) -> tf.Tensor:
        """Where each position of a translation looks: see `Decoder.look`.

        Args:
            source: <int32>[B, S].
            target_in: <int32>[B, T].

        Returns:
            weights <float32>[B, T, S], whose rows sum to 1.
        """
        memory, state = self._read(source, training=False)
        return self.decoder.look(target_in, state, memory)

    def _read(self, source: tf.Tensor, training: bool) -> tuple[Memory, States]:
        mask = tf.not_equal(source, PAD)  # [B, S]
        values = self.encoder(source, training=training)
        state = self.bridge(values, mask)
        if self.decoder.attention is None:
            return Memory(values, values, mask), state
        return self.decoder.attention.prepare_memory(values, mask), state
