"""A trained model as signatures: functions of strings that a SavedModel can hold.

Letters in shapes: B texts, T tokens.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.recurrent import Recurrent
from nlp_apps.text.normalize import LINE_BREAK, SPACE_MARK
from nlp_apps.text.special_ids import EOS, PAD

TEXT = tf.TensorSpec((None,), tf.string, name="text")
"""What every signature takes: texts <string>[B], UTF-8."""

WHITE_SPACE = r"\s\x0b\x1c-\x1f\x{85}\pZ"
"""What `str.isspace` says yes to, for a class of RE2, which counts ASCII's alone as \\s."""


class Signatures(tf.Module):
    """What a SavedModel holds: the weights, once, and functions that use them.

    A subclass sets `functions` and keeps the tokenizer's tables.

    Args:
        model: the Keras model. Its recurrent layers are told to run without cuDNN from now on, so
            that the functions run where there is no GPU, and to keep nothing for gradients.

    Attributes:
        functions: name of each signature -> `tf.function` with an input signature, which returns
            named tensors whose first axis is B.
    """

    functions: Mapping[str, Any]

    def __init__(self, model: keras.Model):
        super().__init__()
        for layer in model._flatten_layers():
            if isinstance(layer, Recurrent):
                layer.use_keras, layer.inference_only = False, True
        # Keras 3's variables are no tf.Variables: a tf.Module would not find them. The model itself
        # must not be an attribute: it would be saved beside them, once more.
        self.weights = [variable.value for variable in model.weights]


def signature(function: Callable[[tf.Tensor], Mapping[str, tf.Tensor]]) -> Any:
    """A function of texts as a `tf.function` of `TEXT`."""
    return tf.function(function, input_signature=[TEXT], autograph=False)


def with_end(token_ids: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
    """Puts EOS after each row: <int32>[B, T] and <int32>[B] to <int32>[B, T + 1]."""
    longer = tf.pad(token_ids, [[0, 0], [0, 1]], constant_values=PAD)
    places = tf.range(tf.shape(longer)[1])[None, :]
    return tf.where(tf.equal(places, lengths[:, None]), EOS, longer)


def is_blank(texts: tf.Tensor) -> tf.Tensor:
    """`normalize.is_empty`: <string>[B] to <bool>[B]."""
    return tf.strings.regex_full_match(texts, f"[{WHITE_SPACE}{SPACE_MARK}]*")


def plain(texts: tf.Tensor) -> tf.Tensor:
    """`normalize.normalize`, but for markup: <string>[B] to <string>[B]."""
    lines = tf.strings.regex_replace(texts, f"{LINE_BREAK}+", " ")
    return tf.strings.regex_replace(lines, f"^[{WHITE_SPACE}]+|[{WHITE_SPACE}]+$", "")


def blanked(blank: tf.Tensor, values: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Empties the rows of blank texts: "" where values are strings, else 0."""
    found = []
    for value in values:
        shape = tf.concat([tf.shape(blank), tf.ones(len(value.shape) - 1, tf.int32)], axis=0)
        nothing = tf.zeros((), value.dtype) if value.dtype != tf.string else tf.constant("")
        found.append(tf.where(tf.reshape(blank, shape), nothing, value))
    return found
