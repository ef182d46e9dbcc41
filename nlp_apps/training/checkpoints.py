"""Weights on disk: `weights.h5` for a model, one file a checkpoint for all that training carries.

Both are written whole and carry checksums, so that damage is noticed. Both can be opened with
ordinary tools: h5py, `numpy.load`.
"""

import io
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import h5py
import keras
import numpy as np

from nlp_apps.errors import WorkError, first_line
from nlp_apps.io.atomic_files import atomic_write


def save_weights(model: keras.Model, path: Path) -> None:
    """Writes a model's weights as an HDF5 file.

    One data set a weight, named by its path in the model, with a checksum (HDF5 has none).
    """
    content = io.BytesIO()  # HDF5 crashes, sooner or later, where the disk does not take a file
    with h5py.File(content, "w") as file:
        for weight in _weights(model):
            value = np.asarray(weight)
            file.create_dataset(weight.path, data=value).attrs["crc32"] = _checksum(value)
    with atomic_write(path) as temporary:
        # Not `getbuffer`: the error of a full disk keeps that, and it must not outlive `content`.
        temporary.write_bytes(content.getvalue())


def load_weights(model: keras.Model, path: Path) -> None:
    """Reads what `save_weights` wrote into a model of the same shape.

    Raises:
        WorkError: the file is missing or damaged, or its weights are not this model's.
    """
    values: dict[str, np.ndarray] = {}
    try:
        with h5py.File(path, "r") as file:
            for weight in _weights(model):
                if weight.path not in file:
                    raise WorkError(
                        f"{path}: does not fit the recipe beside it: it has no {weight.path}. "
                        "Was the recipe changed?"
                    )
                found = file[weight.path]
                values[weight.path] = np.asarray(found)
                if "crc32" in found.attrs and found.attrs["crc32"] != _checksum(found):
                    raise ValueError(f"{weight.path} has a wrong checksum")
    except (OSError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise WorkError(
            f"{path}: cannot read the weights ({first_line(error)}). Train again, or copy the "
            "file again."
        ) from None
    for weight in _weights(model):
        if values[weight.path].shape != tuple(weight.shape):
            raise WorkError(
                f"{path}: does not fit the recipe and the tokenizer beside it: {weight.path} is "
                f"{values[weight.path].shape} there, {tuple(weight.shape)} by the recipe."
            )
    for weight in _weights(model):
        weight.assign(values[weight.path])


def _weights(model: keras.Model) -> list[Any]:
    """The weights that make the answers: not the states of random generators."""
    return [*model.trainable_variables]


def _checksum(value: Any) -> int:
    """CRC-32 of numbers as they are in memory, however the file has them."""
    return zlib.crc32(np.ascontiguousarray(value, np.float32).tobytes())


def save_checkpoint(path: Path, arrays: Sequence[np.ndarray], facts: Mapping[str, Any]) -> None:
    """Writes arrays and a few JSON facts as one `.npz`, whole; every part of it has a checksum."""
    text = json.dumps({**facts, "num_arrays": len(arrays)}).encode()
    named = {"facts": np.frombuffer(text, np.uint8)}
    named |= {f"array_{index:05d}": array for index, array in enumerate(arrays)}
    with atomic_write(path) as temporary:
        np.savez(temporary, allow_pickle=False, **named)


def load_checkpoint(path: Path) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Reads what `save_checkpoint` wrote.

    Raises:
        WorkError: the file is missing or damaged.
    """
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            facts = json.loads(file["facts"].tobytes())
            arrays = [file[f"array_{index:05d}"] for index in range(len(file.files) - 1)]
        if facts.pop("num_arrays", len(arrays)) != len(arrays):
            raise ValueError("arrays are missing")
    # RuntimeError: a flipped bit can make zipfile ask for a password or for another method.
    except (OSError, ValueError, KeyError, RuntimeError, EOFError, BadZipFile, zlib.error) as error:
        raise WorkError(
            f"{path}: the checkpoint is damaged ({first_line(error)}). "
            "Delete this file to go on from the one before it."
        ) from None
    return arrays, facts
