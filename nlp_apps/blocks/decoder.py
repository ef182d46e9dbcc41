"""The decoder: predicts the next token from those before it and, with attention, from a memory.

Letters in shapes: B batch, K beams, T target length, S memory length, V vocabulary, D units.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from nlp_apps.blocks.attention import Memory, make_attention
from nlp_apps.blocks.cells import State
from nlp_apps.blocks.dropout import Dropout
from nlp_apps.blocks.encoder import TokenEmbedding
from nlp_apps.blocks.gates import Gates
from nlp_apps.blocks.recurrent import Recurrent

States = tuple[State, ...]
"""The state of a stack: one `State` a layer."""


class Step(NamedTuple):
    """What one step of the decoder gives.

    Attributes:
        logits: <float32>[B, K, V].
        state: the new state, each tensor <float>[B, K, D].
        weights: <float>[B, K, S], where the step looked; None without attention.
    """

    logits: tf.Tensor
    state: States
    weights: tf.Tensor | None


class Decoder(keras.layers.Layer):
    """Layer 1 over the target, attention over the memory, the other layers over both, tied output.

    What was attended is not fed back into layer 1, so that in training only the recurrences loop
    and everything between them is a matrix product over the whole sequence.

    Args:
        vocabulary_size: number of token ids.
        embedding_size: width of the embedding and of the features compared with it.
        units: width of every layer, and of the memory.
        cell: name of the cell.
        num_layers: layers of the stack, at least 1.
        attention: "dot", "general", "additive", "multi_head" or "none" (a language model).
        num_heads: heads of "multi_head".
        residual: add a layer's input to its output, from the second layer on.
        dropout: variational dropout on what enters each layer and on the features.
        word_dropout: share of the words fed that are left out in training.
        layer_norm: normalise what enters each layer.
        weight_drop: share of the recurrent matrices that is dropped in training.
        tie_embeddings: the output layer is the embedding, transposed (Press & Wolf 2017).
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        units: int,
        *,
        cell: str = "lstm",
        num_layers: int = 2,
        attention: str = "dot",
        num_heads: int = 4,
        residual: bool = True,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        layer_norm: bool = False,
        weight_drop: float = 0.0,
        tie_embeddings: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.residual = residual
        self.embedding = TokenEmbedding(
            vocabulary_size,
            embedding_size,
            dropout=dropout,
            word_dropout=word_dropout,
            name="embedding",
        )
        self.attention = None
        if attention != "none":
            self.attention = make_attention(attention, units, num_heads)
        above = units if self.attention is None else 2 * units  # width of [layer 1; context]
        sizes = [embedding_size] + [above] + [units] * (num_layers - 2)
        self.stack = [
            Recurrent(cell, units, weight_drop=weight_drop, name=f"layer_{index}")
            for index in range(num_layers)
        ]
        self.norms: list[keras.layers.Layer] = []
        if layer_norm:
            self.norms = [
                keras.layers.LayerNormalization(name=f"norm_{index}") for index in range(num_layers)
            ]
        self.drops = [Dropout(dropout) for _ in range(num_layers)]
        for index, layer in enumerate(self.stack):
            layer.build((None, None, sizes[index]))
            if self.norms:
                self.norms[index].build((None, None, sizes[index]))
        self.features = keras.layers.Dense(embedding_size, name="features")
        self.features.build((None, None, above))
        self.drop_features = Dropout(dropout)
        self.output_layer = None
        if not tie_embeddings:
            self.output_layer = keras.layers.Dense(vocabulary_size, use_bias=False, name="output")
            self.output_layer.build((None, None, embedding_size))
        self.output_bias = self.add_weight(  # float32 like the logits, also in mixed precision
            (vocabulary_size,), name="output_bias", initializer="zeros", autocast=False
        )
        self.built = True  # every layer was built above; Keras need not trace a call to find out

    def call(
        self,
        target_in: tf.Tensor,
        state: States,
        memory: Memory | None = None,
        training: bool = False,
        lengths: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, States]:
        """Predicts every position's next token from those up to it: `read`, then `logits`.

        Returns:
            logits <float32>[B, T, V] and the state after each row's last real position.
        """
        features, after = self.read(target_in, state, memory, training=training, lengths=lengths)
        return self.logits(features), after

    def read(
        self,
        target_in: tf.Tensor,
        state: States,
        memory: Memory | None = None,
        *,
        training: bool = False,
        lengths: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, States]:
        """What is compared with every token's vector to predict the next one.

        Args:
            target_in: <int32>[B, T], the tokens fed, beginning with the start of sentence.
            state: the first state, one for each layer, each tensor <float>[B, D].
            memory: a `Memory`; None without attention.
            training: apply dropout.
            lengths: <int32>[B], real positions of each row; default: all T.

        Returns:
            features <float>[B, T, embedding_size] and the state after each row's last real
            position.
        """
        features, _, after = self._read(target_in, state, memory, lengths, training)
        return features, after

    def look(
        self,
        target_in: tf.Tensor,
        state: States,
        memory: Memory,
        *,
        lengths: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Where every position looks in the memory; of several heads the mean.

        Args:
            target_in: <int32>[B, T], the tokens fed, beginning with the start of sentence.
            state: the first state, one for each layer, each tensor <float>[B, D].
            memory: a `Memory`.
            lengths: <int32>[B], real positions of each row; default: all T.

        Returns:
            weights <float32>[B, T, S], whose rows sum to 1.
        """
        return tf.cast(self._read(target_in, state, memory, lengths, False)[1], tf.float32)

    def _read(
        self,
        target_in: tf.Tensor,
        state: States,
        memory: Memory | None,
        lengths: tf.Tensor | None,
        training: bool,
    ) -> tuple[tf.Tensor, tf.Tensor | None, States]:
        """Features, attention weights and the state after each row's last real position."""
        new_state: list[State] = []

        def run(index: int, values: tf.Tensor) -> tf.Tensor:
            outputs, after = self.stack[index](
                values, lengths=lengths, state=state[index], training=training
            )
            new_state.append(after)
            return self.drops[index](outputs, training=training)

        vectors = self.embedding(target_in, training=training)  # [B, T, embedding_size]
        features, weights = self._through(vectors, run, memory)
        return self.drop_features(features, training=training), weights, tuple(new_state)

    def step(self, token_ids: tf.Tensor, state: States, memory: Memory | None = None) -> Step:
        """Feeds a token to each of K beams that share a memory, predicts the next; no dropout.

        Args:
            token_ids: <int32>[B, K].
            state: the last state, each tensor <float>[B, K, D].
            memory: a `Memory` of B rows.
        """
        new_state: list[State] = []

        def run(index: int, values: tf.Tensor) -> tf.Tensor:
            after = self.stack[index].step(values, state[index])
            new_state.append(after)
            return after[0]

        features, weights = self._through(self.embedding(token_ids), run, memory)
        return Step(self.logits(features), tuple(new_state), weights)

    def gates(
        self, token_ids: tf.Tensor, state: States, memory: Memory | None = None
    ) -> tuple[States, list[Gates]]:
        """Takes the same step as `step`, and gives each layer's gates instead of a prediction.

        Args:
            token_ids: <int32>[B, K].
            state: the last state, each tensor <float>[B, K, D].
            memory: a `Memory` of B rows.

        Returns:
            the new state, and for each layer its gates, each <float>[B, K, D].

        Raises:
            ValueError: the cell has no gates.
        """
        new_state: list[State] = []
        found: list[Gates] = []

        def run(index: int, values: tf.Tensor) -> tf.Tensor:
            layer = self.stack[index]
            after = layer.step(values, state[index])
            found.append(layer.gates(values, state[index], after))
            new_state.append(after)
            return after[0]

        self._through(self.embedding(token_ids), run, memory)
        return tuple(new_state), found

    def _through(
        self,
        values: tf.Tensor,
        run: Callable[[int, tf.Tensor], tf.Tensor],
        memory: Memory | None,
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """The way from vectors to features, the same for sequences and steps.

        Args:
            values: <float>[B, T, embedding_size], or [B, K, embedding_size] in a step.
            run: applies the recurrent layer of an index.
            memory: a `Memory`; None without attention.

        Returns:
            features <float>[B, T, embedding_size] and attention weights <float>[B, T, S].
        """
        context, weights = None, None
        for index in range(len(self.stack)):
            below = values
            if index == 1 and context is not None:
                values = tf.concat([values, context], axis=-1)  # [B, T, 2 D]
            if self.norms:
                values = self.norms[index](values)
            values = run(index, values)
            if self.residual and index > 0:
                values += below
            if index == 0 and self.attention is not None:
                context, weights = self.attention(values, memory)
        if context is not None:
            values = tf.concat([values, context], axis=-1)
        return self.features(values), weights

    def logits(self, features: tf.Tensor) -> tf.Tensor:
        """<float>[..., embedding_size] -> <float32>[..., V]."""
        if self.output_layer is None:
            logits = self.embedding.logits(features)
        else:
            logits = self.output_layer(features)
        return tf.cast(logits, tf.float32) + tf.convert_to_tensor(self.output_bias)

    def output_embeddings(self, token_ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """What `logits` compares features with, of some tokens only.

        Args:
            token_ids: <int32>[...].

        Returns:
            vectors <float>[..., embedding_size] and biases <float32>[...].
        """
        bias = tf.gather(tf.convert_to_tensor(self.output_bias), token_ids)
        if self.output_layer is None:
            return self.embedding.table(token_ids), bias
        kernel = tf.convert_to_tensor(self.output_layer.kernel)
        return tf.gather(tf.transpose(kernel), token_ids), bias
