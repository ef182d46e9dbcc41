"""JSON values to arrays of a fixed type and shape, and arrays to JSON."""

import base64
import binascii
import json
from itertools import chain
from typing import Any

import numpy as np

from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Arrays, Signature, Tensor
from nlp_apps.server.request_error import RequestError, bad_request

BYTES_SUFFIX = "_bytes"
"""String outputs whose names end so are bytes, not text, and become base64: TF Serving's rule."""

_MAX_AXES = 64
"""NumPy's limit."""


class Literal(float):
    """A NaN or infinity in the JSON itself; an overflowing number becomes a plain float."""


def to_array(value: Any, tensor: Tensor, limits: Limits, row_format: bool) -> np.ndarray[Any, Any]:
    """Returns nested lists as an array of a tensor's type and shape.

    Args:
        value: parsed JSON.
        tensor: the input that the value is for.
        limits: `max_text_bytes`.
        row_format: whether the value comes from `instances`; error messages name its place.

    Raises:
        RequestError: a type, a shape or a value does not fit.
    """
    place = f"instances[...].{tensor.name}" if row_format else f"inputs.{tensor.name}"
    sizes, leaves = _flatten(value, tensor.shape, place)
    read = _READERS.get(tensor.dtype)
    if read is None:
        raise RequestError(501, f"{place}: JSON cannot hold inputs of type {tensor.dtype}.")
    try:
        flat = read(leaves, tensor.dtype, limits)
    except _LeafError as error:
        index = np.unravel_index(error.number, sizes) if sizes else ()
        parts = [f"[{i}]" for i in index]
        place = "".join(
            ["instances", *parts[:1], f".{tensor.name}", *parts[1:]]
            if row_format
            else [place, *parts]
        )
        raise RequestError(413 if error.too_large else 400, f"{place} {error}.") from None
    return flat.reshape(sizes)


def to_json(outputs: Arrays, signature: Signature, row_format: bool, rows: int) -> bytes:
    """Returns the outputs of a model as a response body.

    Args:
        outputs: the outputs by name.
        signature: the signature that was called.
        row_format: whether the request had `instances`.
        rows: rows of the request.

    Returns:
        `{"predictions": [...]}` for the row format, otherwise `{"outputs": ...}`. A single output
        has no name.

    Raises:
        RequestError: 400, an output has no row per instance; 501, JSON cannot hold its type.
    """
    columns = {}
    for name, array in sorted(outputs.items()):
        if array.dtype.kind == "c":
            raise RequestError(501, f"Output '{name}': JSON cannot hold type {array.dtype}.")
        shape = signature.outputs[name].shape
        is_constant = shape is not None and (shape == () or shape[0] is not None)
        if row_format and (is_constant or array.ndim == 0 or len(array) != rows):
            raise bad_request(f"Output '{name}' is not one value per row: send 'inputs' instead.")
        columns[name] = _to_lists(array, as_bytes=name.endswith(BYTES_SUFFIX))
    body: dict[str, Any]
    if not row_format:
        body = {"outputs": next(iter(columns.values())) if len(columns) == 1 else columns}
    elif len(columns) == 1:
        body = {"predictions": next(iter(columns.values()))}
    else:
        by_row = zip(*columns.values(), strict=True)
        body = {"predictions": [dict(zip(columns, row, strict=True)) for row in by_row]}
    # NaN and the infinities stay literals, as in TF Serving; Python's json reads them.
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def json_type(value: Any) -> str:
    """Returns the JSON type of a value, with its article."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")


def _flatten(
    value: Any, shape: tuple[int | None, ...] | None, place: str
) -> tuple[tuple[int, ...], list[Any]]:
    """Returns the shape of nested lists and their values in one list."""
    sizes: list[int] = []
    level = [value]
    while len(sizes) < len(shape) if shape is not None else bool(level) and type(level[0]) is list:
        axis = len(sizes)
        if axis == _MAX_AXES:
            raise bad_request(f"{place}: has more than {_MAX_AXES} axes, the maximum.")
        if not set(map(type, level)) <= {list}:
            other = next(item for item in level if type(item) is not list)
            raise bad_request(f"{place}: axis {axis} must be a list, not {json_type(other)}.")
        lengths = set(map(len, level))
        expected = None if shape is None else shape[axis]
        if len(lengths) > 1:
            raise bad_request(f"{place}: the lists of axis {axis} differ in length.")
        size = lengths.pop() if lengths else (expected or 0)
        if expected is not None and size != expected:
            raise bad_request(f"{place}: axis {axis} must have {expected:,} values, not {size:,}.")
        sizes.append(size)
        level = list(chain.from_iterable(level))
    return tuple(sizes), level


class _LeafError(Exception):
    """A value that does not fit, with its index among all values."""

    def __init__(self, number: int, message: str, *, too_large: bool = False) -> None:
        super().__init__(message)
        self.number = number
        self.too_large = too_large


def _strings(leaves: list[Any], dtype: str, limits: Limits) -> np.ndarray[Any, Any]:
    """Returns strings: UTF-8 text, or any bytes as `{"b64": ...}`."""
    # An array of objects, because NumPy's own strings drop trailing NULs.
    strings = np.empty(len(leaves), dtype=object)
    for number, leaf in enumerate(leaves):
        if type(leaf) is str:
            try:
                data = leaf.encode("utf-8")
            except UnicodeEncodeError:
                raise _LeafError(number, "has a lone surrogate, which UTF-8 excludes") from None
        elif isinstance(leaf, dict) and leaf.keys() == {"b64"} and type(leaf["b64"]) is str:
            try:
                data = base64.b64decode(leaf["b64"], validate=True)
            except (binascii.Error, ValueError):
                raise _LeafError(number, "is not base64") from None
        else:
            raise _LeafError(number, f"must be a string, not {json_type(leaf)}")
        if len(data) > limits.max_text_bytes:
            message = f"has {len(data):,} bytes; the maximum is {limits.max_text_bytes:,}"
            raise _LeafError(number, f"{message} (--max-text-bytes)", too_large=True)
        strings[number] = data
    return strings


def _booleans(leaves: list[Any], dtype: str, limits: Limits) -> np.ndarray[Any, Any]:
    """Returns booleans."""
    _check_types(leaves, {bool}, "a boolean")
    return np.array(leaves, dtype=bool)


def _integers(leaves: list[Any], dtype: str, limits: Limits) -> np.ndarray[Any, Any]:
    """Returns integers in the range of the type."""
    _check_types(leaves, {int}, "an integer")
    info = np.iinfo(dtype)
    if leaves and not (info.min <= min(leaves) and max(leaves) <= info.max):
        number = next(n for n, leaf in enumerate(leaves) if not info.min <= leaf <= info.max)
        raise _LeafError(number, f"must be between {info.min} and {info.max} ({dtype})")
    return np.array(leaves, dtype=dtype)


def _floats(leaves: list[Any], dtype: str, limits: Limits) -> np.ndarray[Any, Any]:
    """Returns floats, NaN and infinities; an integer must be exact in the type."""
    _check_types(leaves, {int, float, Literal}, "a number")
    info = np.finfo(dtype)
    exact = 2 ** (info.nmant + 1)
    for number, leaf in enumerate(leaves):
        if type(leaf) is int and abs(leaf) >= exact:
            raise _LeafError(number, f"is too large an integer for {dtype}")
    numbers = np.array(leaves, dtype=np.float64)
    for number in np.flatnonzero(np.abs(numbers) > float(info.max)).tolist():
        if type(leaves[number]) is not Literal:
            raise _LeafError(number, f"is too large for {dtype}")
    return numbers.astype(dtype)


_READERS = {
    "string": _strings,
    "bool": _booleans,
    **dict.fromkeys(("int8", "int16", "int32", "int64"), _integers),
    **dict.fromkeys(("uint8", "uint16", "uint32", "uint64"), _integers),
    **dict.fromkeys(("float16", "float32", "float64"), _floats),
}


def _check_types(leaves: list[Any], types: set[type], expected: str) -> None:
    """Raises an error for a value of another type; a boolean is not an integer."""
    if not set(map(type, leaves)) <= types:
        number = next(n for n, leaf in enumerate(leaves) if type(leaf) not in types)
        raise _LeafError(number, f"must be {expected}, not {json_type(leaves[number])}")


def _to_lists(array: np.ndarray[Any, Any], *, as_bytes: bool) -> Any:
    """Returns an array as nested lists of JSON values."""
    if array.dtype == object:
        return _decode(array.tolist(), as_bytes=as_bytes)
    if array.dtype.kind in "biu" or array.dtype == np.float64:
        return array.tolist()
    # The fewest digits that parse to the same float32: 0.1, not 0.10000000149011612.
    return array.astype(np.float32).astype(str).astype(np.float64).tolist()


def _decode(value: Any, *, as_bytes: bool) -> Any:
    """Returns bytes in nested lists as text or as base64."""
    if isinstance(value, list):
        return [_decode(item, as_bytes=as_bytes) for item in value]
    if as_bytes:
        return {"b64": base64.b64encode(value).decode("ascii")}
    return value.decode("utf-8", errors="replace")
