"""The networks in graphs of a `.tflite`: blocks with this package's loop and embedding lookup.

Letters in shapes: B sequences, always 1 where there is a length; K beams, S source length, T target
length, D units, E embedding size.
"""

import functools
from collections.abc import Callable

import tensorflow as tf

from nlp_apps.blocks.attention import PreparedMemory
from nlp_apps.blocks.cells.cell import State
from nlp_apps.blocks.decoder import Decoder, States, Step
from nlp_apps.blocks.encoder import Encoder
from nlp_apps.blocks.letter_encoder import LetterEncoder
from nlp_apps.export.tflite.lite_embedding import lookup
from nlp_apps.export.tflite.lite_letters import encode_letters
from nlp_apps.export.tflite.lite_recurrent import run
from nlp_apps.networks.translator import Translator
from nlp_apps.text.special_ids import PAD


def encode(encoder: Encoder | LetterEncoder, token_ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Encodes a text.

    Args:
        encoder: the encoder.
        token_ids: <int32>[1, S], padded on the right with 0.

    Returns:
        memory <float32>[1, S, D], and the positions that attention and pooling read <bool>[1, S].
    """
    if isinstance(encoder, LetterEncoder):
        return encode_letters(encoder, token_ids)
    padding_mask = tf.not_equal(token_ids, PAD)
    length = tf.reduce_sum(tf.cast(padding_mask, tf.int32), axis=1)[0]
    vectors = lookup(encoder.embedding, token_ids)
    memory = encoder.forward(vectors, lambda layer, values: run(layer, values, length)[0])
    return memory, padding_mask


def decode(
    decoder: Decoder,
    token_ids: tf.Tensor,
    state: States,
    prepared: PreparedMemory | None,
    length: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor | None, States]:
    """Runs a decoder over a text.

    Args:
        decoder: the decoder.
        token_ids: <int32>[1, T], the tokens fed.
        state: the first state, one for each layer, each tensor <float32>[1, D].
        prepared: a prepared memory; None without attention.
        length: <int32>[], real tokens.

    Returns:
        features <float32>[1, T, E], attention weights <float32>[1, T, S] and the state after the
        last real token.
    """
    after: list[State] = []

    def run_layer(index: int, values: tf.Tensor) -> tf.Tensor:
        outputs, new = run(decoder.stack[index], values, length, state[index])
        after.append(new)
        return outputs

    vectors = lookup(decoder.embedding, token_ids)
    features, weights = decoder.forward(vectors, run_layer, prepared)
    return features, weights, tuple(after)


def step(
    decoder: Decoder, token_ids: tf.Tensor, state: States, prepared: PreparedMemory | None = None
) -> Step:
    """Computes one step: see `Decoder.step`."""
    embeds = lookup(decoder.embedding, token_ids)
    return decoder.step(token_ids, state, prepared, inputs_embeds=embeds)


class LiteTranslator:
    """A translator for `search`.

    Args:
        model: the translator.
    """

    def __init__(self, model: Translator):
        self.model = model

    def encode(self, source: tf.Tensor) -> tuple[PreparedMemory, States]:
        """Encodes one sentence <int32>[1, S]: see `Translator.encode`."""
        return self.model.start(*encode(self.model.encoder, source), source)

    def step_function(self) -> Callable[[tf.Tensor, States, PreparedMemory], Step]:
        """Returns the function of a step for K beams."""
        return functools.partial(step, self.model.decoder)

    def attention_weights(
        self, source: tf.Tensor, target_in: tf.Tensor, length: tf.Tensor
    ) -> tf.Tensor:
        """Computes attention weights <float32>[1, T, S] of a translation of `length` tokens."""
        prepared, state = self.encode(source)
        state = tf.nest.map_structure(lambda value: value[:, 0], state)
        return decode(self.model.decoder, target_in, state, prepared, length)[1]
