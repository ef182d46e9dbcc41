"""Reads `weights.h5` after a check of everything that HDF5 lets a file do.

An HDF5 file can point to other files (external and soft links, external and virtual data sets),
run filters, and claim shapes that need all memory. A file of `save_weights` has none of these: it
is refused before its data are read.
"""

import io
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from nlp_apps.io.bounded_files import read_bytes

MAX_OVERHEAD = 2
"""Bytes of a file for each byte of its weights, at most; HDF5 adds about 2 KB a weight."""

SPARE_BYTES = 16 << 20
"""Bytes that a file may have besides."""

CHECKSUM = "crc32"


class WeightsError(ValueError):
    """The file breaks a rule; the message names it."""


class MissingWeightError(WeightsError):
    """The file has no weight of a name."""


class WrongShapeError(WeightsError):
    """A weight has another shape."""


def read_weights(
    path: Path,
    shapes: Mapping[str, tuple[int, ...]],
    other_name: Callable[[str], str],
) -> dict[str, np.ndarray]:
    """Reads the weights of a model.

    Args:
        path: the file.
        shapes: shape of each weight by its name.
        other_name: returns the name of a weight in an older file.

    Returns:
        Each weight in its shape, with finite values.

    Raises:
        MissingWeightError: a weight is missing.
        WrongShapeError: a weight has another shape.
        WeightsError: the file is damaged or of another form, or a weight has a wrong checksum or
            none, NaN or infinite values.
        OSError: the file is missing, unreadable, not a regular file, or too large for the shapes.
    """
    num_bytes = sum(8 * int(np.prod(shape, dtype=np.int64)) for shape in shapes.values())
    content = io.BytesIO(read_bytes(path, MAX_OVERHEAD * num_bytes + SPARE_BYTES))
    try:
        with h5py.File(content, "r") as file:
            return {name: _read(file, name, shapes[name], other_name) for name in shapes}
    except WeightsError:
        raise
    except (OSError, KeyError, RuntimeError, TypeError, ValueError, MemoryError) as error:
        raise WeightsError(str(error)) from error


def _read(
    file: h5py.File, name: str, shape: tuple[int, ...], other_name: Callable[[str], str]
) -> np.ndarray:
    found = _find(file, name) or _find(file, other_name(name))
    if found is None:
        raise MissingWeightError(name)
    if problem := _problem_of_form(found):
        raise WeightsError(f"{name} {problem}")
    if found.shape != shape:
        raise WrongShapeError(f"{name} is {found.shape} there, {shape} by the recipe")
    value = np.asarray(found)
    stored = found.attrs.get(CHECKSUM)
    if not isinstance(stored, np.integer):
        raise WeightsError(f"{name} has no checksum")
    if stored != checksum(value):
        raise WeightsError(f"{name} has a wrong checksum")
    if not np.isfinite(value).all():
        raise WeightsError(f"{name} has NaN or infinite values")
    return value


def _find(file: h5py.File, name: str) -> h5py.Dataset | None:
    """Returns the data set of a name; None if there is none. Every link on the way is a hard one.

    Version 0.1.0 has groups of the names of some weights.
    """
    place: Any = file
    for part in name.split("/"):
        if not isinstance(place, h5py.Group):
            return None
        link = place.get(part, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise WeightsError(f"{name} is a link to another place or file")
        place = place[part]
    return place if isinstance(place, h5py.Dataset) else None


def _problem_of_form(found: h5py.Dataset) -> str:
    """Returns why a data set is not of the form that `save_weights` writes; or ""."""
    properties = found.id.get_create_plist()
    layout = properties.get_layout()
    if layout == h5py.h5d.VIRTUAL:
        return "is virtual: its values are in other files"
    if properties.get_external_count():
        return "is external: its values are in other files"
    if layout not in (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS):
        return "is stored in chunks"
    if properties.get_nfilters():
        return "is packed with a filter"
    if found.dtype.kind not in "fiu" or found.dtype.itemsize > 8:
        return f"holds {found.dtype}, not numbers"
    return ""


def checksum(value: Any) -> int:
    """Returns the CRC-32 of float32 values in memory order."""
    return zlib.crc32(np.ascontiguousarray(value, np.float32).tobytes())
