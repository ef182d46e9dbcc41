"""The letters of each word in a row: token ids of characters -> positions in a grid.

Letters in shapes: B batch, S length, R rows, L letters of a row.
"""

from typing import NamedTuple

import tensorflow as tf

from nlp_apps.text.special_ids import EOS, PAD


class LetterGrid(NamedTuple):
    """The rows of texts.

    Attributes:
        positions: <int32>[B, R, L], position in the text of each letter; undefined past a row.
        is_letter: <bool>[B, R, L], True at the letters of a row.
        row_of: <int32>[B, S], row of each position; of padding, some row.
        is_first: <bool>[B, S], True at the first letter of each row.
    """

    positions: tf.Tensor
    is_letter: tf.Tensor
    row_of: tf.Tensor
    is_first: tf.Tensor

    @property
    def padding_mask(self) -> tf.Tensor:
        """<bool>[B, R], True at the rows of a text."""
        return self.is_letter[:, :, 0]


def letter_grid(
    token_ids: tf.Tensor, space_id: int, num_letters: int, num_rows: int | None = None
) -> LetterGrid:
    """Divides texts into rows: a row begins at a space and at EOS.

    The space is the first letter of its row. A word of more letters continues in the next rows.

    Args:
        token_ids: <int32>[B, S], padded on the right with 0.
        space_id: id of a space.
        num_letters: L, letters of a row.
        num_rows: R, if it must be static; default: the rows of the text with the most.
    """
    shape = tf.shape(token_ids)
    batch, length = token_ids.shape[0] or shape[0], token_ids.shape[1] or shape[1]
    position = tf.broadcast_to(tf.range(length)[None, :], (batch, length))
    is_real = tf.not_equal(token_ids, PAD)
    starts_word = tf.equal(token_ids, space_id) | tf.equal(token_ids, EOS)
    starts_word = is_real & (starts_word | tf.equal(position, 0))
    word_of = _number(starts_word)
    in_word = position - tf.gather(
        _positions(starts_word, word_of, length), word_of, axis=1, batch_dims=1
    )
    is_first = is_real & tf.equal(in_word % num_letters, 0)
    row_of = _number(is_first)
    rows = num_rows or tf.maximum(tf.reduce_max(row_of) + 1, 1)
    firsts = _positions(is_first, row_of, rows)
    # The number of letters of a row: positions of padding count 0.
    sizes = _scatter(row_of, tf.cast(is_real, tf.int32), rows)
    letter = tf.range(num_letters)
    is_letter = letter < sizes[:, :, None]
    positions = tf.minimum(firsts[:, :, None] + letter, length - 1)
    return LetterGrid(positions, is_letter, row_of, is_first)


def _number(is_start: tf.Tensor) -> tf.Tensor:
    """Numbers groups by their starts <bool>[B, S], from 0: <int32>[B, S]."""
    return tf.maximum(tf.cumsum(tf.cast(is_start, tf.int32), axis=1) - 1, 0)


def _positions(is_start: tf.Tensor, group_of: tf.Tensor, num_groups: int | tf.Tensor) -> tf.Tensor:
    """Returns the position of each group's start, <int32>[B, num_groups]; 0 past the last."""
    position = tf.range(tf.shape(is_start)[1])[None, :]
    return _scatter(group_of, tf.where(is_start, position, 0), num_groups)


def _scatter(group_of: tf.Tensor, values: tf.Tensor, num_groups: int | tf.Tensor) -> tf.Tensor:
    """Adds up values <int32>[B, S] by group: <int32>[B, num_groups]."""
    batch = tf.shape(group_of)[0]
    batch_of = tf.broadcast_to(tf.range(batch)[:, None], tf.shape(group_of))
    indices = tf.stack([batch_of, group_of], axis=-1)
    return tf.scatter_nd(indices, values, tf.stack([batch, num_groups]))
