"""The keyboard of a run: suggests the next words of a text, and learns from texts.

Letters in shapes: K beams, M tokens of a call, N cached tokens, D units, V vocabulary, W characters
of a word, P characters of a begun word.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.decoding.begun_word import (
    begun_codepoints,
    distinct_words,
    num_shown,
    split_begun_word,
)
from nlp_apps.decoding.neural_cache import (
    Cache,
    CacheSettings,
    score_and_remember,
)
from nlp_apps.decoding.next_words import Words, suggest_words, word_tables
from nlp_apps.inference.text_generator import TextGenerator, forbidden_ids_mask, token_texts
from nlp_apps.recipe.decoding_section import GenerationDecoding
from nlp_apps.results import Suggestion, Surprisals
from nlp_apps.text.normalize import normalize_document
from nlp_apps.text.special_ids import BOS, PAD

WINDOW = 128
"""M: tokens that one call learns."""


class Keyboard:
    """Suggests the next words of a text, and learns from texts with a neural cache.

    Args:
        generator: the language model.
        decoding: the recipe's [decoding]: size, weight and sharpness of the cache.
    """

    def __init__(self, generator: TextGenerator, decoding: GenerationDecoding):
        self.generator = generator
        self._model, self._tokenizer = generator.model, generator.tokenizer
        self._settings = CacheSettings(decoding.cache_weight, decoding.cache_sharpness)
        self._size = decoding.cache_size
        self._never = tf.constant(forbidden_ids_mask(self._tokenizer))
        self._tables = word_tables(self._tokenizer.vocabulary, self._tokenizer.newline_id)
        self._learn = tf.function(self._learn_window, autograph=False)
        self._suggest = tf.function(self._search, autograph=False)
        self.forget()

    def forget(self) -> None:
        """Forgets all texts that it has learned from."""
        units = self._model.decoder.units
        self.cache = Cache(
            tf.zeros((self._size, units)), tf.zeros((self._size,), tf.int32), tf.constant(0)
        )

    def learn(self, text: str) -> Surprisals:
        """Reads a text into the cache.

        Args:
            text: the text; the cache keeps its last `decoding.cache_size` tokens.

        Returns:
            The surprisal of each token, of the model with the cache as it was before the token.
        """
        (token_ids,) = self._tokenizer.encode_documents([normalize_document(text)])
        state, last, nats = self._first_state(), BOS, []
        for start in range(0, len(token_ids), WINDOW):
            part = token_ids[start : start + WINDOW]
            ids = np.full((WINDOW,), PAD, np.int32)
            ids[: len(part)] = part
            found, state, self.cache = self._learn(
                tf.constant(ids), tf.constant(last), state, self.cache
            )
            nats.append(found.numpy()[: len(part)].astype(np.float64))
            last = part[-1]
        surprisals = np.concatenate(nats) if nats else np.zeros(0)
        return Surprisals(token_texts(self._tokenizer, token_ids), surprisals)

    def suggest(self, text: str, *, number: int | None = None) -> list[Suggestion]:
        """Returns the most probable next words, or completions of a word that has begun.

        Args:
            text: the text so far. The last word has begun unless a space or a newline follows it.
            number: words; see `begun_word.distinct_words`.
        """
        number = num_shown(number)
        before, begun = split_begun_word(normalize_document(text))
        (token_ids,) = self._tokenizer.encode_documents([before or "\n"])
        *read, last = [BOS, *token_ids]
        state = self.generator.state_after([read])
        state = tf.nest.map_structure(lambda value: tf.reshape(value, (1, 1, -1)), state)
        words = self._suggest(
            tf.constant(last), state, tf.constant(begun_codepoints(begun)), self.cache
        )
        return distinct_words(*(value.numpy() for value in words), number=number)

    def _first_state(self) -> Any:
        state = self._model.decoder.get_initial_state(1)
        return tf.nest.map_structure(lambda value: value[:, None], state)

    def _step(self, tokens: tf.Tensor, state: Any) -> tuple[tf.Tensor, Any, tf.Tensor]:
        found = self._model.decoder.step(tokens[None], state)
        return found.logits[0], found.state, found.state[-1][0][0]

    def _learn_window(
        self, ids: tf.Tensor, last: tf.Tensor, state: Any, cache: Cache
    ) -> tuple[tf.Tensor, Any, Cache]:
        return score_and_remember(self._step, ids, last, state, cache, self._settings)

    def _search(self, last: tf.Tensor, state: Any, begun: tf.Tensor, cache: Cache) -> Words:
        return suggest_words(
            self._step, last, state, begun, cache, self._settings, self._never, self._tables
        )
