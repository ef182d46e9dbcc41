"""Attention: which positions of the memory each query looks at.

Letters in shapes: B batch, T queries (target positions, or beams), S memory length, D units,
H heads.
"""

from typing import Any, NamedTuple

import keras
import tensorflow as tf


class Memory(NamedTuple):
    """What a decoder looks at; made once a sentence by `Attention.prepare_memory`.

    Attributes:
        values: <float>[B, S, D], the encoder's memory.
        keys: <float>[B, S, D], what queries are compared with.
        mask: <bool>[B, S], True at real tokens.
    """

    values: tf.Tensor
    keys: tf.Tensor
    mask: tf.Tensor


class Attention(keras.layers.Layer):
    """Weighs memory positions by how well they match a query. Subclasses give the score.

    A row whose mask has no real token gets weights of zero and a context of zero, never NaN.

    Args:
        units: D, width of queries and memory.
    """

    def __init__(self, units: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units

    def prepare_memory(self, values: tf.Tensor, mask: tf.Tensor) -> Memory:
        """Prepares a memory: what does not depend on the query is computed here, once.

        Args:
            values: <float>[B, S, D].
            mask: <bool>[B, S].
        """
        return Memory(values, values, mask)

    def score(self, query: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        """<float>[B, T, D] and <float>[B, S, D] -> <float>[B, T, S]."""
        raise NotImplementedError

    def call(self, query: tf.Tensor, memory: Memory) -> tuple[tf.Tensor, tf.Tensor]:
        """Looks at the memory.

        Args:
            query: <float>[B, T, D].
            memory: a `Memory`.

        Returns:
            context <float>[B, T, D] and weights <float>[B, T, S], whose rows sum to 1 over real
            positions.
        """
        memory = Memory(*memory)
        weights = masked_softmax(self.score(query, memory.keys), memory.mask[:, None, :])
        return tf.matmul(weights, memory.values), weights


def masked_softmax(scores: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Softmax over the last axis where the mask is True, zero elsewhere; computed in float32.

    Args:
        scores: <float>[..., S].
        mask: <bool>, broadcast against scores.
    """
    logits = tf.where(mask, tf.cast(scores, tf.float32), -1e9)
    weights = tf.where(mask, tf.nn.softmax(logits), 0.0)
    return tf.cast(weights, scores.dtype)


class Dot(Attention):
    """score = q . k (Luong et al. 2015, eq. 8, "dot")."""

    def score(self, query: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        """Products of queries and keys, <float>[B, T, S]."""
        return tf.matmul(query, keys, transpose_b=True)


class General(Attention):
    """score = q . W k (Luong et al. 2015, eq. 8, "general")."""

    def __init__(self, units: int, **kwargs: Any):
        super().__init__(units, **kwargs)
        self.key = keras.layers.Dense(units, use_bias=False, name="key")
        self.key.build((None, None, units))

    def prepare_memory(self, values: tf.Tensor, mask: tf.Tensor) -> Memory:
        """Computes W k."""
        return Memory(values, self.key(values), mask)

    def score(self, query: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        """Products of queries and W k, <float>[B, T, S]."""
        return tf.matmul(query, keys, transpose_b=True)


class Additive(Attention):
    """score = v . tanh(W q + U k) (Bahdanau et al. 2015, section A.1.2)."""

    def __init__(self, units: int, **kwargs: Any):
        super().__init__(units, **kwargs)
        self.query = keras.layers.Dense(units, name="query")
        self.key = keras.layers.Dense(units, use_bias=False, name="key")
        self.combine = keras.layers.Dense(1, use_bias=False, name="combine")
        for layer in (self.query, self.key, self.combine):
            layer.build((None, None, units))

    def prepare_memory(self, values: tf.Tensor, mask: tf.Tensor) -> Memory:
        """Computes U k."""
        return Memory(values, self.key(values), mask)

    def score(self, query: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        """The sums' scores, <float>[B, T, S]."""
        sums = self.query(query)[:, :, None, :] + keys[:, None, :, :]  # [B, T, S, D]
        return tf.squeeze(self.combine(tf.tanh(sums)), axis=-1)


class MultiHead(Attention):
    """Several scaled dot products side by side (Vaswani et al. 2017, section 3.2.2).

    The weights it returns are the mean of its heads' weights.

    Args:
        units: D, width of queries and memory.
        num_heads: H; each head is D / H wide.

    Raises:
        ValueError: num_heads does not divide units.
    """

    def __init__(self, units: int, *, num_heads: int = 4, **kwargs: Any):
        super().__init__(units, **kwargs)
        if units % num_heads:
            raise ValueError(f"attention heads must divide units = {units}; got {num_heads}")
        self.num_heads = num_heads
        self.query = keras.layers.Dense(units, use_bias=False, name="query")
        self.key = keras.layers.Dense(units, use_bias=False, name="key")
        self.value = keras.layers.Dense(units, use_bias=False, name="value")
        self.output_layer = keras.layers.Dense(units, use_bias=False, name="output")
        for layer in (self.query, self.key, self.value, self.output_layer):
            layer.build((None, None, units))

    def prepare_memory(self, values: tf.Tensor, mask: tf.Tensor) -> Memory:
        """Projects keys and values, all heads at once."""
        return Memory(self.value(values), self.key(values), mask)

    def _split(self, values: tf.Tensor) -> tf.Tensor:
        """<float>[B, T, D] -> <float>[B, H, T, D / H]."""
        batch_size, length = tf.shape(values)[0], tf.shape(values)[1]
        size = self.units // self.num_heads
        heads = tf.reshape(values, (batch_size, length, self.num_heads, size))
        return tf.transpose(heads, (0, 2, 1, 3))

    def call(self, query: tf.Tensor, memory: Memory) -> tuple[tf.Tensor, tf.Tensor]:
        """Looks at the memory with every head."""
        memory = Memory(*memory)
        size = self.units // self.num_heads
        scores = tf.matmul(
            self._split(self.query(query)), self._split(memory.keys), transpose_b=True
        ) * (size**-0.5)  # [B, H, T, S]
        weights = masked_softmax(scores, memory.mask[:, None, None, :])
        context = tf.transpose(tf.matmul(weights, self._split(memory.values)), (0, 2, 1, 3))
        context = tf.reshape(context, tf.shape(query))  # [B, T, D]
        return self.output_layer(context), tf.reduce_mean(weights, axis=1)


ATTENTIONS: dict[str, type[Attention]] = {
    "dot": Dot,
    "general": General,
    "additive": Additive,
    "multi_head": MultiHead,
}


def make_attention(name: str, units: int, num_heads: int = 4) -> Attention:
    """Makes an attention layer by its recipe name.

    Raises:
        ValueError: the name is unknown.
    """
    if name not in ATTENTIONS:
        raise ValueError(f"attention must be one of {', '.join(ATTENTIONS)}; got {name!r}")
    if name == "multi_head":
        return MultiHead(units, num_heads=num_heads, name="attention")
    return ATTENTIONS[name](units, name="attention")
