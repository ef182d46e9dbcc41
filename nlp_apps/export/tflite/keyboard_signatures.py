"""Signatures of a `.tflite` for a keyboard: `learn` reads text into a cache, `suggest` has words.

Letters in shapes: M tokens of a call, N cached tokens, P characters of a begun word, R tensors of a
state, D units, V vocabulary, K beams.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from nlp_apps.decoding.begun_word import MAX_BEGUN
from nlp_apps.decoding.neural_cache import Cache, CacheSettings, score_and_remember
from nlp_apps.decoding.next_words import suggest_words, word_tables
from nlp_apps.export.tflite.lite_networks import step
from nlp_apps.export.tflite.lite_signatures import (
    Outputs,
    floats,
    ints,
    lite_signature,
    pack,
    unpack,
)
from nlp_apps.inference.text_generator import TextGenerator, forbidden_ids_mask
from nlp_apps.recipe.decoding_section import GenerationDecoding


class KeyboardSignatures:
    """`learn` and `suggest`: see `inference.keyboard.Keyboard`.

    The host keeps the cache: `keys` <float32>[1, N, D], `cached` <int32>[1, N] and `position`
    <int32>[1], at first all zeros.

    Args:
        generator: the language model.
        decoding: the recipe's [decoding].
        tokens: M.
    """

    def __init__(self, generator: TextGenerator, decoding: GenerationDecoding, tokens: int):
        self._generator = generator
        self._settings = CacheSettings(decoding.cache_weight, decoding.cache_sharpness)
        self._never = forbidden_ids_mask(generator.tokenizer)
        self._tables = word_tables(generator.tokenizer.vocabulary, generator.tokenizer.newline_id)
        stack = generator.model.decoder.stack
        self._num_states = stack[0].cell.num_states
        units, size = stack[0].units, decoding.cache_size
        self.metadata = {"cache": [size, units], "begun": MAX_BEGUN}
        state = floats(1, len(stack) * self._num_states, units)
        keys, cached = floats(1, size, units), ints(1, size)
        self.functions: dict[str, Callable[..., Outputs]] = {
            "learn": lite_signature(
                self._learn,
                ids=ints(1, tokens),
                token=ints(1),
                state=state,
                keys=keys,
                cached=cached,
                position=ints(1),
            ),
            "suggest": lite_signature(
                self._suggest,
                token=ints(1),
                state=state,
                begun=ints(1, MAX_BEGUN),
                keys=keys,
                cached=cached,
            ),
        }

    def _learn(
        self,
        ids: tf.Tensor,
        token: tf.Tensor,
        state: tf.Tensor,
        keys: tf.Tensor,
        cached: tf.Tensor,
        position: tf.Tensor,
    ) -> Outputs:
        nats, after, cache = score_and_remember(
            self._step,
            ids[0],
            token[0],
            self._unpacked(state),
            Cache(keys[0], cached[0], position[0]),
            self._settings,
        )
        return {
            "nats": nats[None],
            "state": self._packed(after),
            "keys": cache.keys[None],
            "cached": cache.tokens[None],
            "position": cache.position[None],
        }

    def _suggest(
        self,
        token: tf.Tensor,
        state: tf.Tensor,
        begun: tf.Tensor,
        keys: tf.Tensor,
        cached: tf.Tensor,
    ) -> Outputs:
        cache = Cache(keys[0], cached[0], tf.constant(0))
        words = suggest_words(
            self._step,
            token[0],
            self._unpacked(state),
            begun[0],
            cache,
            self._settings,
            self._never,
            self._tables,
        )
        return {
            "codepoints": words.characters,
            "counts": words.counts,
            "log_probabilities": words.log_probabilities,
        }

    def _step(self, tokens: tf.Tensor, state: Any) -> tuple[tf.Tensor, Any, tf.Tensor]:
        found = step(self._generator.model.decoder, tokens[None], state)
        return found.logits[0], found.state, found.state[-1][0][0]

    def _unpacked(self, state: tf.Tensor) -> Any:
        return tf.nest.map_structure(lambda value: value[None], unpack(state, self._num_states))

    def _packed(self, state: Any) -> tf.Tensor:
        return pack(tf.nest.map_structure(lambda value: value[0], state))
