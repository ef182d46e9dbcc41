"""The signature `suggest` of a language model: the most probable next words of each text.

The words are those of `inference.keyboard.Keyboard` with an empty cache: a server has many users,
and a cache belongs to one.

Letters in shapes: B texts, N words, K beams, W characters of a word, P characters of a begun word,
D units, V vocabulary.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from nlp_apps.decoding.neural_cache import CacheSettings
from nlp_apps.decoding.next_words import NUM_WORDS, Words, suggest_words, word_tables
from nlp_apps.export.graph_text.graph_begun_word import begun_codepoints, split_begun_word
from nlp_apps.export.graph_text.graph_normalize import normalize_document
from nlp_apps.export.graph_text.graph_tokenizer import GraphTokenizer
from nlp_apps.export.saved_model.signatures import Outputs
from nlp_apps.inference.text_generator import TextGenerator, forbidden_ids_mask
from nlp_apps.text.special_ids import BOS

NO_CACHE = CacheSettings(0.0, 0.0)


class SuggestSignature:
    """Suggests the next words of texts, or completions of their last words if these have begun.

    Args:
        generator: the language model.
        tokenizer: its tokenizer.
        state_after: (tokens <int32>[B, T], lengths <int32>[B]) -> the state after the first
            `lengths` tokens of each row; nested tensors, each [B, D].
    """

    def __init__(
        self,
        generator: TextGenerator,
        tokenizer: GraphTokenizer,
        state_after: Callable[[tf.Tensor, tf.Tensor], Any],
    ):
        self._decoder = generator.model.decoder
        self._tokenizer, self._state_after = tokenizer, state_after
        self._never = forbidden_ids_mask(generator.tokenizer)
        self._tables = word_tables(generator.tokenizer.vocabulary, generator.tokenizer.newline_id)

    def suggest(self, text: tf.Tensor) -> Outputs:
        """Returns N words of each text, <string>[B], the most probable first.

        Returns:
            words <string>[B, N], with the characters that are already written, and their
            probabilities <float32>[B, N]; "" and 0 if there are fewer words.
        """
        before, begun = split_begun_word(normalize_document(text))
        before = tf.where(tf.equal(before, ""), "\n", before)
        token_ids, lengths = self._tokenizer.encode_documents(before)
        bos = tf.fill(tf.stack([tf.shape(text)[0], 1]), BOS)
        target_in = tf.concat([bos, token_ids], axis=1)  # the last token is fed in the search
        last = tf.gather(target_in, lengths, axis=1, batch_dims=1)
        words, probabilities = tf.map_fn(
            self._search,
            (last, self._state_after(target_in, lengths), begun_codepoints(begun)),
            fn_output_signature=(
                tf.TensorSpec((NUM_WORDS,), tf.string),
                tf.TensorSpec((NUM_WORDS,), tf.float32),
            ),
        )
        return {"words": words, "probabilities": probabilities}

    def _search(self, row: tuple[tf.Tensor, Any, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """Searches for the words of one text; its beams are the batch."""
        last, state, begun = row
        state = tf.nest.map_structure(lambda value: value[None, None], state)  # [1, 1, D]
        words = suggest_words(
            self._step, last, state, begun, None, NO_CACHE, self._never, self._tables
        )
        return distinct_words(words)

    def _step(self, tokens: tf.Tensor, state: Any) -> tuple[tf.Tensor, Any, tf.Tensor]:
        found = self._decoder.step(tokens[None], state)
        return found.logits[0], found.state, found.state[-1][0][0]


def distinct_words(words: Words) -> tuple[tf.Tensor, tf.Tensor]:
    """Computes `begun_word.distinct_words`: the different words, and their probabilities.

    Returns:
        words <string>[N] and probabilities <float32>[N], highest first; "" and 0 for fewer words.
    """
    characters = tf.RaggedTensor.from_tensor(words.characters, lengths=words.counts)
    texts = tf.strings.unicode_encode(characters, "UTF-8")
    texts = tf.strings.regex_replace(texts, "^ ", "")
    same = tf.equal(texts[:, None], texts[None, :])
    is_first = tf.equal(tf.argmax(same, axis=1), tf.range(NUM_WORDS, dtype=tf.int64))
    is_kept = is_first & (words.counts > 0)
    probabilities = tf.where(words.counts > 0, tf.exp(words.log_probabilities), 0.0)
    total = tf.reduce_sum(tf.where(same, probabilities[None, :], 0.0), axis=1)
    found, order = tf.math.top_k(tf.where(is_kept, total, -1.0), NUM_WORDS)  # equal ones in order
    is_word = found >= 0.0
    return tf.where(is_word, tf.gather(texts, order), ""), tf.where(is_word, found, 0.0)
