"""A trained model as signatures of a `.tflite`.

Letters in shapes: N code points of a text, M tokens of a text, R tensors of a state, D units.
"""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.decoder import States
from nlp_apps.export.tflite.lite_tokenizer import LiteTokenizer
from nlp_apps.litert.expected_signatures import TOKENIZE_TARGET
from nlp_apps.litert.metadata import NORMALIZATION, PIECES, SOURCE_PIECES
from nlp_apps.text.special_ids import BOS, EOS, PAD, UNKNOWN
from nlp_apps.text.tokenizer import Tokenizer

Outputs = dict[str, tf.Tensor]


class LiteSignatures(tf.Module):
    """The weights of a `.tflite`, once, and functions of integers and floats that share them.

    A subclass adds its functions to `functions`.

    Args:
        model: the Keras model.
        source: the tokenizer of the input.
        target: the tokenizer of the output; may be the same.
        characters: N.
        tokens: M.
        multiline: True if texts have several lines.
        sentence_case: see `LiteTokenizer`; for the input only.

    Attributes:
        metadata: the JSON object for hosts: lengths, special ids and others.
    """

    def __init__(
        self,
        model: keras.Model,
        source: Tokenizer,
        target: Tokenizer,
        *,
        characters: int,
        tokens: int,
        multiline: bool = False,
        sentence_case: bool = False,
    ):
        super().__init__()
        # Neither the model nor its layers may be an attribute: see `saved_model.signatures`.
        self.weights = [variable.value for variable in model.weights]
        encoder = LiteTokenizer(
            source,
            characters=characters,
            tokens=tokens,
            multiline=multiline,
            narrows=not multiline,  # documents keep full width forms
            sentence_case=sentence_case,
        )
        decoder = encoder
        codepoints = ints(1, characters)
        # As attributes of the module they would be traced and saved a second time.
        self._functions = _Hidden({})
        self.functions["tokenize"] = lite_signature(encoder.tokenize, codepoints=codepoints)
        if target is not source:
            decoder = LiteTokenizer(
                target,
                characters=characters,
                tokens=tokens,
                multiline=multiline,
                narrows=not multiline,
            )
            tokenize_target = lite_signature(decoder.tokenize, codepoints=codepoints)
            self.functions[TOKENIZE_TARGET] = tokenize_target
        self.functions["detokenize"] = lite_signature(decoder.detokenize, ids=ints(1, tokens))
        metadata = {
            "characters": characters,
            "tokens": tokens,
            "vocabulary": target.vocabulary_size,
            "normalization": NORMALIZATION,
            "special_ids": {"pad": PAD, "unknown": UNKNOWN, "bos": BOS, "eos": EOS},
        }
        pieces = {PIECES: _pieces(target)}
        if target is not source:
            pieces[SOURCE_PIECES] = _pieces(source)
        self._for_hosts = _Hidden([metadata, pieces])

    @property
    def functions(self) -> dict[str, Any]:
        """Name of each signature -> `tf.function` of static shapes, which returns named tensors."""
        return self._functions.values

    @property
    def metadata(self) -> dict[str, Any]:
        """The JSON object for hosts; a subclass adds to it."""
        return self._for_hosts.values[0]

    @property
    def pieces(self) -> dict[str, list[str]]:
        """Name of a file -> the subword of every id, for hosts that show tokens."""
        return self._for_hosts.values[1]

    def traced(self) -> Mapping[str, Any]:
        """Traces the functions."""
        return {name: function.get_concrete_function() for name, function in self.functions.items()}


def _pieces(tokenizer: Tokenizer) -> list[str]:
    return ["" if index == PAD else piece for index, piece in enumerate(tokenizer.vocabulary)]


class _Hidden:
    """Values that a `tf.Module` must not track."""

    def __init__(self, values: Any):
        self.values = values


def lite_signature(function: Callable[..., Outputs], **inputs: tf.TensorSpec) -> Any:
    """Makes a `tf.function` of named inputs."""
    specs = [tf.TensorSpec(spec.shape, spec.dtype, name=name) for name, spec in inputs.items()]
    return tf.function(function, input_signature=specs, autograph=False)


def ints(*shape: int) -> tf.TensorSpec:
    """Returns the spec of integers of a shape."""
    return tf.TensorSpec(shape, tf.int32)


def floats(*shape: int) -> tf.TensorSpec:
    """Returns the spec of floats of a shape."""
    return tf.TensorSpec(shape, tf.float32)


def pack(state: States) -> tf.Tensor:
    """Stacks a state into one tensor: R times <float32>[K, D] to <float32>[K, R, D]."""
    return tf.stack([value for layer in state for value in layer], axis=1)


def unpack(packed: tf.Tensor, num_states: int) -> States:
    """Unstacks a tensor of `pack`, layer by layer; a cell has `num_states` tensors."""
    values = tf.unstack(packed, axis=1)
    return tuple(
        tuple(values[start : start + num_states]) for start in range(0, len(values), num_states)
    )


def lengths_of(ids: tf.Tensor) -> tf.Tensor:
    """Counts the positions that are not padding: <int32>[1, M] to <int32>[1]."""
    return tf.reduce_sum(tf.cast(tf.not_equal(ids, PAD), tf.int32), axis=1)
