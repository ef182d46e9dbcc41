"""Pooling: one vector for a whole text, from the words that count.

Letters in shapes: B batch, S length, D units.
"""

from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.attention import make_attention


class Pooling(keras.layers.Layer):
    """Looks at a memory with a learned query, and takes the largest value of every feature.

    The query is a weight, not another text (Yang et al. 2016, eq. 8 to 10, where the score is
    additive); what it looks at says which words counted. The maximum over the words keeps a single
    strong sign wherever it stands (Johnson & Zhang 2016, section 3).

    Args:
        units: D, width of the memory.
        attention: "dot", "general", "additive", "multi_head", or "none" for the maximum alone.
        num_heads: heads of "multi_head".

    Attributes:
        width: width of what it gives.
    """

    def __init__(
        self, units: int, *, attention: str = "additive", num_heads: int = 4, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.attention = None
        self.width = units
        if attention != "none":
            self.attention = make_attention(attention, units, num_heads)
            self.query = self.add_weight(
                (units,), name="query", initializer=keras.initializers.RandomNormal(stddev=0.1)
            )
            self.width = 2 * units
        self.built = True

    def call(self, values: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Pools.

        Args:
            values: <float>[B, S, D].
            mask: <bool>[B, S], True at real tokens; a row without any gives zeros.

        Returns:
            <float>[B, width], and where it looked <float>[B, S]: rows sum to 1 over real positions
            (without attention each position has the share of the features that are largest there).
        """
        real = mask[:, :, None]
        lowest = tf.constant(-1e4, values.dtype)  # below every state, within half precision
        largest = tf.reduce_max(tf.where(real, values, lowest), axis=1)  # [B, D]
        largest = tf.where(tf.reduce_any(mask, axis=1)[:, None], largest, tf.zeros_like(largest))
        if self.attention is None:
            hit = tf.cast(tf.equal(values, largest[:, None, :]) & real, values.dtype)
            share = tf.reduce_sum(hit, axis=-1)  # [B, S]
            return largest, share / tf.maximum(tf.reduce_sum(share, axis=1, keepdims=True), 1.0)
        memory = self.attention.prepare_memory(values, mask)
        query = tf.cast(tf.convert_to_tensor(self.query), values.dtype)
        query = tf.broadcast_to(query, (tf.shape(values)[0], 1, query.shape[0]))  # [B, 1, D]
        context, weights = self.attention(query, memory)
        return tf.concat([context[:, 0], largest], axis=-1), weights[:, 0]
