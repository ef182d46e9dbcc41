"""The detokenizer in built-in operations of TFLite: token ids to code points.

Letters in shapes: M tokens, C code points of M tokens, L characters of the longest subword.
"""

import numpy as np
import tensorflow as tf
from tensorflow.compiler.tf2xla.ops.gen_xla_ops import xla_dynamic_update_slice

from nlp_apps.export.graph_text.characters import LINE_FEED, MARK, SPACE
from nlp_apps.export.graph_text.trie import NOWHERE
from nlp_apps.export.graph_text.utf8 import CONTINUATION, decode_utf8
from nlp_apps.export.tflite.lite_subword_tables import LiteTables, look_up
from nlp_apps.text.special_ids import EOS, PAD


class LiteDetokenizer(tf.Module):
    """A detokenizer with the texts of `Tokenizer.decode`.

    Args:
        tables: the subwords of a tokenizer.
        tokens: M.
        newline_id: the id of the newline in a text of several lines; None: a text is one line.

    Attributes:
        max_codepoints: C.
    """

    def __init__(self, tables: LiteTables, *, tokens: int, newline_id: int | None):
        super().__init__(name="lite_detokenizer")
        self._tables = tables
        self._tokens = tokens
        self._newline_id = -1 if newline_id is None else newline_id
        self._longest = int(tf.reduce_max(tables.lengths))
        self.max_codepoints = tokens * self._longest

    def detokenize(self, ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """Joins token ids to a text.

        Args:
            ids: <int32>[1, M]. Special and invalid ids are dropped.

        Returns:
            `codepoints` <int32>[1, C], padded with 0; and `count` <int32>[1], their number.
        """
        ids = self._compact(tf.reshape(ids, (-1,)))
        is_end = tf.equal(ids, self._newline_id)
        values = tf.where(is_end, -1, look_up(self._tables.byte_of, ids))
        slots, lengths = look_up(self._tables.slots, ids), look_up(self._tables.lengths, ids)
        is_byte, has_space = values >= 0, slots < 0
        # Drops the space before the first word of a line, and earlier tokens that are only a space.
        has_text = is_byte | (lengths > tf.cast(has_space, tf.int32))
        is_first = _is_first(has_text, is_end)
        lengths -= tf.cast(has_space & is_first, tf.int32)
        characters = decode_utf8(values)
        # The space of a word that is encoded in bytes is still a mark.
        characters = tf.where(
            tf.equal(characters, MARK), tf.where(is_first, CONTINUATION, SPACE), characters
        )
        characters = tf.where(is_end, LINE_FEED, characters)
        is_single = is_byte | is_end
        lengths = tf.where(is_single, tf.cast(characters >= 0, tf.int32), lengths)  # [M]
        letters = self._letters(tf.abs(slots), tf.reduce_max(lengths))
        letters = tf.concat(
            [tf.where(is_single, characters, letters[0])[tf.newaxis, :], letters[1:]], axis=0
        )  # [L, M]
        ends, back = tf.cumsum(lengths), np.arange(letters.shape[0], dtype=np.int32)[:, np.newaxis]
        is_used = back < lengths
        codepoints = tf.scatter_nd(
            tf.where(is_used, ends - 1 - back, self.max_codepoints)[:, :, tf.newaxis],
            tf.where(is_used, letters, 0),
            (self.max_codepoints + 1,),
        )
        return {
            "codepoints": codepoints[tf.newaxis, : self.max_codepoints],
            "count": tf.reshape(tf.reduce_sum(lengths), (1,)),
        }

    def _compact(self, ids: tf.Tensor) -> tf.Tensor:
        """Moves ordinary ids to the front and pads with PAD: <int32>[M] to <int32>[M]."""
        keeps = (ids > EOS) & (ids < self._tables.lengths.shape[0])
        positions = tf.cumsum(tf.cast(keeps, tf.int32), exclusive=True)
        positions = tf.where(keeps, positions, self._tokens)[:, tf.newaxis]
        return tf.scatter_nd(positions, tf.where(keeps, ids, PAD), (self._tokens + 1,))[:-1]

    def _letters(self, slots: tf.Tensor, longest: tf.Tensor) -> tf.Tensor:
        """Returns the characters of subwords, the last ones first: <int32>[M] to <int32>[L, M].

        Values before the first character of a subword, and after `longest` of them, are undefined.
        """

        def step(
            row: tf.Tensor, slots: tf.Tensor, found: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            parents = tf.maximum(look_up(self._tables.parent, slots), NOWHERE)
            letters = look_up(self._tables.letters, slots - look_up(self._tables.base, parents))
            found = xla_dynamic_update_slice(
                found, letters[tf.newaxis, :], tf.concat([row, [0]], axis=0)
            )
            return row + 1, parents, found

        *_, found = tf.while_loop(
            lambda row, *_: tf.reshape(row < longest, ()),
            step,
            (
                tf.zeros((1,), tf.int32),
                slots,
                # The values are overwritten, but must not be a constant.
                tf.broadcast_to(slots, (self._longest, self._tokens)),
            ),
        )
        return found


def _is_first(has_text: tf.Tensor, is_end: tf.Tensor) -> tf.Tensor:
    """Marks the tokens of a line up to the first with text: <bool>[M] each to <bool>[M]."""
    ends = tf.cast(is_end, tf.int32)
    before = tf.cumsum(tf.cast(has_text, tf.int32), exclusive=True)
    lines = tf.cumsum(ends, exclusive=True)
    before_line = tf.scatter_nd(
        (lines + 1)[:, tf.newaxis], before * ends, (has_text.shape[0] + 1,)
    )  # tokens with text before each line
    return tf.equal(before, tf.gather(before_line, lines))
