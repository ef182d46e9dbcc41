"""Pieces to texts, in core TensorFlow operations: what `Tokenizer.decode` leaves to SentencePiece.

Letters in shapes: B texts, T tokens of the longest text, U lines, M tokens of all texts one after
another.
"""

import tensorflow as tf

from nlp_apps.export.graph_text.characters import begins
from nlp_apps.export.graph_text.piece_tables import PieceTables
from nlp_apps.export.graph_text.utf8 import MOST_BYTES, character_sizes
from nlp_apps.text.normalize import SPACE_MARK
from nlp_apps.text.special_ids import EOS

REPLACEMENT = "\ufffd"
"""What a byte becomes that is in no character."""


class GraphDetokenizer(tf.Module):
    """Joins token ids to texts. Its tables are constants, made where it is made.

    Args:
        tables: the pieces of a tokenizer.
        line_end: the id that ends a line of a text of several.
    """

    def __init__(self, tables: PieceTables, newline_id: int):
        super().__init__(name="detokenizer")
        self._line_end = newline_id
        self._byte_of = tf.constant(tables.byte_of)
        self._surfaces = tf.constant(tables.surfaces)
        self._blanks = tf.constant(tables.blanks)

    def decode(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Joins token ids, the rest of a row PAD: <int32>[B, T] to <string>[B]."""
        num_texts = tf.shape(token_ids)[0]
        texts = tf.broadcast_to(tf.range(num_texts)[:, None], tf.shape(token_ids))
        return self._decode_lines(token_ids, texts, token_ids > EOS, num_texts)

    def decode_documents(self, token_ids: tf.Tensor) -> tf.Tensor:
        """As `join`, for texts of several lines."""
        num_texts = tf.shape(token_ids)[0]
        texts = tf.range(num_texts)
        is_end = tf.equal(token_ids, self._line_end)
        before = tf.cumsum(tf.cast(tf.reshape(is_end, (-1,)), tf.int32))
        lines = texts[:, None] + tf.reshape(before, tf.shape(token_ids))
        num_lines = 1 + tf.reduce_sum(tf.cast(is_end, tf.int32), axis=1)  # [B]
        joined = self._decode_lines(
            token_ids, lines, (token_ids > EOS) & ~is_end, tf.reduce_sum(num_lines)
        )
        of_text = tf.repeat(texts, num_lines)  # [U]
        # Not as a separator: TensorFlow leaves those out that come after nothing.
        joined = tf.where(begins(of_text), joined, tf.strings.join(["\n", joined]))
        return tf.strings.unsorted_segment_join(joined, of_text, num_texts)

    def _decode_lines(
        self, token_ids: tf.Tensor, lines: tf.Tensor, keeps: tf.Tensor, num_lines: tf.Tensor
    ) -> tf.Tensor:
        """Joins the ids of lines to texts.

        Args:
            token_ids: <int32>[B, T].
            lines: <int32>[B, T], which line an id is in.
            keeps: <bool>[B, T], the other ids vanish.
            num_lines: U.

        Returns:
            <string>[U].
        """
        kept = tf.where(keeps)  # [M, 2]
        ids, lines = tf.gather_nd(token_ids, kept), tf.gather_nd(lines, kept)
        surfaces, blanks = tf.gather(self._surfaces, ids), tf.gather(self._blanks, ids)
        # The blank before a line's first word falls away, and so do pieces that are nothing else.
        index = tf.range(tf.size(ids))
        shows = tf.strings.length(surfaces) > blanks
        first = tf.math.unsorted_segment_min(tf.where(shows, index, tf.size(ids)), lines, num_lines)
        begin = tf.where(index <= tf.gather(first, lines), blanks, 0)
        surfaces = tf.strings.substr(surfaces, begin, tf.strings.length(surfaces))
        # Every byte that is in no character is marked by itself.
        values = tf.gather(self._byte_of, ids)
        sizes = character_sizes(values, lines)
        is_sound = sizes > 0
        for back in range(1, MOST_BYTES):
            is_sound |= tf.pad(sizes, [[back, 0]])[:-back] > back
        surfaces = tf.where(is_sound | (values < 0), surfaces, REPLACEMENT)
        texts = tf.strings.unsorted_segment_join(surfaces, lines, num_lines)
        # Blanks of words that are spelt in bytes are marks still.
        return tf.strings.regex_replace(
            tf.strings.regex_replace(texts, f"^{SPACE_MARK}", ""), SPACE_MARK, " "
        )
