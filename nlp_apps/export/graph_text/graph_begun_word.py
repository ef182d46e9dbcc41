"""`decoding.begun_word` in core TensorFlow operations.

Letters in shapes: B texts, P characters of a begun word.
"""

import sys
from functools import cache

import tensorflow as tf

from nlp_apps.decoding.begun_word import CLOSING, MAX_BEGUN, is_word_character
from nlp_apps.export.graph_text.character_class import class_of_runs, code_runs


def split_begun_word(texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Computes `begun_word.split_begun_word`: <string>[B] to two <string>[B]."""
    before = tf.strings.regex_replace(
        texts, rf" ?[{_word_characters()}]*\z", "", replace_global=False
    )
    begun = tf.strings.substr(texts, tf.strings.length(before), tf.strings.length(texts))
    begun = tf.strings.substr(begun, 0, MAX_BEGUN, unit="UTF8_CHAR")
    closing = class_of_runs(code_runs(sorted(map(ord, CLOSING))))
    is_closed = tf.strings.regex_full_match(texts, rf"\C*[{closing}]")
    return before, tf.where(is_closed, " ", begun)


def begun_codepoints(begun: tf.Tensor) -> tf.Tensor:
    """Computes `begun_word.begun_codepoints`: <string>[B] to <int32>[B, P]."""
    return tf.strings.unicode_decode(begun, "UTF-8").to_tensor(shape=(None, MAX_BEGUN))


@cache
def _word_characters() -> str:
    """Returns the characters of words, by this Python, as the content of a class of RE2."""
    codes = (code for code in range(sys.maxunicode + 1) if is_word_character(chr(code)))
    return class_of_runs(code_runs(codes))
