"""Pooling: one vector for a whole text.

Letters in shapes: B batch, S length, D units.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.attention import make_attention


@keras.saving.register_keras_serializable("nlp_apps")
class Pooling(keras.layers.Layer):
    """Concatenates attention with a learned query and the maximum of every feature.

    The query is a weight, not another text (Yang et al. 2016, eq. 8 to 10, where the score is
    additive); its attention weights show which tokens counted. The maximum over the tokens keeps a
    single strong sign at any position (Johnson & Zhang 2016, section 3).

    Args:
        units: D, width of the memory.
        attention: "dot", "general", "additive", "multi_head", or "none" for the maximum alone.
        num_heads: attention heads of "multi_head".

    Attributes:
        width: width of the output.
    """

    def __init__(
        self, units: int, *, attention: str = "additive", num_heads: int = 4, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.units, self.kind, self.num_heads = units, attention, num_heads
        self.attention = None
        self.width = units
        if attention != "none":
            self.attention = make_attention(attention, units, num_heads, dtype=self.dtype_policy)
            self.query_initializer = keras.initializers.RandomNormal(stddev=0.1)
            self.width = 2 * units

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no shape is needed."""
        if self.attention is not None:
            self.attention.build()
            self.query = self.add_weight(
                (self.units,), name="query", initializer=self.query_initializer
            )

    def call(
        self, memory: tf.Tensor, padding_mask: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Pools a memory.

        Args:
            memory: <float>[B, S, D].
            padding_mask: <bool>[B, S], True at real tokens; default: all of them. A row without
                any becomes zeros.

        Returns:
            <float>[B, width], and weights <float>[B, S]: rows sum to 1 over real positions
            (without attention each position has the share of the features whose maximum it has).
        """
        if padding_mask is None:
            padding_mask = tf.ones(tf.shape(memory)[:2], tf.bool)
        real = padding_mask[:, :, None]
        lowest = tf.constant(-1e4, memory.dtype)  # below every state, within half precision
        largest = tf.reduce_max(tf.where(real, memory, lowest), axis=1)  # [B, D]
        has_tokens = tf.reduce_any(padding_mask, axis=1)[:, None]
        largest = tf.where(has_tokens, largest, tf.zeros_like(largest))
        if self.attention is None:
            hit = tf.cast(tf.equal(memory, largest[:, None, :]) & real, memory.dtype)
            share = tf.reduce_sum(hit, axis=-1)  # [B, S]
            return largest, share / tf.maximum(tf.reduce_sum(share, axis=1, keepdims=True), 1.0)
        query = tf.cast(tf.convert_to_tensor(self.query), memory.dtype)
        query = tf.broadcast_to(query, (tf.shape(memory)[0], 1, self.units))  # [B, 1, D]
        context, weights = self.attention(query, memory, padding_mask)
        return tf.concat([context[:, 0], largest], axis=-1), weights[:, 0]

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[Any, Any]:
        """Returns the shapes of the vectors and of the weights."""
        return (input_shape[0], self.width), tuple(input_shape[:2])

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "attention": self.kind,
            "num_heads": self.num_heads,
        }
