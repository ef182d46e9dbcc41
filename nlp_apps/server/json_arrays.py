"""JSON's values to an array of one type and shape, or the place where they do not fit."""

import base64
import binascii
from itertools import chain
from typing import Any

import numpy as np

from nlp_apps.server.limits import Limits, flag
from nlp_apps.server.model_signatures import Tensor
from nlp_apps.server.request_error import RequestError, invalid

_MAX_AXES = 64
"""NumPy's limit."""


class Literal(float):
    """NaN or an infinity that was written as such; a number that is too large becomes a float."""


def read(value: Any, tensor: Tensor, limits: Limits, in_rows: bool) -> np.ndarray[Any, Any]:
    """Reads nested lists as an array of a tensor's type and shape.

    Args:
        value: what JSON held.
        tensor: what it is to become.
        limits: most bytes of a text.
        in_rows: whether it stood under `instances`, for the words of the refusal.

    Raises:
        RequestError: it does not fit.
    """
    where = f"instances[...].{tensor.name}" if in_rows else f"inputs.{tensor.name}"
    sizes, leaves = _unnest(value, tensor.shape, where)
    read = _READERS.get(tensor.dtype)
    if read is None:
        raise RequestError(501, f"{where}: inputs of type {tensor.dtype} cannot be sent as JSON.")
    try:
        flat = read(leaves, tensor.dtype, limits)
    except _LeafError as error:
        index = np.unravel_index(error.number, sizes) if sizes else ()
        places = [f"[{i}]" for i in index]
        where = "".join(
            ["instances", *places[:1], f".{tensor.name}", *places[1:]]
            if in_rows
            else [where, *places]
        )
        raise RequestError(413 if error.too_large else 400, f"{where} {error}.") from None
    return flat.reshape(sizes)


def _unnest(
    value: Any, shape: tuple[int | None, ...] | None, where: str
) -> tuple[tuple[int, ...], list[Any]]:
    """The sizes of nested lists, one for each axis, and what they hold."""
    sizes: list[int] = []
    level = [value]
    while len(sizes) < len(shape) if shape is not None else bool(level) and type(level[0]) is list:
        axis = len(sizes)
        if axis == _MAX_AXES:
            raise invalid(f"{where}: has more than {_MAX_AXES} axes, the most that are taken.")
        if not set(map(type, level)) <= {list}:
            other = next(item for item in level if type(item) is not list)
            raise invalid(f"{where}: axis {axis} must be a list, not {kind_of(other)}.")
        found = set(map(len, level))
        wanted = None if shape is None else shape[axis]
        if len(found) > 1:
            raise invalid(f"{where}: the lists of axis {axis} differ in length.")
        size = found.pop() if found else (wanted or 0)
        if wanted is not None and size != wanted:
            raise invalid(f"{where}: axis {axis} must have {wanted:,} values, not {size:,}.")
        sizes.append(size)
        level = list(chain.from_iterable(level))
    return tuple(sizes), level


class _LeafError(Exception):
    """A value that does not fit, with its number among all values."""

    def __init__(self, number: int, message: str, *, too_large: bool = False) -> None:
        super().__init__(message)
        self.number = number
        self.too_large = too_large


def _texts(leaves: list[Any], dtype: str, limits: Limits) -> np.ndarray[Any, Any]:
    """Strings: UTF-8, or any bytes as {"b64": ...}."""
    # Of objects, because NumPy's own strings lose the NULs at the end of a text.
    texts = np.empty(len(leaves), dtype=object)
    for number, leaf in enumerate(leaves):
        if type(leaf) is str:
            try:
                text = leaf.encode("utf-8")
            except UnicodeEncodeError:
                raise _LeafError(number, "holds half a surrogate pair, not UTF-8") from None
        elif isinstance(leaf, dict) and leaf.keys() == {"b64"} and type(leaf["b64"]) is str:
            try:
                text = base64.b64decode(leaf["b64"], validate=True)
            except (binascii.Error, ValueError):
                raise _LeafError(number, "is not base64") from None
        else:
            raise _LeafError(number, f"must be a string, not {kind_of(leaf)}")
        if len(text) > limits.max_text_bytes:
            raise _LeafError(
                number,
                f"has {len(text):,} bytes; at most {limits.max_text_bytes:,} are taken "
                f"({flag('max_text_bytes')})",
                too_large=True,
            )
        texts[number] = text
    return texts


def _booleans(leaves: list[Any], dtype: str, limits: Limits) -> np.ndarray[Any, Any]:
    """Truth values."""
    _check_types(leaves, {bool}, "true or false")
    return np.array(leaves, dtype=bool)


def _integers(leaves: list[Any], dtype: str, limits: Limits) -> np.ndarray[Any, Any]:
    """Integers within the range of the type."""
    _check_types(leaves, {int}, "an integer")
    info = np.iinfo(dtype)
    if leaves and not (info.min <= min(leaves) and max(leaves) <= info.max):
        number = next(n for n, leaf in enumerate(leaves) if not info.min <= leaf <= info.max)
        raise _LeafError(number, f"must be between {info.min} and {info.max} ({dtype})")
    return np.array(leaves, dtype=dtype)


def _floats(leaves: list[Any], dtype: str, limits: Limits) -> np.ndarray[Any, Any]:
    """Numbers, NaN and the infinities; integers only where the type has them all."""
    _check_types(leaves, {int, float, Literal}, "a number")
    info = np.finfo(dtype)
    exact = 2 ** (info.nmant + 1)
    for number, leaf in enumerate(leaves):
        if type(leaf) is int and abs(leaf) >= exact:
            raise _LeafError(number, f"is too large an integer for {dtype}")
    numbers = np.array(leaves, dtype=np.float64)
    for place in np.flatnonzero(np.abs(numbers) > float(info.max)).tolist():
        if type(leaves[place]) is not Literal:
            raise _LeafError(place, f"is too large for {dtype}")
    return numbers.astype(dtype)


_READERS = {
    "string": _texts,
    "bool": _booleans,
    **dict.fromkeys(("int8", "int16", "int32", "int64"), _integers),
    **dict.fromkeys(("uint8", "uint16", "uint32", "uint64"), _integers),
    **dict.fromkeys(("float16", "float32", "float64"), _floats),
}


def _check_types(leaves: list[Any], types: set[type], wanted: str) -> None:
    """Refuses values of other types; true is no number here."""
    if not set(map(type, leaves)) <= types:
        number = next(n for n, leaf in enumerate(leaves) if type(leaf) not in types)
        raise _LeafError(number, f"must be {wanted}, not {kind_of(leaves[number])}")


def kind_of(value: Any) -> str:
    """What a value is, in JSON's words."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")
