"""The decoder: predicts the next token from those before it and, with attention, from a memory.

Letters in shapes: B batch, K beams, T target length, S memory length, V vocabulary, D units,
E embedding size.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from nlp_apps.blocks.attention import PreparedMemory, make_attention
from nlp_apps.blocks.cells.cell import Gates, State
from nlp_apps.blocks.dense import Dense
from nlp_apps.blocks.dropout import Dropout
from nlp_apps.blocks.embedding import TokenEmbedding
from nlp_apps.blocks.recurrent import Recurrent
from nlp_apps.blocks.token_logits import TokenLogits

States = tuple[State, ...]
"""The state of a stack: one `State` a layer."""


class Step(NamedTuple):
    """The result of one step of the decoder.

    Attributes:
        logits: <float32>[B, K, V].
        state: the new state, each tensor <float>[B, K, D].
        weights: <float>[B, K, S], of the attention; None without attention.
    """

    logits: tf.Tensor
    state: States
    weights: tf.Tensor | None


@keras.saving.register_keras_serializable("nlp_apps")
class Decoder(TokenLogits, keras.layers.Layer):
    """Layer 1 over the target, attention over the memory, the other layers over both, tied output.

    The context is not fed back into layer 1, so that in training only the recurrences loop and
    everything between them is a matrix product over the whole sequence.

    Args:
        vocabulary_size: V.
        embedding_size: E, width of the embedding and of the features compared with it.
        units: D, width of every layer, and of the memory.
        cell: name of the cell.
        num_layers: layers of the stack, at least 1.
        attention: "dot", "general", "additive", "multi_head" or "none" (a language model).
        num_heads: attention heads of "multi_head".
        residual: add a layer's input to its output, from the second layer on.
        dropout: variational dropout on the input of each layer and on the features.
        word_dropout: share of the tokens fed that are dropped in training.
        layer_norm: normalise the input of each layer.
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
        dtype = self.dtype_policy
        self.units, self.residual = units, residual
        self.embedding = TokenEmbedding(
            vocabulary_size,
            embedding_size,
            dropout=dropout,
            word_dropout=word_dropout,
            dtype=dtype,
            name="embedding",
        )
        self.attention = None
        if attention != "none":
            self.attention = make_attention(attention, units, num_heads, dtype=dtype)
        self.stack = [
            Recurrent(cell, units, weight_drop=weight_drop, dtype=dtype, name=f"layer_{index}")
            for index in range(num_layers)
        ]
        self.norms: list[keras.layers.Layer] = []
        if layer_norm:
            self.norms = [
                keras.layers.LayerNormalization(dtype=dtype, name=f"norm_{index}")
                for index in range(num_layers)
            ]
        self.drops = [Dropout(dropout, dtype=dtype) for _ in range(num_layers)]
        self.features = Dense(embedding_size, dtype=dtype, name="features")
        self.drop_features = Dropout(dropout, dtype=dtype)
        self.output_layer = None
        if not tie_embeddings:
            self.output_layer = Dense(vocabulary_size, use_bias=False, dtype=dtype, name="output")
        self.config: dict[str, Any] = {
            "vocabulary_size": vocabulary_size,
            "embedding_size": embedding_size,
            "units": units,
            "cell": cell,
            "num_layers": num_layers,
            "attention": attention,
            "num_heads": num_heads,
            "residual": residual,
            "dropout": dropout,
            "word_dropout": word_dropout,
            "layer_norm": layer_norm,
            "weight_drop": weight_drop,
            "tie_embeddings": tie_embeddings,
        }

    def build(self, target_in_shape: Any = None, memory_shape: Any = None) -> None:
        """Creates the weights; no shape is needed."""
        embedding_size = self.config["embedding_size"]
        above = self.units if self.attention is None else 2 * self.units  # [layer 1; context]
        self.embedding.build()
        if self.attention is not None:
            self.attention.build()
        widths = [embedding_size, above, *[self.units] * len(self.stack)]
        for index, layer in enumerate(self.stack):
            layer.build((None, None, widths[index]))
            if self.norms:
                self.norms[index].build((None, None, widths[index]))
        self.features.build((None, None, above))
        if self.output_layer is not None:
            self.output_layer.build((None, None, embedding_size))
        self.output_bias = self.add_weight(  # float32 like the logits, also in mixed precision
            (self.config["vocabulary_size"],),
            name="output_bias",
            initializer="zeros",
            autocast=False,
        )

    def get_initial_state(self, batch_size: int | tf.Tensor) -> States:
        """Returns a state of zeros for each layer, each tensor <float>[B, D]."""
        return tuple(layer.get_initial_state(batch_size) for layer in self.stack)

    def prepare_memory(
        self, memory: tf.Tensor | None, padding_mask: tf.Tensor | None = None
    ) -> PreparedMemory:
        """Prepares a memory for `step`: see `Attention.prepare_memory`; no mask: no padding."""
        if memory is None:
            raise ValueError("a decoder with attention needs memory; got None")
        if padding_mask is None:
            padding_mask = tf.ones(tf.shape(memory)[:2], tf.bool)
        if self.attention is None:
            return PreparedMemory(memory, memory, padding_mask)
        return self.attention.prepare_memory(memory, padding_mask)

    def call(
        self,
        target_in: tf.Tensor,
        initial_state: States | None = None,
        memory: tf.Tensor | None = None,
        memory_mask: tf.Tensor | None = None,
        padding_mask: tf.Tensor | None = None,
        training: bool = False,
    ) -> tuple[tf.Tensor, States]:
        """Predicts every position's next token from those up to it.

        Args:
            target_in: <int32>[B, T], the tokens fed, beginning with BOS.
            initial_state: one for each layer, each tensor <float>[B, D]; default: zeros.
            memory: <float>[B, S, D]; None without attention.
            memory_mask: <bool>[B, S], True at the memory's real tokens; default: all of them.
            padding_mask: <bool>[B, T], True at the real tokens of `target_in`, padded on the
                right; default: all of them.
            training: apply dropout.

        Returns:
            logits <float32>[B, T, V] and the state after each row's last real position.
        """
        if initial_state is None:
            initial_state = self.get_initial_state(tf.shape(target_in)[0])
        prepared = None
        if self.attention is not None:
            prepared = self.prepare_memory(memory, memory_mask)
        features, state = self.hidden_states(
            target_in, initial_state, prepared, padding_mask=padding_mask, training=training
        )
        return self.logits(features), state

    def hidden_states(
        self,
        target_in: tf.Tensor,
        state: States,
        prepared: PreparedMemory | None = None,
        *,
        padding_mask: tf.Tensor | None = None,
        training: bool = False,
    ) -> tuple[tf.Tensor, States]:
        """Computes the features that `logits` compares with every token's vector.

        Args:
            target_in: <int32>[B, T], the tokens fed, beginning with BOS.
            state: the first state, one for each layer, each tensor <float>[B, D].
            prepared: a prepared memory; None without attention.
            padding_mask: <bool>[B, T], as in `call`.
            training: apply dropout.

        Returns:
            features <float>[B, T, E] and the state after each row's last real position.
        """
        vectors = self.embedding(target_in, training=training)  # [B, T, E]
        features, _, after = self._run(vectors, state, prepared, padding_mask, training)
        return features, after

    def attention_weights(
        self, target_in: tf.Tensor, state: States, prepared: PreparedMemory
    ) -> tf.Tensor:
        """Computes the attention weights of every position; of several attention heads the mean.

        Args:
            target_in: <int32>[B, T], the tokens fed, beginning with BOS.
            state: the first state, one for each layer, each tensor <float>[B, D].
            prepared: a prepared memory.

        Returns:
            weights <float32>[B, T, S], whose rows sum to 1.
        """
        vectors = self.embedding(target_in)
        return tf.cast(self._run(vectors, state, prepared, None, False)[1], tf.float32)

    def _run(
        self,
        vectors: tf.Tensor,
        state: States,
        prepared: PreparedMemory | None,
        padding_mask: tf.Tensor | None,
        training: bool,
    ) -> tuple[tf.Tensor, tf.Tensor | None, States]:
        """Features, attention weights and the state after each row's last real position.

        Dropout of the vectors <float>[B, T, E] is the caller's.
        """
        after: list[State] = []

        def run(index: int, values: tf.Tensor) -> tf.Tensor:
            outputs, new = self.stack[index](values, padding_mask, state[index], training=training)
            after.append(new)
            return self.drops[index](outputs, training=training)

        features, weights = self.forward(vectors, run, prepared)
        return self.drop_features(features, training=training), weights, tuple(after)

    def step(
        self,
        token_ids: tf.Tensor,
        state: States,
        prepared: PreparedMemory | None = None,
        *,
        inputs_embeds: tf.Tensor | None = None,
        output_matrix: tf.Tensor | None = None,
    ) -> Step:
        """Feeds a token to each of K beams that share a memory, and predicts the next; no dropout.

        Args:
            token_ids: <int32>[B, K].
            state: the last state, each tensor <float>[B, K, D].
            prepared: a prepared memory of B rows; None without attention.
            inputs_embeds: <float>[B, K, E], in place of the vectors of `token_ids`.
            output_matrix: result of `output_matrix`, which saves a transposition.
        """
        vectors = self.embedding(token_ids, inputs_embeds)
        features, weights, after = self._advance(vectors, state, prepared)
        return Step(self.step_logits(features, output_matrix), after, weights)

    def _advance(
        self, vectors: tf.Tensor, state: States, prepared: PreparedMemory | None
    ) -> tuple[tf.Tensor, tf.Tensor | None, States]:
        """Features, attention weights and the new state of a step over vectors <float>[B, K, E]."""
        after: list[State] = []

        def run(index: int, values: tf.Tensor) -> tf.Tensor:
            after.append(self.stack[index].step(values, state[index]))
            return after[-1][0]

        features, weights = self.forward(vectors, run, prepared)
        return features, weights, tuple(after)

    def gates(
        self, token_ids: tf.Tensor, state: States, prepared: PreparedMemory | None = None
    ) -> tuple[States, list[Gates]]:
        """Computes the same step as `step`, and returns each layer's gates instead of logits.

        Args: as `step`.

        Returns:
            the new state, and for each layer its gates, each <float>[B, K, D].

        Raises:
            ValueError: the cell has no gates.
        """
        after: list[State] = []
        found: list[Gates] = []

        def run(index: int, values: tf.Tensor) -> tf.Tensor:
            layer = self.stack[index]
            after.append(layer.step(values, state[index]))
            found.append(layer.gates(values, state[index], after[-1]))
            return after[-1][0]

        self.forward(self.embedding(token_ids), run, prepared)
        return tuple(after), found

    def forward(
        self,
        vectors: tf.Tensor,
        run: Callable[[int, tf.Tensor], tf.Tensor],
        prepared: PreparedMemory | None,
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Computes features from vectors, the same for sequences and steps.

        Args:
            vectors: <float>[B, T, E], or [B, K, E] in a step.
            run: runs the recurrent layer of an index and returns its outputs.
            prepared: a prepared memory; None without attention.

        Returns:
            features <float>[B, T, E] and attention weights <float>[B, T, S].
        """
        values, context, weights = vectors, None, None
        for index in range(len(self.stack)):
            below = values
            if index == 1 and context is not None:
                values = tf.concat([values, context], axis=-1)  # [B, T, 2 D]
            if self.norms:
                values = self.norms[index](values)
            values = run(index, values)
            if self.residual and index > 0:
                values += below
            if index == 0 and self.attention is not None and prepared is not None:
                context, weights = self.attention.attend(values, prepared)
        if context is not None:
            values = tf.concat([values, context], axis=-1)
        return self.features(values), weights

    def compute_output_shape(
        self, target_in_shape: Sequence[int | None], memory_shape: Any = None
    ) -> tuple[Any, Any]:
        """Returns the shapes of the logits and of the state."""
        state = ((target_in_shape[0], self.units),) * self.stack[0].cell.num_states
        logits = (*target_in_shape, self.config["vocabulary_size"])
        return logits, (state,) * len(self.stack)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Returns shapes and dtypes of the outputs: logits are float32 in mixed precision too."""
        logits, state = super().compute_output_spec(*args, **kwargs)
        return keras.KerasTensor(logits.shape, "float32"), state

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), **self.config}
