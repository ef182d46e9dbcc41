"""Hashes of the n-grams of texts, from token ids.

Letters in shapes: B batch, S tokens, P characters, F n-grams, R rows of a table.
"""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from nlp_apps.blocks.ngram_symbols import MARK, MODULUS, token_characters

WORDS = (1, 2)
"""Lengths of the n-grams of words."""

CHARACTERS = (2, 3, 4, 5)
"""Lengths of the n-grams of characters."""

CHARACTERS_PER_TOKEN, MORE_CHARACTERS = 6, 16
"""A text of n tokens, EOS included, has a capacity of 6 n + 16 characters and n words. The end of a
longer one is in no n-gram; film reviews have 4.3 characters a token with 16,000 subwords."""

LETTERS = 16
"""Length to which words are truncated before they are hashed."""

# Chosen so that n-grams of English text collide as rarely as random numbers do. The products are
# below 2^31.
_FACTOR, _LAST_FACTOR, _SALT = 1951, 1637, 91_193


class Characters(NamedTuple):
    """Characters of texts, without gaps.

    Attributes:
        symbols: <int32>[B, P]; P is 6 S + 16.
        is_character: <bool>[B, P]; False past the last character.
        in_words: <bool>[B, P], whether it is part of a word.
    """

    symbols: tf.Tensor
    is_character: tf.Tensor
    in_words: tf.Tensor


class NgramRows:
    """Computes a row of a table for each n-gram of a text.

    The n-grams are those of 1 and 2 words, and those of 2 to 5 characters inside a word with the
    spaces around it ("char_wb" of scikit-learn); all in lower case. A word is a sequence of
    letters, marks and digits. They depend on the characters of the text alone, not on its
    segmentation and not on the vocabulary.

    All operations are built-in operations of TFLite on int32, and XLA compiles them.

    Args:
        vocabulary: the tokens of all ids, U+2581 for a space; the first ones are `special_ids`.
        num_rows: R, at least 4.

    Attributes:
        tokens: the characters of the vocabulary.
        first_of_characters: rows from 1 on are for words, those from this one on for characters.
    """

    def __init__(self, vocabulary: Sequence[str], num_rows: int):
        self.num_rows = num_rows
        self.first_of_characters = num_rows // 2
        self.tokens = token_characters(vocabulary)

    def __call__(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Returns the rows of the n-grams of texts.

        Args:
            token_ids: <int32>[B, S], each text with EOS, padded on the right with 0.

        Returns:
            <int32>[B, F] from 0 to R - 1, 0 where there is no n-gram. F is 2 S + 4 P, in this
            order: the n-grams of 1 and 2 words, by first word; then those of 2, 3, 4 and 5
            characters, by first character.
        """
        characters = self.characters(token_ids)
        words, is_word = self.words(characters, token_ids)
        is_inside = characters.is_character & tf.not_equal(characters.symbols, MARK)
        half = self.first_of_characters
        return tf.concat(
            [
                *_ngrams(words, is_word, is_word, WORDS, rows=(1, half - 1)),
                *_ngrams(
                    characters.symbols,
                    characters.is_character,
                    is_inside,
                    CHARACTERS,
                    rows=(half, self.num_rows - half),
                ),
            ],
            axis=1,
        )

    def characters(self, token_ids: tf.Tensor) -> Characters:
        """Returns the characters of texts <int32>[B, S]."""
        shape, tokens = tf.shape(token_ids), self.tokens
        size = _capacity(shape[1])
        lengths = tf.gather(tokens.lengths, token_ids)  # [B, S]
        ends = tf.cumsum(lengths, axis=1)
        starts = ends - lengths
        # The token of a character is the last one that starts at or before it: tokens without
        # characters start where the next one does.
        begun = _scatter(tf.minimum(starts, size), tf.ones_like(starts), size + 1)
        owner = tf.cumsum(begun, axis=1)[:, :size] - 1  # [B, P]
        positions = tf.range(size)[None, :]
        # The capacity depends on the text alone, so that padding changes nothing.
        is_character = (positions < ends[:, -1:]) & (positions < _capacity(_num_tokens(token_ids)))
        shift = tf.gather(tokens.starts, token_ids) - starts  # [B, S]
        index = tf.gather(shift, owner, axis=1, batch_dims=1) + positions
        index = tf.where(is_character, index, 0)
        in_words = tf.gather(tokens.in_words, index) & is_character
        return Characters(tf.gather(tokens.symbols, index), is_character, in_words)

    def words(self, characters: Characters, token_ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns hashes of the words of texts, without gaps.

        Args:
            characters: P characters of the texts.
            token_ids: <int32>[B, S].

        Returns:
            Hashes <int32>[B, S] and whether there is a word, <bool>[B, S].
        """
        symbols, _, in_words = characters
        size = tf.shape(symbols)[1]
        before = tf.pad(in_words, [[0, 0], [1, 0]])[:, :size]
        is_start = in_words & ~before
        hashes, is_open = tf.zeros_like(symbols), is_start
        symbols, in_words = (
            tf.pad(value, [[0, 0], [0, LETTERS - 1]]) for value in (symbols, in_words)
        )
        for letter in range(LETTERS):
            here = slice(letter, size + letter)
            is_open &= in_words[:, here]
            hashes = tf.where(is_open, _hash(hashes, symbols[:, here]), hashes)
        num_tokens = tf.shape(token_ids)[1]
        ends = tf.cumsum(tf.cast(is_start, tf.int32), axis=1)
        has_room = is_start & (ends <= num_tokens)
        index = tf.where(has_room, ends - 1, 0)
        words = _scatter(index, tf.where(has_room, hashes, 0), num_tokens)
        count = tf.minimum(ends[:, -1:], _num_tokens(token_ids))
        return words, tf.range(num_tokens)[None, :] < count


def _ngrams(
    symbols: tf.Tensor,
    is_symbol: tf.Tensor,
    is_inside: tf.Tensor,
    lengths: Sequence[int],
    *,
    rows: tuple[int, int],
) -> list[tf.Tensor]:
    """Returns the rows of the n-grams from every position.

    Args:
        symbols: <int32>[B, N], below `MODULUS`.
        is_symbol: <bool>[B, N].
        is_inside: <bool>[B, N], whether a symbol may be neither the first nor the last one.
        lengths: the lengths of the n-grams.
        rows: the first row and the number of rows.

    Returns:
        For each length, <int32>[B, N].
    """
    size, longest = tf.shape(symbols)[1], max(lengths)
    padding = [[0, 0], [0, longest - 1]]
    symbols, is_symbol, is_inside = (
        tf.pad(value, padding) for value in (symbols, is_symbol, is_inside)
    )
    hashes, is_ngram = symbols[:, :size], is_symbol[:, :size]
    first, count = rows
    found = []
    for length in range(1, longest + 1):
        if length > 1:
            last = slice(length - 1, size + length - 1)
            hashes = _hash(hashes, symbols[:, last])
            is_ngram &= is_symbol[:, last]
        if length > 2:
            is_ngram &= is_inside[:, length - 2 : size + length - 2]
        if length in lengths:
            salted = tf.math.floormod(hashes * _LAST_FACTOR + length * _SALT, MODULUS)
            found.append(tf.where(is_ngram, first + tf.math.floormod(salted, count), 0))
    return found


def _hash(hashes: tf.Tensor, symbols: tf.Tensor) -> tf.Tensor:
    """Hashes sequences with one more symbol; both <int32>, below `MODULUS`."""
    return tf.math.floormod(hashes * _FACTOR + symbols, MODULUS)


def _scatter(index: tf.Tensor, values: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """Adds values <int32>[B, N] at indices <int32>[B, N] of rows of zeros: <int32>[B, size]."""
    shape = tf.shape(index)
    batch = tf.broadcast_to(tf.range(shape[0])[:, None], shape)
    return tf.scatter_nd(tf.stack([batch, index], axis=-1), values, tf.stack([shape[0], size]))


def _capacity(num_tokens: tf.Tensor) -> tf.Tensor:
    return num_tokens * CHARACTERS_PER_TOKEN + MORE_CHARACTERS


def _num_tokens(token_ids: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(token_ids > 0, tf.int32), axis=1, keepdims=True)
