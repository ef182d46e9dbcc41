"""Attention: weights of the memory's positions for each query.

Letters in shapes: B batch, T queries (target positions, or beams), S memory length, D units,
H attention heads.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from nlp_apps.blocks.dense import Dense
from nlp_apps.text.special_ids import NEG_INF


class PreparedMemory(NamedTuple):
    """A memory after the part of attention that no query changes; computed once per sentence.

    Attributes:
        values: <float>[B, S, D], averaged by the weights.
        keys: <float>[B, S, D], compared with queries.
        padding_mask: <bool>[B, S], True at real tokens.
        token_ids: <int32>[B, S], tokens that a pointer may copy; empty without one.
    """

    values: tf.Tensor
    keys: tf.Tensor
    padding_mask: tf.Tensor
    token_ids: Any = ()


class Attention(keras.layers.Layer):
    """Weighs memory positions by their match with a query. Subclasses have the score.

    A row whose mask has no real token gets weights of zero and a context of zero, never NaN.

    Args:
        units: D, width of queries and memory.
    """

    def __init__(self, units: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units
        self.projections: list[Dense] = []

    def _dense(self, units: int, name: str, *, use_bias: bool = False) -> Dense:
        layer = Dense(units, use_bias=use_bias, dtype=self.dtype_policy, name=name)
        self.projections.append(layer)
        return layer

    def build(self, query_shape: Any = None, memory_shape: Any = None) -> None:
        """Creates the weights; no shape is needed."""
        for layer in self.projections:
            layer.build((None, None, self.units))

    def prepare_memory(self, memory: tf.Tensor, padding_mask: tf.Tensor) -> PreparedMemory:
        """Computes the part that no query changes.

        Args:
            memory: <float>[B, S, D].
            padding_mask: <bool>[B, S].
        """
        return PreparedMemory(memory, memory, padding_mask)

    def arrange_for_steps(self, prepared: PreparedMemory) -> PreparedMemory:
        """Arranges a prepared memory as `attend` reads it, once for all steps of a search."""
        return prepared

    def score(self, query: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        """Computes scores: <float>[B, T, D] and <float>[B, S, D] -> <float>[B, T, S]."""
        raise NotImplementedError

    def attend(self, query: tf.Tensor, prepared: PreparedMemory) -> tuple[tf.Tensor, tf.Tensor]:
        """Attends to a prepared memory; arguments and results as in `call`."""
        mask = prepared.padding_mask[:, None, :]
        weights = masked_softmax(self.score(query, prepared.keys), mask)
        return tf.matmul(weights, prepared.values), weights

    def call(
        self, query: tf.Tensor, memory: tf.Tensor, padding_mask: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Attends to a memory.

        Args:
            query: <float>[B, T, D].
            memory: <float>[B, S, D].
            padding_mask: <bool>[B, S], True at the memory's real tokens; default: all of them.

        Returns:
            context <float>[B, T, D] and weights <float>[B, T, S], whose rows sum to 1 over real
            positions.
        """
        if padding_mask is None:
            padding_mask = tf.ones(tf.shape(memory)[:2], tf.bool)
        return self.attend(query, self.prepare_memory(memory, padding_mask))

    def compute_output_shape(
        self, query_shape: Sequence[int | None], memory_shape: Sequence[int | None]
    ) -> tuple[Any, Any]:
        """Returns the shapes of context and weights."""
        return tuple(query_shape), (*query_shape[:2], memory_shape[1])

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "units": self.units}


def masked_softmax(scores: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Computes softmax over the last axis where the mask is True, zero elsewhere; in float32.

    Args:
        scores: <float>[..., S].
        mask: <bool>, broadcast against scores.
    """
    logits = tf.where(mask, tf.cast(scores, tf.float32), NEG_INF)
    weights = tf.where(mask, tf.nn.softmax(logits), 0.0)
    return tf.cast(weights, scores.dtype)


@keras.saving.register_keras_serializable("nlp_apps")
class Dot(Attention):
    """score = q . k (Luong et al. 2015, eq. 8, "dot")."""

    def score(self, query: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        """Multiplies queries and keys, <float>[B, T, S]."""
        return tf.matmul(query, keys, transpose_b=True)


@keras.saving.register_keras_serializable("nlp_apps")
class General(Attention):
    """score = q . W k (Luong et al. 2015, eq. 8, "general")."""

    def __init__(self, units: int, **kwargs: Any):
        super().__init__(units, **kwargs)
        self.key = self._dense(units, "key")

    def prepare_memory(self, memory: tf.Tensor, padding_mask: tf.Tensor) -> PreparedMemory:
        """Computes W k."""
        return PreparedMemory(memory, self.key(memory), padding_mask)

    def score(self, query: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        """Multiplies queries and W k, <float>[B, T, S]."""
        return tf.matmul(query, keys, transpose_b=True)


@keras.saving.register_keras_serializable("nlp_apps")
class Additive(Attention):
    """score = v . tanh(W q + U k) (Bahdanau et al. 2015, section A.1.2)."""

    def __init__(self, units: int, **kwargs: Any):
        super().__init__(units, **kwargs)
        self.query = self._dense(units, "query", use_bias=True)
        self.key = self._dense(units, "key")
        self.combine = self._dense(1, "combine")

    def prepare_memory(self, memory: tf.Tensor, padding_mask: tf.Tensor) -> PreparedMemory:
        """Computes U k."""
        return PreparedMemory(memory, self.key(memory), padding_mask)

    def score(self, query: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        """Scores the sums, <float>[B, T, S]."""
        sums = self.query(query)[:, :, None, :] + keys[:, None, :, :]  # [B, T, S, D]
        return tf.squeeze(self.combine(tf.tanh(sums)), axis=-1)


@keras.saving.register_keras_serializable("nlp_apps")
class MultiHead(Attention):
    """Several scaled dot products side by side (Vaswani et al. 2017, section 3.2.2).

    The weights it returns are the mean over its attention heads.

    Args:
        units: D, width of queries and memory.
        num_heads: H; each attention head is D / H wide.

    Raises:
        ValueError: num_heads does not divide units.
    """

    def __init__(self, units: int, *, num_heads: int = 4, **kwargs: Any):
        super().__init__(units, **kwargs)
        if units % num_heads:
            raise ValueError(f"num_heads must divide units = {units}; got {num_heads}")
        self.num_heads = num_heads
        self.query = self._dense(units, "query")
        self.key = self._dense(units, "key")
        self.value = self._dense(units, "value")
        self.output_layer = self._dense(units, "output")

    def prepare_memory(self, memory: tf.Tensor, padding_mask: tf.Tensor) -> PreparedMemory:
        """Projects keys and values, all attention heads at once."""
        return PreparedMemory(self.value(memory), self.key(memory), padding_mask)

    def arrange_for_steps(self, prepared: PreparedMemory) -> PreparedMemory:
        """Splits values and keys into attention heads: each <float>[B, H, S, D / H]."""
        values, keys = self._split(prepared.values), self._split(prepared.keys)
        return prepared._replace(values=values, keys=keys)

    def _split(self, values: tf.Tensor) -> tf.Tensor:
        """<float>[B, T, D] -> <float>[B, H, T, D / H]; returns values that are split unchanged."""
        if values.shape.rank == 4:
            return values
        batch_size, length = tf.shape(values)[0], tf.shape(values)[1]
        size = self.units // self.num_heads
        heads = tf.reshape(values, (batch_size, length, self.num_heads, size))
        return tf.transpose(heads, (0, 2, 1, 3))

    def attend(self, query: tf.Tensor, prepared: PreparedMemory) -> tuple[tf.Tensor, tf.Tensor]:
        """Attends to a prepared memory with every attention head."""
        size = self.units // self.num_heads
        scores = tf.matmul(
            self._split(self.query(query)), self._split(prepared.keys), transpose_b=True
        ) * (size**-0.5)  # [B, H, T, S]
        weights = masked_softmax(scores, prepared.padding_mask[:, None, None, :])
        context = tf.transpose(tf.matmul(weights, self._split(prepared.values)), (0, 2, 1, 3))
        context = tf.reshape(context, tf.shape(query))  # [B, T, D]
        return self.output_layer(context), tf.reduce_mean(weights, axis=1)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "num_heads": self.num_heads}


ATTENTIONS: dict[str, type[Attention]] = {
    "dot": Dot,
    "general": General,
    "additive": Additive,
    "multi_head": MultiHead,
}
"""The attention of each recipe name."""


def make_attention(name: str, units: int, num_heads: int = 4, **kwargs: Any) -> Attention:
    """Makes an attention layer by its recipe name; further arguments are those of a Keras layer.

    Raises:
        ValueError: the name is unknown.
    """
    if name not in ATTENTIONS:
        raise ValueError(f"attention must be one of {', '.join(ATTENTIONS)}; got {name!r}")
    if name == "multi_head":
        kwargs["num_heads"] = num_heads
    return ATTENTIONS[name](units, name="attention", **kwargs)
