"""The sentence splitter of `text.sentences` as TensorFlow operations.

Letters in shapes: B texts, N sentences of all texts, K beams.
"""

from collections.abc import Sequence

import tensorflow as tf

from nlp_apps.text.sentences import BREAK, WITHOUT_SPACE_AFTER, Rule


class GraphSplitter:
    """Splits texts into sentences and joins their translations.

    Args:
        rules: result of `text.sentences.sentence_rules`; empty: a text is one sentence.
    """

    def __init__(self, rules: Sequence[Rule]):
        self._rules = rules

    def split(self, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Splits normalized texts.

        Args:
            texts: <string>[B].

        Returns:
            Sentences <string>[N] in order, at least one of each text, and the row of the text of
            each, <int64>[N].
        """
        if not self._rules:
            return texts, tf.range(tf.size(texts, tf.int64))
        marked = texts
        for pattern, infix in self._rules:
            marked = tf.strings.regex_replace(marked, pattern, rf"\1{infix}\2")
        is_single = tf.strings.regex_full_match(marked, f"[^{BREAK}]*")
        sentences = tf.strings.split(tf.where(is_single, texts, marked), BREAK)
        return sentences.values, sentences.value_rowids()

    def join(self, translations: tf.Tensor, rows: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
        """Joins translations of sentences: <string>[N, K] to <string>[B, K].

        Args:
            translations: <string>[N, K].
            rows: <int64>[N], row of the text of each sentence, ascending.
            size: <int32>[], B.
        """
        if not self._rules:
            return translations
        beams = tf.shape(translations)[1]
        is_last = tf.concat([tf.not_equal(rows[1:], rows[:-1]), [True]], axis=0)[
            : tf.shape(rows)[0]
        ]
        is_bare = tf.strings.regex_full_match(translations, WITHOUT_SPACE_AFTER)
        spaces = tf.where(is_last[:, None] | is_bare, "", " ")
        segments = tf.cast(rows, tf.int32)[:, None] * beams + tf.range(beams)
        joined = tf.strings.unsorted_segment_join(translations + spaces, segments, size * beams)
        joined = tf.reshape(joined, (size, beams))
        counts = tf.math.unsorted_segment_sum(tf.ones_like(rows), rows, size)
        stripped = tf.strings.regex_replace(joined, " +$", "")
        return tf.where(counts[:, None] > 1, stripped, joined)

    def sum(self, values: tf.Tensor, rows: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
        """Sums over the sentences of each text: <any>[N, K] to <any>[B, K]; see `join`."""
        return tf.math.unsorted_segment_sum(values, rows, size) if self._rules else values

    def any(self, values: tf.Tensor, rows: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
        """Checks the sentences of each text: <bool>[N, K] to <bool>[B, K]; see `join`."""
        return self.sum(tf.cast(values, tf.int32), rows, size) > 0
