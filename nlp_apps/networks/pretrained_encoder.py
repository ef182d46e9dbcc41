"""Pretrained encoders: the file of an encoder with its tokenizer, for other models to start from.

The file is an `.npz` archive that NumPy reads without pickle: `description` (JSON), `tokenizer` (a
SentencePiece model) and the weights in float16, in the order of the encoder.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.blocks.encoder import Encoder
from nlp_apps.errors import WorkError
from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.text.tokenizer import Tokenizer

SIZES = ("embedding_size", "units", "cell", "num_layers", "bidirectional", "residual", "layer_norm")
"""Arguments of `Encoder` that shape its weights."""


@dataclass(frozen=True)
class PretrainedEncoder:
    """An encoder to start from.

    Attributes:
        name: the name, for messages.
        sizes: arguments of `Encoder`, the keys `SIZES`.
        lowercase: whether its tokenizer reads lower-case text.
        tokenizer: its tokenizer.
        weights: embedding, then the layers from bottom to top, each <float16>.
        description: language, sources, licence and scores, for people.
    """

    name: str
    sizes: Mapping[str, Any]
    lowercase: bool
    tokenizer: Tokenizer
    weights: Sequence[np.ndarray]
    description: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        name: str,
        encoder: Encoder,
        tokenizer: Tokenizer,
        *,
        lowercase: bool,
        description: Mapping[str, Any],
    ) -> "PretrainedEncoder":
        """Makes the file's content of a trained encoder."""
        sizes = {key: encoder.config[key] for key in SIZES}
        weights = [np.asarray(weight, np.float16) for weight in encoder.trainable_variables]
        return cls(name, sizes, lowercase, tokenizer, weights, description)

    @classmethod
    def load(cls, path: Path) -> "PretrainedEncoder":
        """Reads the file.

        Raises:
            WorkError: the file is missing or damaged.
        """
        try:
            # NumPy leaves a damaged file open.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                content = json.loads(arrays["description"].tobytes())
                weights = [arrays[f"weight_{index}"] for index in range(content["num_weights"])]
                tokenizer = Tokenizer(arrays["tokenizer"].tobytes())
            return cls(
                path.stem,
                {key: content["sizes"][key] for key in SIZES},
                bool(content["lowercase"]),
                tokenizer,
                weights,
                content["description"],
            )
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise WorkError(f"{path}: not a pretrained encoder, or damaged ({error}).") from None

    def save(self, path: Path) -> None:
        """Writes the file."""
        content = {
            "sizes": dict(self.sizes),
            "lowercase": self.lowercase,
            "num_weights": len(self.weights),
            "description": dict(self.description),
        }
        written = io.BytesIO()
        arrays: dict[str, Any] = {
            "description": np.frombuffer(json.dumps(content).encode(), np.uint8),
            "tokenizer": np.frombuffer(self.tokenizer.model, np.uint8),
            **{f"weight_{index}": weight for index, weight in enumerate(self.weights)},
        }
        np.savez_compressed(written, **arrays)
        with atomic_write(path) as temporary:
            temporary.write_bytes(written.getvalue())

    def copy_to(self, encoder: Encoder) -> list[Any]:
        """Copies the weights into an encoder of the same sizes; returns its variables.

        Raises:
            WorkError: the shapes differ.
        """
        variables = list(encoder.trainable_variables)
        if [tuple(one.shape) for one in variables] != [one.shape for one in self.weights]:
            raise WorkError(f"{self.name}: its weights do not fit the sizes in its description.")
        for variable, weight in zip(variables, self.weights, strict=True):
            variable.assign(weight.astype(np.float32))
        return variables
