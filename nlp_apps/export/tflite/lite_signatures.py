"""A trained model as signatures of a `.tflite`, and how they are traced.

Letters in shapes: N code points of a text, M tokens of a text, R tensors of a state, D units.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import tensorflow as tf

from nlp_apps.blocks.decoder import States
from nlp_apps.blocks.encoder import TokenEmbedding
from nlp_apps.blocks.recurrent import Recurrent
from nlp_apps.export.tflite.lite_embedding import lookup
from nlp_apps.export.tflite.lite_recurrent import run
from nlp_apps.export.tflite.lite_tokenizer import LiteTokenizer
from nlp_apps.litert.metadata import PIECES, SOURCE_PIECES
from nlp_apps.text.special_ids import BOS, EOS, PAD, UNKNOWN
from nlp_apps.text.tokenizer import Tokenizer

Named = dict[str, tf.Tensor]


class LiteSignatures(tf.Module):
    """What a `.tflite` holds: the weights, once, and functions of whole numbers that use them.

    A subclass adds its functions to `functions`.

    Args:
        model: the Keras model.
        source: the tokenizer of what is read.
        target: the tokenizer of what is written; may be the same.
        characters: N.
        tokens: M.
        multiline: texts have several lines.

    Attributes:
        functions: name of each signature -> `tf.function` with an input signature of static shapes,
            which returns named tensors of static shapes.
        metadata: what hosts must know.
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
    ):
        super().__init__()
        # Neither the model nor its layers may be an attribute: see `export.signatures`.
        self.weights = [variable.value for variable in model.weights]
        self._layers = _Hidden(list(model._flatten_layers()))
        reads = LiteTokenizer(source, characters=characters, tokens=tokens, multiline=multiline)
        writes = reads
        if target is not source:
            writes = LiteTokenizer(
                target, characters=characters, tokens=tokens, multiline=multiline
            )
        self.functions: dict[str, Any] = {
            "tokenize": lite_signature(reads.tokenize, codepoints=numbers(1, characters)),
            "detokenize": lite_signature(writes.detokenize, ids=numbers(1, tokens)),
        }
        metadata = {
            "characters": characters,
            "tokens": tokens,
            "vocabulary": target.vocabulary_size,
            "special_ids": {"pad": PAD, "unknown": UNKNOWN, "bos": BOS, "eos": EOS},
        }
        pieces = {PIECES: _pieces(target)}
        if target is not source:
            pieces[SOURCE_PIECES] = _pieces(source)
        self._told = _Hidden([metadata, pieces])

    @property
    def metadata(self) -> dict[str, Any]:
        """What hosts must know; a subclass adds to it."""
        return self._told.values[0]

    @property
    def pieces(self) -> dict[str, list[str]]:
        """Name of a file -> every id's piece, for those who show tokens."""
        return self._told.values[1]

    @contextlib.contextmanager
    def traced(self) -> Iterator[Mapping[str, Any]]:
        """Traces the functions, with layers that keep to what a `.tflite` can do meanwhile."""
        recurrent = [one for one in self._layers.values if isinstance(one, Recurrent)]
        embeddings = [one for one in self._layers.values if isinstance(one, TokenEmbedding)]
        for layer in recurrent:
            layer.runner = functools.partial(run, layer)
        for embedding in embeddings:
            embedding.lookup = lookup
        try:
            yield {
                name: function.get_concrete_function() for name, function in self.functions.items()
            }
        finally:
            for layer in recurrent:
                layer.runner = None
            for embedding in embeddings:
                embedding.lookup = None


def _pieces(tokenizer: Tokenizer) -> list[str]:
    return ["" if index == PAD else piece for index, piece in enumerate(tokenizer.vocabulary)]


class _Hidden:
    """Keeps what a `tf.Module` must not look into."""

    def __init__(self, values: list[Any]):
        self.values = values


def lite_signature(function: Callable[..., Named], **inputs: tf.TensorSpec) -> Any:
    """A function as a `tf.function` of named inputs."""
    specs = [tf.TensorSpec(spec.shape, spec.dtype, name=name) for name, spec in inputs.items()]
    return tf.function(function, input_signature=specs, autograph=False)


def numbers(*shape: int) -> tf.TensorSpec:
    """Whole numbers of a shape."""
    return tf.TensorSpec(shape, tf.int32)


def figures(*shape: int) -> tf.TensorSpec:
    """Figures of a shape."""
    return tf.TensorSpec(shape, tf.float32)


def pack(state: States) -> tf.Tensor:
    """A state as one tensor: R times <float32>[K, D] to <float32>[K, R, D]."""
    return tf.stack([value for layer in state for value in layer], axis=1)


def unpack(packed: tf.Tensor, state_size: int) -> States:
    """The state in a tensor of `pack`, layer by layer; a cell has `state_size` tensors."""
    values = tf.unstack(packed, axis=1)
    return tuple(
        tuple(values[start : start + state_size]) for start in range(0, len(values), state_size)
    )


def real(ids: tf.Tensor) -> tf.Tensor:
    """How many positions are not padding: <int32>[1, M] to <int32>[1]."""
    return tf.reduce_sum(tf.cast(tf.not_equal(ids, 0), tf.int32), axis=1)
