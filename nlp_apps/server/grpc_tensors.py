"""TensorProto to arrays of a fixed type and shape, and arrays to TensorProto.

Outputs have typed fields such as `float_val`, never `tensor_content`, as TF Serving writes them:
old clients read nothing else. Inputs may have either.
"""

import math
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Tensor
from nlp_apps.server.request_error import RequestError, bad_request

_FIELDS = {
    **dict.fromkeys(("int8", "int16", "int32", "uint8", "uint16"), "int_val"),
    **dict.fromkeys(("float16", "bfloat16"), "half_val"),  # Their bits, as integers.
    **{"float32": "float_val", "float64": "double_val", "int64": "int64_val"},
    **{"uint32": "uint32_val", "uint64": "uint64_val", "bool": "bool_val", "string": "string_val"},
    **{"complex64": "scomplex_val", "complex128": "dcomplex_val"},  # Real and imaginary parts.
}
"""Field of each type, by TensorFlow's name."""

_PARTS = {"complex64": np.float32, "complex128": np.float64}


def to_array(proto: Any, tensor: Tensor, limits: Limits) -> np.ndarray[Any, Any]:
    """Returns a TensorProto as an array of an input's type and shape.

    Args:
        proto: the TensorProto. One value stands for all, as TensorFlow defines.
        tensor: the input.
        limits: `max_text_bytes`, and `max_body_bytes` for the values that one value stands for.

    Raises:
        RequestError: a type, a shape or a value does not fit.
    """
    place = f"inputs[{tensor.name}]"
    name = _type_name(proto.dtype)
    if name != tensor.dtype:
        raise bad_request(f"{place} must have type {tensor.dtype}, not {name}.")
    field = _FIELDS.get(name)
    if field is None:
        raise RequestError(501, f"{place}: inputs of type {name} are not supported.")
    sizes = _sizes(proto, tensor, place)
    number = math.prod(sizes)
    dtype = np.dtype(object if name == "string" else tf.dtypes.as_dtype(name).as_numpy_dtype)
    content = proto.tensor_content
    values = getattr(proto, field)
    if content and name != "string":
        if len(content) != number * dtype.itemsize:
            raise bad_request(
                f"{place}: tensor_content has {len(content):,} bytes; its shape needs "
                f"{number * dtype.itemsize:,}."
            )
        read = np.frombuffer(content, np.uint8) != 0 if name == "bool" else None
        return (np.frombuffer(content, dtype) if read is None else read).reshape(sizes)
    given = len(values) // 2 if name in _PARTS else len(values)
    if given != number and given != 1:
        raise bad_request(f"{place}: {field} has {given:,} values; its shape needs {number:,}.")
    if number * dtype.itemsize > limits.max_body_bytes and given == 1:
        raise RequestError(
            413,
            f"{place} has more than {limits.max_body_bytes:,} bytes, the maximum "
            "(--max-body-bytes).",
        )
    flat = _strings(values, place, limits) if name == "string" else _numbers(values, dtype, place)
    if given == number:
        return flat.reshape(sizes)
    return np.full(sizes, flat[0], dtype)


def to_proto(array: np.ndarray[Any, Any], dtype: str) -> Any:
    """Returns an array as a TensorProto with typed fields.

    Args:
        array: an output of a model.
        dtype: its type, by TensorFlow's name.

    Raises:
        RequestError: 501, no field has this type.
    """
    field = _FIELDS.get(dtype)
    if field is None:
        raise RequestError(501, f"Outputs of type {dtype} are not supported.")
    proto = tensor_pb2.TensorProto(dtype=tf.dtypes.as_dtype(dtype).as_datatype_enum)
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    flat = array.ravel()
    if field == "half_val":
        flat = flat.view(np.uint16)
    elif dtype in _PARTS:
        flat = flat.view(_PARTS[dtype])
    getattr(proto, field).extend(flat.tolist())
    return proto


def _type_name(number: int) -> str:
    """Returns TensorFlow's name of a type by its number in a TensorProto."""
    try:
        return tf.dtypes.as_dtype(number).name
    except TypeError:
        return f"number {number}"


def _sizes(proto: Any, tensor: Tensor, place: str) -> tuple[int, ...]:
    """Returns the shape of a TensorProto, which fits that of the input."""
    if proto.tensor_shape.unknown_rank:
        raise bad_request(f"{place} must have a shape.")
    dims = proto.tensor_shape.dim
    expected = tensor.shape
    if len(dims) > 64:  # NumPy's limit.
        raise bad_request(f"{place} has more than 64 axes, the maximum.")
    if expected is not None and len(dims) != len(expected):
        raise bad_request(f"{place} must have {len(expected)} axes, not {len(dims)}.")
    sizes = tuple(dim.size for dim in dims)
    for axis, size in enumerate(sizes):
        if size < 0:
            raise bad_request(f"{place}: axis {axis} must not have {size} values.")
        if expected is not None and expected[axis] not in (None, size):
            raise bad_request(
                f"{place}: axis {axis} must have {expected[axis]:,} values, not {size:,}."
            )
    # NumPy refuses an empty array whose other axes are too large.
    if math.prod(max(size, 1) for size in sizes) > 2**31:
        raise RequestError(413, f"{place} has a shape of too many values.")
    return sizes


def _strings(values: Any, place: str, limits: Limits) -> np.ndarray[Any, Any]:
    """Returns strings as an array of bytes."""
    # An array of objects, because NumPy's own strings drop trailing NULs.
    strings = np.empty(len(values), dtype=object)
    for number, value in enumerate(values):
        if len(value) > limits.max_text_bytes:
            raise RequestError(
                413,
                f"{place}: value {number} has {len(value):,} bytes; the maximum is "
                f"{limits.max_text_bytes:,} (--max-text-bytes).",
            )
        strings[number] = value
    return strings


def _numbers(values: Any, dtype: np.dtype[Any], place: str) -> np.ndarray[Any, Any]:
    """Returns the values of a typed field as an array of a type."""
    if dtype.name in ("float16", "bfloat16"):
        return _integers(values, np.dtype(np.uint16), place).view(dtype)
    if dtype.name in _PARTS:
        return np.array(values, _PARTS[dtype.name]).view(dtype)
    if dtype.kind in "iu":
        return _integers(values, dtype, place)
    return np.array(values, dtype)


def _integers(values: Any, dtype: np.dtype[Any], place: str) -> np.ndarray[Any, Any]:
    """Returns integers in the range of a type: a field may be wider than it."""
    info = np.iinfo(dtype)
    for number, value in enumerate(values):
        if not info.min <= value <= info.max:
            raise bad_request(
                f"{place}: value {number} must be between {info.min} and {info.max} ({dtype})."
            )
    return np.array(values, dtype)
