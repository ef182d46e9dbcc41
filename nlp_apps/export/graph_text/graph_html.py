"""`text.html.clean` in core TensorFlow operations."""

import tensorflow as tf

from nlp_apps.text.html import BREAK

ENTITIES = {
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": '"',
    "&#34;": '"',
    "&apos;": "'",
    "&#39;": "'",
    "&#x27;": "'",
    "&nbsp;": " ",
    "&#160;": " ",
    "&amp;": "&",
}
"""Entities that are replaced, the ampersand last, so that none is replaced twice."""


def clean_html(texts: tf.Tensor) -> tf.Tensor:
    """Removes breaks and replaces the most common entities: <string>[B] to <string>[B]."""
    for entity, character in ENTITIES.items():
        texts = tf.strings.regex_replace(texts, entity, character)
    texts = tf.strings.regex_replace(texts, f"(?i){BREAK}|\u00a0", " ")
    return tf.strings.regex_replace(tf.strings.regex_replace(texts, " {2,}", " "), "^ | $", "")
