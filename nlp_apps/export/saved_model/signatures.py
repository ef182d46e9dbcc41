"""Base of the SavedModel signatures: functions of strings over a trained model.

Letters in shapes: B texts, T tokens.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.text.special_ids import EOS, PAD

Outputs = dict[str, tf.Tensor]

TEXT = tf.TensorSpec((None,), tf.string, name="text")
"""The input of every signature: texts <string>[B], UTF-8."""


class Signatures(tf.Module):
    """Functions of strings and the weights that they share, as a SavedModel stores them.

    A subclass sets `functions` and stores the tokenizer as an attribute.

    Args:
        model: the Keras model.

    Attributes:
        functions: name of each signature -> `tf.function` with an input signature, which returns
            named tensors whose first axis is B.
    """

    functions: Mapping[str, Any]

    def __init__(self, model: keras.Model):
        super().__init__()
        # A tf.Module does not find the variables of Keras 3, which are no tf.Variables. The model
        # itself must not be an attribute: the SavedModel would store it a second time.
        self.weights = [variable.value for variable in model.weights]


def signature(function: Callable[..., Any], *inputs: tf.TensorSpec) -> Any:
    """Returns a function of texts, and of further inputs, as a `tf.function` of `TEXT`."""
    return tf.function(function, input_signature=[TEXT, *inputs], autograph=False)


def append_eos(token_ids: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
    """Appends EOS to each row: <int32>[B, T] and <int32>[B] to <int32>[B, T + 1]."""
    longer = tf.pad(token_ids, [[0, 0], [0, 1]], constant_values=PAD)
    positions = tf.range(tf.shape(longer)[1])[None, :]
    return tf.where(tf.equal(positions, lengths[:, None]), EOS, longer)


def clear_empty(empty: tf.Tensor, values: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Clears the rows of empty texts.

    Args:
        empty: <bool>[B].
        values: each <any>[B, ...].

    Returns:
        The values, with "" or 0 in the rows of empty texts.
    """
    cleared = []
    for value in values:
        shape = tf.concat([tf.shape(empty), tf.ones(len(value.shape) - 1, tf.int32)], axis=0)
        default = tf.zeros((), value.dtype) if value.dtype != tf.string else tf.constant("")
        cleared.append(tf.where(tf.reshape(empty, shape), default, value))
    return cleared
