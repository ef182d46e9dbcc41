"""The translator: encoder, bridge and decoder with attention, as one Keras model.

Letters in shapes: B batch, K beams, S source length, T target length, V vocabulary, D units.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.attention import PreparedMemory
from nlp_apps.blocks.bridge import Bridge
from nlp_apps.blocks.decoder import Decoder, States, Step
from nlp_apps.blocks.encoder import Encoder
from nlp_apps.blocks.pointer import PointerDecoder, PointerOutputs
from nlp_apps.text.special_ids import PAD


@keras.saving.register_keras_serializable("nlp_apps")
class Translator(keras.Model):
    """Translates token ids to token ids.

    An ordinary Keras model over `{"source": <int32>[B, S], "target_in": <int32>[B, T]}`: `compile`,
    `fit` and `predict` work on it. For search it has `encode` and `step`.

    Args:
        source_vocabulary_size: number of source token ids.
        target_vocabulary_size: V, number of target token ids.
        embedding_size, units, cell, num_layers, bidirectional, residual, embedding_skip: as in
            `Encoder`.
        dropout, word_dropout, layer_norm, weight_drop: as in `Encoder` and `Decoder`.
        attention, num_heads, tie_embeddings: as in `Decoder`.
        share_embeddings: the source is embedded with the target's table (one vocabulary for both).
        pointer: the decoder may copy tokens of the source (`PointerDecoder`).

    Raises:
        ValueError: shared embeddings and a pointer need one vocabulary.
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
        embedding_skip: bool = False,
        attention: str = "dot",
        num_heads: int = 4,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        layer_norm: bool = False,
        weight_drop: float = 0.0,
        tie_embeddings: bool = True,
        share_embeddings: bool = False,
        pointer: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if (share_embeddings or pointer) and source_vocabulary_size != target_vocabulary_size:
            raise ValueError(
                "shared embeddings and a pointer need one vocabulary; got sizes "
                f"{source_vocabulary_size} and {target_vocabulary_size}"
            )
        of_both: dict[str, Any] = {
            "embedding_size": embedding_size,
            "units": units,
            "cell": cell,
            "num_layers": num_layers,
            "residual": residual,
            "dropout": dropout,
            "word_dropout": word_dropout,
            "layer_norm": layer_norm,
            "weight_drop": weight_drop,
        }
        of_decoder: dict[str, Any] = {
            "attention": attention,
            "num_heads": num_heads,
            "tie_embeddings": tie_embeddings,
        }
        self.config: dict[str, Any] = {
            "source_vocabulary_size": source_vocabulary_size,
            "target_vocabulary_size": target_vocabulary_size,
            **of_both,
            **of_decoder,
            "bidirectional": bidirectional,
            "embedding_skip": embedding_skip,
            "share_embeddings": share_embeddings,
            "pointer": pointer,
        }
        dtype = self.dtype_policy
        self.decoder: Decoder = (PointerDecoder if pointer else Decoder)(
            target_vocabulary_size, **of_both, **of_decoder, dtype=dtype, name="decoder"
        )
        self.encoder = Encoder(
            source_vocabulary_size,
            **of_both,
            bidirectional=bidirectional,
            embedding_skip=embedding_skip,
            embedding=self.decoder.embedding if share_embeddings else None,
            dtype=dtype,
            name="encoder",
        )
        self.bridge = Bridge(units, cell=cell, num_layers=num_layers, dtype=dtype, name="bridge")

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no shape is needed."""
        self.decoder.build()
        self.encoder.build()
        self.bridge.build()

    def call(self, inputs: Mapping[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Predicts every target position from the source and the target before it.

        Args:
            inputs: {"source": <int32>[B, S], "target_in": <int32>[B, T]}, padded on the right with
                0.
            training: apply dropout.

        Returns:
            logits <float32>[B, T, V].
        """
        source = inputs["source"]
        padding_mask = tf.not_equal(source, PAD)  # [B, S]
        memory = self.encoder(source, padding_mask, training=training)
        state = self.bridge(memory, padding_mask)
        ids = {"memory_ids": source} if isinstance(self.decoder, PointerDecoder) else {}
        return self.decoder(
            inputs["target_in"], state, memory, padding_mask, training=training, **ids
        )[0]

    def pointer_outputs(
        self, inputs: Mapping[str, tf.Tensor], training: bool = False
    ) -> PointerOutputs:
        """Computes the parts of a pointer's distribution; arguments as in `call`."""
        source = inputs["source"]
        padding_mask = tf.not_equal(source, PAD)  # [B, S]
        memory = self.encoder(source, padding_mask, training=training)
        state = self.bridge(memory, padding_mask)
        prepared = self.decoder.prepare_memory(memory, padding_mask)._replace(token_ids=source)
        return self.decoder.pointer_outputs(
            inputs["target_in"], state, prepared, training=training
        )[0]

    def encode(self, source: tf.Tensor) -> tuple[PreparedMemory, States]:
        """Encodes sentences for search.

        Args:
            source: <int32>[B, S].

        Returns:
            the prepared memory and the first state, each tensor <float>[B, 1, D].
        """
        padding_mask = tf.not_equal(source, PAD)  # [B, S]
        prepared, state = self.start(self.encoder(source, padding_mask), padding_mask, source)
        if self.decoder.attention is not None:
            prepared = self.decoder.attention.arrange_for_steps(prepared)
        return prepared, state

    def start(
        self, memory: tf.Tensor, padding_mask: tf.Tensor, source: tf.Tensor
    ) -> tuple[PreparedMemory, States]:
        """Starts a search from the memory <float>[B, S, D] of a source <int32>[B, S].

        See `encode`.
        """
        state = self.bridge(memory, padding_mask)
        state = tf.nest.map_structure(lambda value: value[:, None, :], state)
        prepared = self.decoder.prepare_memory(memory, padding_mask)
        if isinstance(self.decoder, PointerDecoder):
            prepared = prepared._replace(token_ids=source)
        return prepared, state

    def step(self, token_ids: tf.Tensor, state: States, prepared: PreparedMemory) -> Step:
        """Computes one step of the decoder for K beams a sentence: see `Decoder.step`."""
        return self.decoder.step(token_ids, state, prepared)

    def step_function(self) -> Callable[[tf.Tensor, States, PreparedMemory], Step]:
        """Returns `step`, with all that its calls have in common computed once."""
        matrix = self.decoder.output_matrix()
        return functools.partial(self.decoder.step, output_matrix=matrix)

    def attention_weights(self, source: tf.Tensor, target_in: tf.Tensor) -> tf.Tensor:
        """Computes the attention weights of a translation: see `Decoder.attention_weights`.

        Args:
            source: <int32>[B, S].
            target_in: <int32>[B, T].

        Returns:
            weights <float32>[B, T, S], whose rows sum to 1.
        """
        padding_mask = tf.not_equal(source, PAD)  # [B, S]
        prepared, state = self.start(self.encoder(source, padding_mask), padding_mask, source)
        state = tf.nest.map_structure(lambda value: value[:, 0], state)
        return self.decoder.attention_weights(target_in, state, prepared)

    def compute_output_shape(self, input_shape: Mapping[str, Any]) -> tuple[int | None, ...]:
        """Returns the shape of the logits."""
        return (*input_shape["target_in"], self.config["target_vocabulary_size"])

    def compute_output_spec(self, inputs: Mapping[str, Any], training: bool = False) -> Any:
        """Returns shape and dtype of the logits, float32 in mixed precision too."""
        shapes = {name: value.shape for name, value in inputs.items()}
        return keras.KerasTensor(self.compute_output_shape(shapes), "float32")

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), **self.config}
