"""Tags of target languages as a graph: codes to token ids.

Letters in shapes: B texts, L languages.
"""

from collections.abc import Mapping

import tensorflow as tf


class GraphTags(tf.Module):
    """Finds the tag of each language code.

    Args:
        tags: token id of the tag of each code.
    """

    def __init__(self, tags: Mapping[str, int]):
        super().__init__(name="tags")
        self._names = ", ".join(tags)
        self._codes = tf.constant([code.lower() for code in tags])
        self._ids = tf.constant(list(tags.values()), tf.int32)

    def find(self, codes: tf.Tensor) -> tf.Tensor:
        """Finds the tags of codes in any case: <string>[B] to <int32>[B].

        The graph fails with a message for a code that is not one of the languages.
        """
        matches = tf.equal(tf.strings.lower(codes)[:, None], self._codes[None])  # [B, L]
        is_known = tf.reduce_any(matches, axis=1)
        message = f"to must be one of {self._names}"
        with tf.control_dependencies(
            [tf.debugging.Assert(tf.reduce_all(is_known), [message], summarize=1)]
        ):
            return tf.gather(self._ids, tf.argmax(matches, axis=1, output_type=tf.int32))
