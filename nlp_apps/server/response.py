"""Arrays to JSON: what a model said, in the form in which it was asked."""

import base64
import json
from typing import Any

import numpy as np

from nlp_apps.server.model_signatures import Signature
from nlp_apps.server.predict_request import Arrays
from nlp_apps.server.request_error import RequestError, invalid

BYTES_SUFFIX = "_bytes"
"""Ends the names of string outputs that are bytes, not text: TF Serving's rule."""


def write(outputs: Arrays, signature: Signature, in_rows: bool, rows: int) -> bytes:
    """Writes the answer to a request.

    Args:
        outputs: what the model gave, by name.
        signature: what gave it.
        in_rows: whether the request had `instances`.
        rows: how many rows it had.

    Returns:
        `{"predictions": [...]}` or `{"outputs": ...}`, bare values where there is one output.

    Raises:
        RequestError: the request had rows and an output has none; 501, JSON has no such numbers.
    """
    plain = {}
    for name, array in sorted(outputs.items()):
        if array.dtype.kind == "c":
            raise RequestError(
                501, f"Output '{name}': outputs of type {array.dtype} cannot be sent as JSON."
            )
        shape = signature.outputs[name].shape
        is_constant = shape is not None and (shape == () or shape[0] is not None)
        if in_rows and (is_constant or array.ndim == 0 or len(array) != rows):
            raise invalid(f"Output '{name}' is not one value a row: give 'inputs' instead.")
        plain[name] = _plain(array, as_bytes=name.endswith(BYTES_SUFFIX))
    answer: dict[str, Any]
    if not in_rows:
        answer = {"outputs": next(iter(plain.values())) if len(plain) == 1 else plain}
    elif len(plain) == 1:
        answer = {"predictions": next(iter(plain.values()))}
    else:
        columns = zip(*plain.values(), strict=True)
        answer = {"predictions": [dict(zip(plain, row, strict=True)) for row in columns]}
    # NaN and the infinities are written as such, as TF Serving does and Python's json reads.
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _plain(array: np.ndarray[Any, Any], *, as_bytes: bool) -> Any:
    """An array as nested lists of JSON's values."""
    if array.dtype == object:
        return _texts(array.tolist(), as_bytes=as_bytes)
    if array.dtype.kind in "biu" or array.dtype == np.float64:
        return array.tolist()
    # The shortest digits that give the same float32 again: 0.1, not 0.10000000149011612.
    return array.astype(np.float32).astype(str).astype(np.float64).tolist()


def _texts(value: Any, *, as_bytes: bool) -> Any:
    """Bytes in nested lists as text, or as base64."""
    if isinstance(value, list):
        return [_texts(item, as_bytes=as_bytes) for item in value]
    if as_bytes:
        return {"b64": base64.b64encode(value).decode("ascii")}
    return value.decode("utf-8", errors="replace")
