"""The most probable next words of a text, for a keyboard; completions if a word has begun.

A search over tokens that ends at the end of a word: K beams extend the begun word by tokens that
agree with its characters, and each beam proposes its word with the probability that the word ends
there. Plain tensors of static shapes, so that a `.tflite` has it too.

Letters in shapes: K beams, N proposed words, W characters of a word with its space, P characters of
a begun word with its space, L characters of the longest token, V vocabulary, R tensors of a state,
D units.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.decoding.begun_word import MAX_BEGUN, MAX_SHOWN, is_word_character
from nlp_apps.decoding.neural_cache import Cache, CacheSettings, log_probabilities_with_cache
from nlp_apps.decoding.neural_cache import Step as CacheStep
from nlp_apps.text.normalize import SPACE_MARK
from nlp_apps.text.special_ids import EOS, NEG_INF, NUM_RESERVED

NUM_BEAMS, NUM_WORDS = 8, MAX_SHOWN
"""K and N."""

MAX_CHARACTERS = 48
"""W."""

MAX_STEPS = MAX_CHARACTERS
"""Tokens of a word, at most; enough for words of characters."""

NEVER = 2**15 - 1
"""First position of a token whose characters may not be added to a begun word; see `WordTables`."""

Step = Callable[[tf.Tensor, Any], tuple[tf.Tensor, Any]]
"""(tokens <int32>[K], state) -> (log probabilities of the next token <float32>[K, V], state)."""


class WordTables(NamedTuple):
    """The characters of each token.

    Attributes:
        characters: <int>[V, L], code points, a space for U+2581, padded with 0.
        lengths: <int32>[V].
        free_from: <int32>[V], the position after the last character that is not part of a word: a
            begun word must have that character. `NEVER` for special ids and bytes.
        ends_word: <float32>[V], 1 for a token before which a word ends, otherwise 0.
    """

    characters: np.ndarray
    lengths: np.ndarray
    free_from: np.ndarray
    ends_word: np.ndarray


class Words(NamedTuple):
    """Proposed words, best first.

    Attributes:
        characters: <int32>[N, W], code points, with the space before the word; padded with 0.
        counts: <int32>[N]; 0 if there are fewer words.
        log_probabilities: <float32>[N], of the word and its end, in nats.
    """

    characters: tf.Tensor
    counts: tf.Tensor
    log_probabilities: tf.Tensor


def word_tables(vocabulary: Sequence[str], newline_id: int) -> WordTables:
    """Makes the tables of a tokenizer.

    Args:
        vocabulary: the token of each id, with U+2581 for a space.
        newline_id: the id of a newline.
    """
    texts = [
        "" if index < NUM_RESERVED else token.replace(SPACE_MARK, " ")
        for index, token in enumerate(vocabulary)
    ]
    longest = max(map(len, texts))
    largest = max(ord(one) for text in texts for one in text)
    characters = np.zeros((len(texts), longest), np.int16 if largest < NEVER else np.int32)
    for row, text in zip(characters, texts, strict=True):
        row[: len(text)] = [ord(one) for one in text]
    free_from = [_free_from(text) if text else NEVER for text in texts]
    ends = [bool(text) and not is_word_character(text[0]) for text in texts]
    ends[EOS] = ends[newline_id] = True
    return WordTables(
        characters,
        np.array([len(text) for text in texts], np.int32),
        np.array(free_from, np.int32),
        np.array(ends, np.float32),
    )


def _free_from(text: str) -> int:
    outside = [place for place, one in enumerate(text) if not is_word_character(one)]
    return outside[-1] + 1 if outside else 0


def suggest_words(
    step: CacheStep,
    last: tf.Tensor,
    state: Any,
    begun: tf.Tensor,
    cache: Cache | None,
    settings: CacheSettings,
    never: tf.Tensor,
    tables: WordTables,
) -> Words:
    """Searches for the most probable words, with a neural cache.

    Args:
        step: feeds tokens; see `neural_cache`.
        last: <int32>[], the last token of the text before the word.
        state: the state before it; nested tensors, each [1, 1, ...].
        begun: as in `next_words`.
        cache: the cache; None: without one, the same as an empty one.
        settings: its settings.
        never: <float32>[V], added to the logits: NEG_INF for ids that no text has.
        tables: the characters of the tokens.
    """

    def next_log_probabilities(tokens: tf.Tensor, state: Any) -> tuple[tf.Tensor, Any]:
        logits, state, top = step(tokens, state)
        found = tf.nn.log_softmax(logits + never)
        if cache is None:
            return found, state
        return log_probabilities_with_cache(found, top, cache, settings), state

    log_probabilities, state = next_log_probabilities(last[None], state)
    state = tf.nest.map_structure(lambda value: tf.tile(value, (1, NUM_BEAMS, 1)), state)
    return next_words(log_probabilities, state, begun, next_log_probabilities, tables)


def next_words(
    log_probabilities: tf.Tensor, state: Any, begun: tf.Tensor, step: Step, tables: WordTables
) -> Words:
    """Searches for the most probable words.

    Args:
        log_probabilities: <float32>[1, V], of the token after the text before the word.
        state: the state that belongs to it; nested tensors, each [1, K, ...], K equal rows.
        begun: <int32>[P], code points of the begun word, with the space before it; padded with 0.
        step: feeds tokens.
        tables: the characters of the tokens.

    Returns:
        Words that are longer than the begun one; some may be equal.
    """
    characters = tf.constant(tables.characters)
    lengths, free_from = tf.constant(tables.lengths), tf.constant(tables.free_from)
    vocabulary, longest = characters.shape
    flat_characters = tf.reshape(characters, (-1,))
    ends_word = tf.constant(tables.ends_word)
    num_begun = tf.reduce_sum(tf.cast(begun > 0, tf.int32))
    begun = tf.concat([begun, tf.zeros((MAX_CHARACTERS + longest - MAX_BEGUN,), tf.int32)], axis=0)

    def extend(
        time: tf.Tensor, beams: tuple[Any, ...], pool: tuple[tf.Tensor, ...]
    ) -> tuple[tf.Tensor, tuple[Any, ...], tuple[tf.Tensor, ...]]:
        words, counts, total, log_probs, state = beams
        places = counts[:, None] + tf.range(longest)[None]  # [K, L]
        wanted = tf.gather(begun, places)[:, None]  # [K, 1, L]; 0 after the begun word
        found = tf.cast(characters, tf.int32)[None]  # [1, V, L]
        agrees = tf.reduce_all(
            tf.equal(found, wanted) | tf.equal(wanted, 0) | tf.equal(found, 0), axis=-1
        )  # [K, V]
        left = tf.maximum(num_begun - counts, 0)[:, None]
        fits = counts[:, None] + lengths[None] <= MAX_CHARACTERS
        allowed = agrees & (free_from[None] <= left) & fits
        scores = total[:, None] + tf.where(allowed, log_probs, NEG_INF)
        total, flat = tf.math.top_k(tf.reshape(scores, (-1,)), NUM_BEAMS)
        parents, tokens = flat // vocabulary, flat % vocabulary
        counts = tf.gather(counts, parents)
        inside = tf.range(MAX_CHARACTERS)[None] - counts[:, None]  # [K, W], places in the token
        is_new = (inside >= 0) & (inside < tf.gather(lengths, tokens)[:, None])
        inside = tf.clip_by_value(inside, 0, longest - 1)
        added = tf.gather(flat_characters, tokens[:, None] * longest + inside)
        words = tf.where(is_new, tf.cast(added, tf.int32), tf.gather(words, parents))
        counts += tf.gather(lengths, tokens)
        state = tf.nest.map_structure(lambda value: tf.gather(value, parents, axis=1), state)
        log_probs, state = step(tokens, state)

        end = tf.reduce_sum(tf.exp(log_probs) * ends_word[None], axis=1)
        is_word = (counts > num_begun) & (total > NEG_INF / 2)
        score = tf.where(is_word, total + tf.math.log(tf.maximum(end, 1e-37)), NEG_INF)
        all_words, all_counts, all_scores = (
            tf.concat(pair, axis=0) for pair in zip(pool, (words, counts, score), strict=True)
        )
        best, kept = tf.math.top_k(all_scores, NUM_WORDS)
        pool = (tf.gather(all_words, kept), tf.gather(all_counts, kept), best)
        return time + 1, (words, counts, total, log_probs, state), pool

    def is_open(time: tf.Tensor, beams: tuple[Any, ...], pool: tuple[tf.Tensor, ...]) -> tf.Tensor:
        # No beam can propose a word of a higher probability than its own.
        return (time < MAX_STEPS) & (beams[2][0] > tf.maximum(pool[2][-1], NEG_INF / 2))

    first = tf.where(tf.range(NUM_BEAMS) > 0, NEG_INF, 0.0)  # all beams are equal at first
    _, _, (words, counts, scores) = tf.while_loop(
        is_open,
        extend,
        (
            tf.constant(0),
            (
                tf.zeros((NUM_BEAMS, MAX_CHARACTERS), tf.int32),
                tf.zeros((NUM_BEAMS,), tf.int32),
                first,
                tf.tile(log_probabilities, (NUM_BEAMS, 1)),
                state,
            ),
            (
                tf.zeros((NUM_WORDS, MAX_CHARACTERS), tf.int32),
                tf.zeros((NUM_WORDS,), tf.int32),
                tf.fill((NUM_WORDS,), NEG_INF),
            ),
        ),
    )
    return Words(words, tf.where(scores > NEG_INF / 2, counts, 0), scores)
