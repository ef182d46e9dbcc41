"""The encoder: token ids -> memory, by a stack of (bidirectional) recurrent layers.

Letters in shapes: B batch, S source length, D units, E embedding size.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.dropout import Dropout
from nlp_apps.blocks.embedding import TokenEmbedding
from nlp_apps.blocks.recurrent import Recurrent
from nlp_apps.text.special_ids import PAD


@keras.saving.register_keras_serializable("nlp_apps")
class Encoder(keras.layers.Layer):
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
        embedding: TokenEmbedding | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if bidirectional and units % 2:
            raise ValueError(f"units must be even where the encoder is bidirectional; got {units}")
        dtype = self.dtype_policy
        self.units, self.num_layers, self.residual = units, num_layers, residual
        self.shares_embedding = embedding is not None
        self.embedding = embedding or TokenEmbedding(
            vocabulary_size,
            embedding_size,
            dropout=dropout,
            word_dropout=word_dropout,
            dtype=dtype,
            name="embedding",
        )
        self.directions = ("forward", "backward") if bidirectional else ("forward",)
        self.stack = [
            Recurrent(
                cell,
                units // len(self.directions),
                backward=direction == "backward",
                weight_drop=weight_drop,
                dtype=dtype,
                name=f"layer_{index}_{direction}",
            )
            for index in range(num_layers)
            for direction in self.directions
        ]
        self.norms: list[keras.layers.Layer] = []
        if layer_norm:
            self.norms = [
                keras.layers.LayerNormalization(dtype=dtype, name=f"norm_{index}")
                for index in range(num_layers)
            ]
        self.drops = [Dropout(dropout, dtype=dtype) for _ in range(num_layers)]
        self.config: dict[str, Any] = {
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

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no shape is needed."""
        if not self.embedding.built:
            self.embedding.build()
        for index in range(self.num_layers):
            shape = (None, None, self.units if index else self.config["embedding_size"])
            for layer in self._level(index):
                layer.build(shape)
            if self.norms:
                self.norms[index].build(shape)

    def _level(self, index: int) -> list[Recurrent]:
        width = len(self.directions)
        return self.stack[index * width : (index + 1) * width]

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
            below = values
            if self.norms:
                values = self.norms[index](values)
            outputs = [run(layer, values) for layer in self._level(index)]
            values = tf.concat(outputs, axis=-1) if len(outputs) > 1 else outputs[0]  # [B, S, D]
            if self.residual and index > 0:
                values += below
            values = self.drops[index](values, training=training)
        return values

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Returns the shape of the memory."""
        return (*input_shape, self.units)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        shared = self.embedding if self.shares_embedding else None
        return {
            **super().get_config(),
            **self.config,
            "embedding": keras.saving.serialize_keras_object(shared),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Encoder":
        """Makes an encoder from `get_config`."""
        embedding = keras.saving.deserialize_keras_object(config["embedding"])
        return cls(**{**config, "embedding": embedding})
