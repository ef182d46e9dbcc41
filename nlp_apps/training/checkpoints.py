"""Weights on disk: `weights.h5` for a model, one file a checkpoint for all that training carries.

Both are written whole and carry checksums, so that damage is noticed. Both can be opened with
ordinary tools: h5py, `numpy.load`.
"""

import io
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from nlp_apps.errors import WorkError, first_line
from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.io.bounded_files import parse_json
from nlp_apps.io.npz_files import read_npz, write_npz
from nlp_apps.training.checked_weights import (
    CHECKSUM,
    MissingWeightError,
    WeightsError,
    WrongShapeError,
    checksum,
    read_weights,
)
from nlp_apps.training.safetensors_weights import SUFFIX, read_safetensors


def save_weights(model: keras.Model, path: Path) -> None:
    """Writes a model's weights as an HDF5 file.

    One data set per weight, named by its path in the model, with a checksum (HDF5 has none).
    """
    content = io.BytesIO()  # HDF5 can crash when a write to the disk fails.
    with h5py.File(content, "w") as file:
        for name, weight in named_weights(model).items():
            value = np.asarray(weight)
            file.create_dataset(name, data=value).attrs[CHECKSUM] = checksum(value)
    with atomic_write(path) as temporary:
        # Not `getbuffer`: the error of a full disk keeps that, and it must not outlive `content`.
        temporary.write_bytes(content.getvalue())


def load_weights(model: keras.Model, path: Path) -> None:
    """Loads a file of `save_weights`, or a `.safetensors`, into a model of the same shape.

    Raises:
        WorkError: the file is missing, damaged or of another form (see `checked_weights` and
            `safetensors_weights`), or its weights are not this model's.
    """
    shapes = {name: tuple(weight.shape) for name, weight in named_weights(model).items()}
    try:
        if path.suffix == SUFFIX:
            values = read_safetensors(path, shapes)
        else:
            values = read_weights(path, shapes, name_in_0_1_0)
    except MissingWeightError as error:
        raise WorkError(
            f"{path}: does not fit the recipe beside it: it has no {error}. Was the recipe changed?"
        ) from None
    except WrongShapeError as error:
        raise WorkError(
            f"{path}: does not fit the recipe and the tokenizer beside it: {error}."
        ) from None
    except (OSError, WeightsError) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        raise WorkError(
            f"{path}: cannot read the weights ({reason}). Train again, or copy the file again."
        ) from None
    for name, weight in named_weights(model).items():
        weight.assign(values[name])


def require_size(path: Path, num_weights: int) -> None:
    """Checks that a file is large enough for a number of float32 weights, before a model is built.

    A recipe of a few lines can describe a model that needs all memory.

    Raises:
        WorkError: the file is missing or smaller.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise WorkError(f"{path}: cannot be read: {error.strerror}") from None
    if size < 4 * num_weights:
        raise WorkError(
            f"{path}: cannot fit the recipe beside it: it has {size:,} bytes, the model needs "
            f"{4 * num_weights:,}. Was the recipe changed?"
        )


def named_weights(model: keras.Model) -> dict[str, Any]:
    """Returns the weights by their path in the model, frozen ones too; no random generators."""
    prefix = f"{model.path}/"
    return {weight.path.removeprefix(prefix): weight for weight in model.weights}


def name_in_0_1_0(name: str) -> str:
    """Returns the name of a weight in a file of version 0.1.0."""
    for pattern, old in NAMES_IN_0_1_0.items():
        name = re.sub(pattern, old, name)
    return name


NAMES_IN_0_1_0 = {
    "/embedding/table/": "/table/",
    "/attention/": "/",
    "/(lstm|gru)_cell/": r"/\1/\1_cell/",
    "/(rnn|peephole|cifg)_cell/": "/",
    "^(decoder|pooling)/(output_bias|query)$": r"\1/\1/\2",
}


def save_checkpoint(path: Path, arrays: Sequence[np.ndarray], facts: Mapping[str, Any]) -> None:
    """Writes arrays and a few JSON facts as one `.npz`, whole; every part of it has a checksum."""
    text = json.dumps({**facts, "num_arrays": len(arrays)}).encode()
    named = {"facts": np.frombuffer(text, np.uint8)}
    named |= {f"array_{index:05d}": array for index, array in enumerate(arrays)}
    with atomic_write(path) as temporary:
        write_npz(temporary, named)


def load_checkpoint(path: Path) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Reads a file of `save_checkpoint`.

    Raises:
        WorkError: the file is missing or damaged.
    """
    try:
        named = read_npz(path)
        facts = parse_json(named["facts"].tobytes())
        arrays = [named[f"array_{index:05d}"] for index in range(len(named) - 1)]
        if not isinstance(facts, dict):
            raise ValueError("its facts are not a JSON object")
        if facts.pop("num_arrays", len(arrays)) != len(arrays):
            raise ValueError("arrays are missing")
    except (OSError, ValueError, KeyError) as error:
        raise WorkError(
            f"{path}: the checkpoint is damaged ({first_line(error)}). "
            "Delete this file to resume from the one before it."
        ) from None
    return arrays, facts


def checksum_of(arrays: Sequence[np.ndarray]) -> int:
    """Returns a checksum of all bits of arrays."""
    found = 0
    for array in arrays:
        found = zlib.crc32(np.ascontiguousarray(array).data, found)
    return found
