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
from zipfile import BadZipFile

import h5py
import keras
import numpy as np

from nlp_apps.errors import WorkError, first_line
from nlp_apps.io.atomic_files import atomic_write


def save_weights(model: keras.Model, path: Path) -> None:
    """Writes a model's weights as an HDF5 file.

    One data set per weight, named by its path in the model, with a checksum (HDF5 has none).
    """
    content = io.BytesIO()  # HDF5 can crash when a write to the disk fails.
    with h5py.File(content, "w") as file:
        for name, weight in _weights(model).items():
            value = np.asarray(weight)
            file.create_dataset(name, data=value).attrs["crc32"] = _checksum(value)
    with atomic_write(path) as temporary:
        # Not `getbuffer`: the error of a full disk keeps that, and it must not outlive `content`.
        temporary.write_bytes(content.getvalue())


def load_weights(model: keras.Model, path: Path) -> None:
    """Loads a file of `save_weights` into a model of the same shape.

    Raises:
        WorkError: the file is missing or damaged, or its weights are not this model's.
    """
    values: dict[str, np.ndarray] = {}
    try:
        with h5py.File(path, "r") as file:
            for name in _weights(model):
                found = file.get(name)
                if not isinstance(found, h5py.Dataset):  # 0.1.0 has a group of this name
                    found = file.get(name_in_0_1_0(name))
                if found is None:
                    raise WorkError(
                        f"{path}: does not fit the recipe beside it: it has no {name}. "
                        "Was the recipe changed?"
                    )
                values[name] = np.asarray(found)
                if "crc32" in found.attrs and found.attrs["crc32"] != _checksum(found):
                    raise ValueError(f"{name} has a wrong checksum")
    except (OSError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise WorkError(
            f"{path}: cannot read the weights ({first_line(error)}). Train again, or copy the "
            "file again."
        ) from None
    for name, weight in _weights(model).items():
        if values[name].shape != tuple(weight.shape):
            raise WorkError(
                f"{path}: does not fit the recipe and the tokenizer beside it: {name} is "
                f"{values[name].shape} there, {tuple(weight.shape)} by the recipe."
            )
    for name, weight in _weights(model).items():
        weight.assign(values[name])


def _weights(model: keras.Model) -> dict[str, Any]:
    """The weights by their path in the model, frozen ones too; without random generators."""
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


def _checksum(value: Any) -> int:
    """Returns the CRC-32 of float32 values in memory order."""
    return zlib.crc32(np.ascontiguousarray(value, np.float32).tobytes())


def save_checkpoint(path: Path, arrays: Sequence[np.ndarray], facts: Mapping[str, Any]) -> None:
    """Writes arrays and a few JSON facts as one `.npz`, whole; every part of it has a checksum."""
    text = json.dumps({**facts, "num_arrays": len(arrays)}).encode()
    named = {"facts": np.frombuffer(text, np.uint8)}
    named |= {f"array_{index:05d}": array for index, array in enumerate(arrays)}
    with atomic_write(path) as temporary:
        np.savez(temporary, allow_pickle=False, **named)


def load_checkpoint(path: Path) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Reads a file of `save_checkpoint`.

    Raises:
        WorkError: the file is missing or damaged.
    """
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            facts = json.loads(file["facts"].tobytes())
            arrays = [file[f"array_{index:05d}"] for index in range(len(file.files) - 1)]
        if facts.pop("num_arrays", len(arrays)) != len(arrays):
            raise ValueError("arrays are missing")
    # RuntimeError: a flipped bit can make zipfile expect a password or another method.
    except (OSError, ValueError, KeyError, RuntimeError, EOFError, BadZipFile, zlib.error) as error:
        raise WorkError(
            f"{path}: the checkpoint is damaged ({first_line(error)}). "
            "Delete this file to resume from the one before it."
        ) from None
    return arrays, facts
