"""The detokenizer as a graph: subwords to texts, in core TensorFlow operations.

Letters in shapes: B texts, T tokens of the longest text, U lines, M tokens of all texts in
sequence.
"""

import tensorflow as tf

from nlp_apps.export.graph_text.characters import starts_run
from nlp_apps.export.graph_text.subword_tables import SubwordTables
from nlp_apps.export.graph_text.utf8 import REPLACEMENT, character_sizes, is_valid_byte
from nlp_apps.text.normalize import SPACE_MARK
from nlp_apps.text.special_ids import EOS


class GraphDetokenizer(tf.Module):
    """Joins token ids to texts. Its tables are constants of the graph that is active here.

    Args:
        tables: the subwords of a tokenizer.
        newline_id: the id of the newline in texts of several lines.
    """

    def __init__(self, tables: SubwordTables, newline_id: int):
        super().__init__(name="detokenizer")
        self._newline_id = newline_id
        self._byte_of = tf.constant(tables.byte_of)
        self._surfaces = tf.constant(tables.surfaces)
        self._leading_spaces = tf.constant(tables.leading_spaces)

    def decode(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Joins token ids, padded with PAD: <int32>[B, T] to <string>[B]."""
        num_texts = tf.shape(token_ids)[0]
        texts = tf.broadcast_to(tf.range(num_texts)[:, None], tf.shape(token_ids))
        return self._decode_lines(token_ids, texts, token_ids > EOS, num_texts)

    def decode_documents(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Joins token ids to texts of several lines: <int32>[B, T] to <string>[B]."""
        num_texts = tf.shape(token_ids)[0]
        texts = tf.range(num_texts)
        is_end = tf.equal(token_ids, self._newline_id)
        before = tf.cumsum(tf.cast(tf.reshape(is_end, (-1,)), tf.int32))
        lines = texts[:, None] + tf.reshape(before, tf.shape(token_ids))
        num_lines = 1 + tf.reduce_sum(tf.cast(is_end, tf.int32), axis=1)  # [B]
        decoded = self._decode_lines(
            token_ids, lines, (token_ids > EOS) & ~is_end, tf.reduce_sum(num_lines)
        )
        of_text = tf.repeat(texts, num_lines)  # [U]
        # Prepended, because TensorFlow omits a separator after an empty string.
        decoded = tf.where(starts_run(of_text), decoded, tf.strings.join(["\n", decoded]))
        return tf.strings.unsorted_segment_join(decoded, of_text, num_texts)

    def _decode_lines(
        self, token_ids: tf.Tensor, lines: tf.Tensor, keeps: tf.Tensor, num_lines: tf.Tensor
    ) -> tf.Tensor:
        """Joins the ids of lines to texts.

        Args:
            token_ids: <int32>[B, T].
            lines: <int32>[B, T], the line of each id.
            keeps: <bool>[B, T]; the other ids are dropped.
            num_lines: U.

        Returns:
            <string>[U].
        """
        kept = tf.where(keeps)  # [M, 2]
        ids, lines = tf.gather_nd(token_ids, kept), tf.gather_nd(lines, kept)
        surfaces, spaces = tf.gather(self._surfaces, ids), tf.gather(self._leading_spaces, ids)
        # Drops the space before the first word of a line, and earlier tokens that are only a space.
        index = tf.range(tf.size(ids))
        has_text = tf.strings.length(surfaces) > spaces
        first = tf.math.unsorted_segment_min(
            tf.where(has_text, index, tf.size(ids)), lines, num_lines
        )
        start = tf.where(index <= tf.gather(first, lines), spaces, 0)
        surfaces = tf.strings.substr(surfaces, start, tf.strings.length(surfaces))
        # Replaces each byte that belongs to no character.
        values = tf.gather(self._byte_of, ids)
        is_valid = is_valid_byte(character_sizes(values, lines))
        surfaces = tf.where(is_valid | (values < 0), surfaces, chr(REPLACEMENT))
        texts = tf.strings.unsorted_segment_join(surfaces, lines, num_lines)
        # The space of a word that is encoded in bytes is still a mark.
        return tf.strings.regex_replace(
            tf.strings.regex_replace(texts, f"^{SPACE_MARK}", ""), SPACE_MARK, " "
        )
