"""`html.clean` in core TensorFlow operations."""

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
"""Those that are replaced; the last is last, so that nothing is replaced twice. Others stay."""


def clean_html(texts: tf.Tensor) -> tf.Tensor:
    """Texts without breaks and the commonest entities: <string>[B] to <string>[B]."""
    for entity, sign in ENTITIES.items():
        texts = tf.strings.regex_replace(texts, entity, sign)
    texts = tf.strings.regex_replace(texts, f"(?i){BREAK}|\u00a0", " ")
    return tf.strings.regex_replace(tf.strings.regex_replace(texts, " {2,}", " "), "^ | $", "")
