"""Pretrained weights: a file of an encoder or a translator, for other models to start from.

The file is an `.npz` archive that NumPy reads without pickle: `description` (JSON), `tokenizer` and
`target_tokenizer` (SentencePiece models) and each weight by its name: a matrix in int8 with a
float16 scale for each row, other weights in float16. A translator with one vocabulary has, in place
of `target_tokenizer`, `source_tokens` and `target_tokens`: the tokens of each language.
"""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nlp_apps.errors import WorkError, first_line
from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.io.bounded_files import parse_json
from nlp_apps.io.npz_files import read_npz, write_npz
from nlp_apps.text.tokenizer import Tokenizer

SIZES = ("embedding_size", "units", "cell", "num_layers", "bidirectional", "residual", "layer_norm")
"""Arguments of a model that shape its encoder."""

DECODER_SIZES = (*SIZES, "embedding_skip", "attention", "num_heads", "tie_embeddings")
"""Arguments of a translator that shape its weights, vocabularies apart."""

WEIGHT = "weight:"
"""Prefix of the arrays that are weights."""

SCALE = "scale:"
"""Prefix of the scales of the rows of an int8 matrix."""

SHARED_TABLE = "decoder/embedding/table/embeddings"
"""Name of the embedding of a translator with one embedding for both sides."""

SOURCE_TABLE = "encoder/embedding/table/embeddings"
"""Name of the embedding of an encoder with its own."""

INT8_MAX = 127


def weight_name(weight: keras.Variable) -> str:
    """Returns the path of a weight in its model: `encoder/embedding/table/embeddings`."""
    return weight.path.partition("/")[2]


@dataclass(frozen=True)
class PretrainedWeights:
    """Weights to start from.

    Attributes:
        name: the name, for messages.
        sizes: arguments of the model, the keys `SIZES` or `DECODER_SIZES`.
        lowercase: whether the tokenizer reads lower-case text.
        tokenizer: tokenizer of the encoder.
        target_tokenizer: tokenizer of the decoder; None for an encoder; `tokenizer` itself for a
            translator with one vocabulary.
        weights: each <float32>, by `weight_name`.
        description: language, sources, licence and scores, for people.
        source_tokens, target_tokens: <bool>[V], the tokens that each language uses, with one
            vocabulary for both; otherwise None.
    """

    name: str
    sizes: Mapping[str, Any]
    lowercase: bool
    tokenizer: Tokenizer
    target_tokenizer: Tokenizer | None
    weights: Mapping[str, np.ndarray]
    description: Mapping[str, Any]
    source_tokens: np.ndarray | None = None
    target_tokens: np.ndarray | None = None

    @property
    def is_shared(self) -> bool:
        """True if source and target have one vocabulary and one embedding."""
        return self.source_tokens is not None

    @classmethod
    def of_encoder(
        cls,
        name: str,
        model: keras.Model,
        tokenizer: Tokenizer,
        *,
        lowercase: bool,
        description: Mapping[str, Any],
    ) -> "PretrainedWeights":
        """Returns the weights of a model's `encoder`."""
        sizes = {key: model.encoder.config[key] for key in SIZES}
        weights = {
            weight_name(weight): np.asarray(weight, np.float32)
            for weight in model.encoder.trainable_variables
        }
        return cls(name, sizes, lowercase, tokenizer, None, weights, description)

    @classmethod
    def of_translator(
        cls,
        name: str,
        model: keras.Model,
        tokenizer: Tokenizer,
        target_tokenizer: Tokenizer,
        *,
        description: Mapping[str, Any],
        language_tokens: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> "PretrainedWeights":
        """Returns all weights of a translator.

        Args:
            name: the name, for messages.
            model: the translator.
            tokenizer: tokenizer of the source.
            target_tokenizer: tokenizer of the target.
            description: as in the class.
            language_tokens: `source_tokens` and `target_tokens`, if source and target have one
                vocabulary and one embedding.
        """
        sizes = {key: model.config[key] for key in DECODER_SIZES}
        weights = {
            weight_name(weight): np.asarray(weight, np.float32)
            for weight in model.trainable_variables
        }
        languages = language_tokens or (None, None)
        return cls(
            name, sizes, False, tokenizer, target_tokenizer, weights, description, *languages
        )

    @classmethod
    def load(cls, path: Path) -> "PretrainedWeights":
        """Reads the file.

        Raises:
            WorkError: the file is missing or damaged.
        """
        try:
            arrays = read_npz(path)
            content = parse_json(arrays["description"].tobytes())
            names = [key.removeprefix(WEIGHT) for key in arrays if key.startswith(WEIGHT)]
            weights = {name: _read_weight(arrays, name) for name in names}
            source, target = Tokenizer(arrays["tokenizer"].tobytes()), None
            languages: tuple[Any, ...] = ()
            if "source_tokens" in arrays:
                target = source
                languages = tuple(
                    _read_tokens(arrays, side, source.vocabulary_size)
                    for side in ("source_tokens", "target_tokens")
                )
                weights[SOURCE_TABLE] = weights[SHARED_TABLE]
            elif "target_tokenizer" in arrays:
                target = Tokenizer(arrays["target_tokenizer"].tobytes())
            sizes, lowercase = dict(content["sizes"]), bool(content["lowercase"])
            description = dict(content["description"])
            return cls(
                path.stem, sizes, lowercase, source, target, weights, description, *languages
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = first_line(error)
            raise WorkError(f"{path}: not pretrained weights, or damaged ({reason}).") from None

    def save(self, path: Path) -> None:
        """Writes the file."""
        content = {
            "sizes": dict(self.sizes),
            "lowercase": self.lowercase,
            "description": dict(self.description),
        }
        arrays: dict[str, Any] = {
            "description": np.frombuffer(json.dumps(content).encode(), np.uint8),
            "tokenizer": np.frombuffer(self.tokenizer.model, np.uint8),
        }
        if self.source_tokens is not None and self.target_tokens is not None:
            arrays |= {"source_tokens": self.source_tokens, "target_tokens": self.target_tokens}
        elif self.target_tokenizer is not None:
            arrays["target_tokenizer"] = np.frombuffer(self.target_tokenizer.model, np.uint8)
        for name, weight in self.weights.items():
            arrays |= _weight_arrays(name, weight)
        written = io.BytesIO()
        write_npz(written, arrays, compress=True)
        with atomic_write(path) as temporary:
            temporary.write_bytes(written.getvalue())

    def copy_to(
        self, weights: Sequence[keras.Variable], wanted: Callable[[str], bool]
    ) -> list[keras.Variable]:
        """Copies weights into the variables of the same names.

        Args:
            weights: variables of a new model.
            wanted: selects names.

        Returns:
            The variables that were assigned.

        Raises:
            WorkError: no weight is wanted, or a shape differs.
        """
        found = [one for one in weights if (name := weight_name(one)) in self.weights]
        found = [one for one in found if wanted(weight_name(one))]
        for variable in found:
            value = self.weights[name := weight_name(variable)]
            if tuple(variable.shape) != value.shape:
                raise WorkError(
                    f"{self.name}: {name} has the shape {value.shape}, but {tuple(variable.shape)} "
                    "in the model: its sizes do not fit."
                )
        if not found:
            raise WorkError(f"{self.name}: has no weight of this model.")
        for variable in found:
            variable.assign(self.weights[weight_name(variable)])
        return found


def _weight_arrays(name: str, weight: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the arrays of a weight in the file."""
    if weight.ndim != 2:
        return {f"{WEIGHT}{name}": weight.astype(np.float16)}
    scale = (np.abs(weight).max(axis=1, keepdims=True) / INT8_MAX).astype(np.float16)
    rows = np.rint(weight / np.maximum(scale.astype(np.float32), 1e-12))
    return {
        f"{WEIGHT}{name}": rows.clip(-INT8_MAX, INT8_MAX).astype(np.int8),
        f"{SCALE}{name}": scale,
    }


def _read_weight(arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """Returns a weight <float32> of the file."""
    weight = arrays[f"{WEIGHT}{name}"].astype(np.float32)
    if f"{SCALE}{name}" in arrays:
        weight *= arrays[f"{SCALE}{name}"].astype(np.float32)
    return weight


def _read_tokens(arrays: Mapping[str, np.ndarray], name: str, vocabulary_size: int) -> np.ndarray:
    """Returns the tokens of a language <bool>[V]."""
    tokens = arrays[name]
    if tokens.shape != (vocabulary_size,) or tokens.dtype != np.bool_:
        raise ValueError(f"{name} does not fit the tokenizer")
    return tokens
