"""The pointer: a decoder that copies tokens of the source (See et al. 2017, section 2.2).

Letters in shapes: B batch, K beams, S source length, T target length (K in a step), V vocabulary,
D units, E embedding size.
"""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from nlp_apps.blocks.attention import PreparedMemory
from nlp_apps.blocks.decoder import Decoder, States, Step
from nlp_apps.blocks.dense import Dense

MIN_PROBABILITY = 1e-30
"""Floor of a probability before its logarithm."""


class PointerOutputs(NamedTuple):
    """The parts of a pointer's distribution, from which a loss needs no copy over the vocabulary.

    Attributes:
        logits: <float>[B, T, V], of the vocabulary.
        gate: <float32>[B, T], logit of the probability to generate, p_gen of the paper.
        weights: <float32>[B, T, S], attention.
        token_ids: <int32>[B, S], tokens of the source.
    """

    logits: tf.Tensor
    gate: tf.Tensor
    weights: tf.Tensor
    token_ids: tf.Tensor


def mixture(outputs: PointerOutputs) -> tf.Tensor:
    """Computes log P(w) = log(p_gen P_vocab(w) + (1 - p_gen) sum of the weights at w).

    See et al. 2017, eq. 9. One vocabulary for both sides has a token for every text, so there are
    no words outside it.

    Returns:
        <float32>[B, T, V]; as logits they have the same probabilities.
    """
    logits = tf.cast(outputs.logits, tf.float32)
    log_gate = tf.math.log(tf.maximum(tf.sigmoid(outputs.gate), MIN_PROBABILITY))
    generated = tf.nn.log_softmax(logits) + log_gate[..., None]
    share = tf.sigmoid(-outputs.gate)[..., None]
    copied = scatter_weights(share * outputs.weights, outputs.token_ids, logits.shape[-1])
    mixed = tf.math.log(tf.maximum(tf.exp(generated) + copied, MIN_PROBABILITY))
    return tf.where(copied > 0.0, mixed, generated)


def scatter_weights(weights: tf.Tensor, token_ids: tf.Tensor, vocabulary_size: int) -> tf.Tensor:
    """Sums the weights of each token: <float32>[B, T, S], <int32>[B, S] -> <float32>[B, T, V]."""
    shape = tf.shape(token_ids)
    rows = tf.broadcast_to(tf.range(shape[0])[:, None], shape)
    size = tf.stack([shape[0], vocabulary_size, tf.shape(weights)[1]])
    sums = tf.scatter_nd(
        tf.stack([rows, token_ids], axis=-1), tf.transpose(weights, (0, 2, 1)), size
    )  # [B, V, T]
    sums = tf.transpose(sums, (0, 2, 1))
    return tf.ensure_shape(sums, (None, weights.shape[1], vocabulary_size))


@keras.saving.register_keras_serializable("nlp_apps")
class PointerDecoder(Decoder):
    """A decoder whose prediction is a mixture of its vocabulary and of the tokens of the source.

    The gate of the mixture reads the input vector and the features, which are a projection of
    state and context: the three inputs of See et al. 2017, eq. 8. The copied tokens have the
    attention weights, of several attention heads their mean.

    Args: those of `Decoder`.

    Raises:
        ValueError: there is no attention.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.attention is None:
            raise ValueError("a pointer copies by attention; got attention 'none'")
        self.gate = Dense(1, dtype=self.dtype_policy, name="gate")

    def build(
        self, target_in_shape: Any = None, memory_shape: Any = None, memory_ids_shape: Any = None
    ) -> None:
        """Creates the weights; no shape is needed."""
        super().build()
        self.gate.build((None, None, 2 * self.config["embedding_size"]))

    def call(
        self,
        target_in: tf.Tensor,
        initial_state: States | None = None,
        memory: tf.Tensor | None = None,
        memory_mask: tf.Tensor | None = None,
        padding_mask: tf.Tensor | None = None,
        training: bool = False,
        memory_ids: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, States]:
        """Predicts every position's next token from those up to it.

        Args: those of `Decoder.call`, and
            memory_ids: <int32>[B, S], tokens of the memory.

        Returns:
            log probabilities <float32>[B, T, V], which are logits too, and the state after each
            row's last real position.
        """
        if initial_state is None:
            initial_state = self.get_initial_state(tf.shape(target_in)[0])
        prepared = self.prepare_memory(memory, memory_mask)._replace(token_ids=memory_ids)
        outputs, state = self.pointer_outputs(
            target_in, initial_state, prepared, padding_mask=padding_mask, training=training
        )
        return mixture(outputs), state

    def pointer_outputs(
        self,
        target_in: tf.Tensor,
        state: States,
        prepared: PreparedMemory,
        *,
        padding_mask: tf.Tensor | None = None,
        training: bool = False,
    ) -> tuple[PointerOutputs, States]:
        """Computes the parts of the distribution of every position.

        Args: those of `Decoder.hidden_states`; `prepared` has `token_ids`.

        Returns:
            the parts, and the state after each row's last real position.
        """
        vectors = self.embedding(target_in, training=training)  # [B, T, E]
        features, weights, after = self._run(vectors, state, prepared, padding_mask, training)
        logits = self.logits(features)
        return self._outputs(logits, features, vectors, weights, prepared), after

    def step(
        self,
        token_ids: tf.Tensor,
        state: States,
        prepared: PreparedMemory | None = None,
        *,
        inputs_embeds: tf.Tensor | None = None,
        output_matrix: tf.Tensor | None = None,
    ) -> Step:
        """Computes a step as `Decoder.step`; its logits are log probabilities of the mixture."""
        if prepared is None:
            raise ValueError("a pointer needs a prepared memory; got None")
        vectors = self.embedding(token_ids, inputs_embeds)
        features, weights, after = self._advance(vectors, state, prepared)
        logits = self.step_logits(features, output_matrix)
        outputs = self._outputs(logits, features, vectors, weights, prepared)
        return Step(mixture(outputs), after, weights)

    def _outputs(
        self,
        logits: tf.Tensor,
        features: tf.Tensor,
        vectors: tf.Tensor,
        weights: tf.Tensor | None,
        prepared: PreparedMemory,
    ) -> PointerOutputs:
        gate = tf.cast(self.gate(tf.concat([features, vectors], axis=-1))[..., 0], tf.float32)
        return PointerOutputs(logits, gate, tf.cast(weights, tf.float32), prepared.token_ids)
