"""The base of the encoders: an embedding, and a stack of (bidirectional) layers with norms.

Letters in shapes: B batch, S length, D units, E embedding size; `...` the axes of a sequence.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.embedding import TokenEmbedding


class EncoderStack(keras.layers.Layer):
    """Makes the embedding and the layers of an encoder, and runs one level of them.

    Args:
        make_layer: makes a layer of a number of units; its keyword arguments are `backward`,
            `weight_drop`, `dtype` and `name`.
        vocabulary_size, embedding_size, units, num_layers, bidirectional, residual, dropout,
            word_dropout, layer_norm, weight_drop: as in `Encoder`.
        embedding: an embedding to share; None: one of its own.
        more_config: further arguments of the encoder's constructor, for `get_config`.

    Attributes:
        stack: the layers from bottom to top, of each level forward before backward.
        norms: a normalization for each level; empty without `layer_norm`.
        config: the arguments of the encoder's constructor, but for `embedding`.

    Raises:
        ValueError: units are odd and the stack is bidirectional.
    """

    def __init__(
        self,
        make_layer: Callable[..., keras.layers.Layer],
        *,
        vocabulary_size: int,
        embedding_size: int,
        units: int,
        num_layers: int,
        bidirectional: bool,
        residual: bool,
        dropout: float,
        word_dropout: float,
        layer_norm: bool,
        weight_drop: float,
        embedding: TokenEmbedding | None,
        more_config: Mapping[str, Any],
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if bidirectional and units % 2:
            raise ValueError(f"units must be even where the encoder is bidirectional; got {units}")
        dtype = self.dtype_policy
        self.units, self.num_layers, self.residual = units, num_layers, residual
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
            make_layer(
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
        self.config: dict[str, Any] = {
            "vocabulary_size": vocabulary_size,
            "embedding_size": embedding_size,
            "units": units,
            "num_layers": num_layers,
            "bidirectional": bidirectional,
            "residual": residual,
            "dropout": dropout,
            "word_dropout": word_dropout,
            "layer_norm": layer_norm,
            "weight_drop": weight_drop,
            **more_config,
        }

    def build_stack(self, axes: tuple[int | None, ...]) -> None:
        """Creates the weights.

        Args:
            axes: lengths of the axes of a sequence before its features; None: any length.
        """
        if not self.embedding.built:
            self.embedding.build()
        for index in range(self.num_layers):
            shape = (*axes, self.units if index else self.config["embedding_size"])
            for layer in self._level(index):
                layer.build(shape)
            if self.norms:
                self.norms[index].build(shape)

    def _level(self, index: int) -> list[Any]:
        width = len(self.directions)
        return self.stack[index * width : (index + 1) * width]

    def run_level(
        self, index: int, inputs: tf.Tensor, run: Callable[[Any, tf.Tensor], tf.Tensor]
    ) -> tf.Tensor:
        """Runs the layers of a level over the outputs of the level below.

        Args:
            index: the level, from 0.
            inputs: <float>[B, ..., D], at level 0 <float>[B, ..., E].
            run: runs a layer over a sequence and returns its outputs.

        Returns:
            <float>[B, ..., D].
        """
        values = self.norms[index](inputs) if self.norms else inputs
        outputs = [run(layer, values) for layer in self._level(index)]
        values = tf.concat(outputs, axis=-1) if len(outputs) > 1 else outputs[0]
        return values + inputs if self.residual and index > 0 else values

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Returns the shape of the memory, [B, S, D], of token ids [B, S]."""
        return (*input_shape, self.units)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), **self.config}
