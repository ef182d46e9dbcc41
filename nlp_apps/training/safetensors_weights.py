"""Reads weights in a `.safetensors` file, perhaps from a stranger, after a check of its form.

The file is the length of a header (8 bytes, little-endian), the header (JSON: for each weight its
type, shape and place; `__metadata__` has texts) and the values. It holds no code. `export` writes
the SHA-256 of the values into the metadata.
"""

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.io.bounded_files import parse_json, read_bytes
from nlp_apps.training.checked_weights import MissingWeightError, WeightsError, WrongShapeError

SUFFIX = ".safetensors"

LENGTH_BYTES = 8
"""Bytes of the length of the header."""

MAX_HEADER_BYTES = 4 << 20
"""Bytes of the header, at most; a weight needs about 100."""

CHECKSUM = "sha256"
"""Key of the metadata: the checksum of the values."""

FLOAT = np.dtype("<f4")
"""Type of all weights; `F32` in the header."""


def read_safetensors(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Reads the weights of a model.

    Args:
        path: the file.
        shapes: shape of each weight by its name.

    Returns:
        Each weight <float32> in its shape, with finite values.

    Raises:
        MissingWeightError: a weight is missing.
        WrongShapeError: a weight has another shape.
        WeightsError: the file is damaged or of another form, has another checksum than its
            metadata, or a weight is not float32, or has NaN or infinite values.
        OSError: the file is missing, unreadable, not a regular file, or too large for the shapes.
    """
    num_bytes = sum(FLOAT.itemsize * math.prod(shape) for shape in shapes.values())
    content = read_bytes(path, LENGTH_BYTES + MAX_HEADER_BYTES + num_bytes)
    header, values = _split(content)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise WeightsError("its metadata are not texts")
    _require_no_gap(header, len(values))
    wanted = metadata.get(CHECKSUM)
    if wanted is not None and wanted != hashlib.sha256(values).hexdigest():
        raise WeightsError("its values have a wrong checksum")
    return {name: _read(header, values, name, shapes[name]) for name in shapes}


def _split(content: bytes) -> tuple[dict[str, Any], memoryview]:
    """Returns the header and the values."""
    start = LENGTH_BYTES + int.from_bytes(content[:LENGTH_BYTES], "little")
    if len(content) < LENGTH_BYTES or start > min(len(content), LENGTH_BYTES + MAX_HEADER_BYTES):
        raise WeightsError("its header is truncated or too long")
    try:
        header = parse_json(content[LENGTH_BYTES:start])
    except ValueError as error:
        raise WeightsError(f"its header is not JSON: {error}") from None
    if not isinstance(header, dict):
        raise WeightsError("its header is not a JSON object")
    return header, memoryview(content)[start:]


def _require_no_gap(header: Mapping[str, Any], num_bytes: int) -> None:
    """Checks that the weights fill the values, without gaps and overlaps."""
    end = 0
    for first, last in sorted(_offsets(name, entry) for name, entry in header.items()):
        if first != end or last < first:
            raise WeightsError("its weights overlap, or have gaps between them")
        end = last
    if end != num_bytes:
        raise WeightsError(f"it has {num_bytes:,} bytes of values, its header says {end:,}")


def _offsets(name: str, entry: Any) -> tuple[int, int]:
    found = entry.get("data_offsets") if isinstance(entry, dict) else None
    if not isinstance(found, list) or [type(one) for one in found] != [int, int]:
        raise WeightsError(f"{name[:100]} has no place")
    return found[0], found[1]


def _read(
    header: Mapping[str, Any], values: memoryview, name: str, shape: tuple[int, ...]
) -> np.ndarray:
    if name not in header:
        raise MissingWeightError(name)
    entry = header[name]
    if entry.get("dtype") != "F32":
        raise WeightsError(f"{name} holds {str(entry.get('dtype'))[:20]}, not F32")
    if entry.get("shape") != list(shape):
        found = str(entry.get("shape"))[:100]
        raise WrongShapeError(f"{name} is {found} there, {list(shape)} by the recipe")
    first, last = _offsets(name, entry)
    if last - first != FLOAT.itemsize * math.prod(shape):
        raise WeightsError(f"{name} has not the size of its shape")
    value = np.frombuffer(values[first:last], FLOAT).reshape(shape)
    if not np.isfinite(value).all():
        raise WeightsError(f"{name} has NaN or infinite values")
    return value
