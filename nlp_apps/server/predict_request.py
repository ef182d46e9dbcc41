"""A predict request: the JSON body, read and checked before it shares a call with others.

TF Serving's two formats are read. The row format, `instances`, has one item per row: a value, or an
object with the inputs by name. The column format, `inputs`, has one list per input.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nlp_apps.server import json_arrays, json_rows
from nlp_apps.server.json_arrays import Literal, json_type
from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Arrays, Signature
from nlp_apps.server.request_error import RequestError, bad_request

DEFAULT_SIGNATURE = "serving_default"

TOKEN_BYTES = 4
"""Bytes of a token of generated text, about."""

SEARCH_TOKENS = {"suggest": 48}
"""Tokens of generated text that need as long as the search of a signature in a row, measured."""

_DECODER = json.JSONDecoder(parse_constant=Literal)


@dataclass(frozen=True)
class PredictRequest:
    """A parsed body.

    Attributes:
        signature_name: The signature to call.
        row_format: Whether the body has `instances`; otherwise it has `inputs`.
        values: The JSON value of `instances` or `inputs`.
    """

    signature_name: str
    row_format: bool
    values: Any


@dataclass(frozen=True)
class PredictInputs:
    """The inputs of a request.

    Attributes:
        arrays: The array of every input of a signature.
        rows: Their number of rows.
        search_tokens: Tokens of generated text that need as long as the search of a row.
    """

    arrays: Arrays
    rows: int
    search_tokens: int = 0

    @cached_property
    def row_bytes(self) -> int:
        """Bytes of the widest row, to which every other row of a call is padded."""
        return sum(map(_widest, self.arrays.values()))

    @cached_property
    def row_cost(self) -> int:
        """Bytes of the widest row, and of the longest text that a row may generate or search.

        The time of a row grows with both; a token is a few characters.
        """
        wanted = self.arrays.get("max_tokens")
        tokens = self.search_tokens
        if wanted is not None and wanted.dtype.kind in "iu":
            tokens += max(0, int(max(wanted.flat, default=0)))
        return self.row_bytes + TOKEN_BYTES * tokens


def parse(data: bytes, limits: Limits) -> PredictRequest:
    """Parses a body.

    Args:
        data: the body.
        limits: `max_rows`; no more rows of `instances` are read.

    Raises:
        RequestError: the body is not JSON, not a predict request, or has too many rows.
    """
    try:
        text = data.decode("utf-8")
        body = json_rows.loads(text, _DECODER, "instances", limits.max_rows)
    except json_rows.TooManyRowsError:
        raise _too_many_rows(limits) from None
    except json_rows.TooManyNamesError:
        raise bad_request(
            f"The body has more than {json_rows.MAX_NAMES} names, the maximum."
        ) from None
    except UnicodeDecodeError as error:
        raise bad_request(f"The body is not UTF-8 (byte {error.start}).") from error
    except json.JSONDecodeError as error:
        raise bad_request(_json_problem(text, error.pos)) from error
    except RecursionError as error:
        raise bad_request("The body is nested too deeply.") from error
    except ValueError as error:  # An integer of thousands of digits.
        raise bad_request("The body has a number with too many digits.") from error
    if not isinstance(body, dict):
        raise bad_request(
            f"The body must be an object with 'instances' or 'inputs', not {json_type(body)}."
        )
    name = body.get("signature_name", DEFAULT_SIGNATURE)
    if not isinstance(name, str):
        raise bad_request(f"'signature_name' must be a string, not {json_type(name)}.")
    if ("instances" in body) == ("inputs" in body):
        raise bad_request("Send either 'instances' (rows) or 'inputs' (columns).")
    row_format = "instances" in body
    values = body["instances" if row_format else "inputs"]
    if row_format and not isinstance(values, list):
        raise bad_request(f"'instances' must be a list of rows, not {json_type(values)}.")
    return PredictRequest(name or DEFAULT_SIGNATURE, row_format, values)


def _json_problem(text: str, place: int) -> str:
    """Returns the reason why the JSON parser failed at a character."""
    if not text.strip():
        return "The body is empty: send an object with 'instances' or 'inputs'."
    if text.startswith("\ufeff"):
        return "The body is not JSON: it begins with a byte order mark. Remove it."
    if place >= len(text.rstrip()):
        return f"The body is not JSON: it ends too early, at character {place}."
    return f"The body is not JSON: syntax error at character {place}."


def read_inputs(request: PredictRequest, signature: Signature, limits: Limits) -> PredictInputs:
    """Returns the inputs of a signature, checked.

    Args:
        request: the parsed body.
        signature: the signature to call.
        limits: `max_rows`, `max_text_bytes` and `max_batch_bytes`.

    Returns:
        Every input; an omitted one has its default.

    Raises:
        RequestError: a name, a shape, a type or a size is wrong.
    """
    rows = None
    if request.row_format:
        rows = len(request.values)
        if not signature.accepts_rows:
            raise bad_request(
                f"Signature '{signature.name}' has no batch dimension: send 'inputs' instead."
            )
        _check_rows(rows, limits)
        columns = _columns_of_rows(request.values, signature)
    else:
        columns = _columns_by_name(request.values, signature)
    arrays = {
        name: json_arrays.to_array(column, signature.inputs[name], limits, request.row_format)
        for name, column in columns.items()
    }
    return complete(arrays, signature, limits, rows)


def complete(
    arrays: Arrays, signature: Signature, limits: Limits, rows: int | None = None
) -> PredictInputs:
    """Adds the defaults of omitted inputs, and checks the size of a request.

    Args:
        arrays: the received inputs, of the right types and shapes.
        signature: the signature to call.
        limits: `max_rows` and `max_batch_bytes`.
        rows: rows of the inputs; None: read it from the arrays.

    Returns:
        Every input.

    Raises:
        RequestError: an input is missing, or rows or bytes are too many.
    """
    # Before defaults are repeated for each row.
    if signature.has_rows and any(len(array) > limits.max_rows for array in arrays.values()):
        raise _too_many_rows(limits)
    inputs = fill_defaults(arrays, signature, rows)
    _check_rows(inputs.rows, limits)
    padded = inputs.rows * inputs.row_bytes
    if inputs.rows > 1 and padded > limits.max_batch_bytes and not signature.mergeable:
        raise RequestError(
            413,
            f"Signature '{signature.name}' computes a request in one call. Its rows times the "
            f"bytes of its widest row are {padded:,}; the maximum is {limits.max_batch_bytes:,} "
            "(--max-batch-bytes). Send several requests.",
        )
    return inputs


def fill_defaults(arrays: Arrays, signature: Signature, rows: int | None = None) -> PredictInputs:
    """Adds the defaults of omitted inputs, in every row.

    Args:
        arrays: the received inputs, of the right types and shapes.
        signature: the signature to call.
        rows: rows of the inputs; None: read it from the arrays.

    Returns:
        Every input. One row of an input that has a default is repeated for all rows.

    Raises:
        RequestError: an input without a default is missing, or inputs differ in their rows.
    """
    inputs = dict(arrays)
    for name, tensor in signature.inputs.items():
        if name not in inputs:
            if tensor.default is None:
                raise bad_request(f"Input '{name}' is missing. {_usage(signature)}")
            inputs[name] = tensor.default
    if rows is None:
        if not signature.has_rows:
            return PredictInputs(inputs, 1)
        rows = max((len(array) for array in arrays.values()), default=1)
    for name, tensor in signature.inputs.items():
        if not tensor.has_rows:
            continue  # An input of any rank is not repeated.
        if len(inputs[name]) == 1 and tensor.default is not None:
            inputs[name] = np.repeat(inputs[name], rows, axis=0)
        if len(inputs[name]) != rows:
            raise bad_request(f"Input '{name}' has {len(inputs[name]):,} rows, another {rows:,}.")
    return PredictInputs(inputs, rows, SEARCH_TOKENS.get(signature.name, 0))


def _widest(array: np.ndarray[Any, Any]) -> int:
    """Returns the bytes of the widest row of an array."""
    value = max(map(len, array.flat), default=0) if array.dtype == object else array.itemsize
    return int(math.prod(array.shape[1:])) * value


def _check_rows(rows: int, limits: Limits) -> None:
    """Raises an error for a request without rows, or with too many."""
    if rows == 0:
        raise bad_request("The request has no rows: send at least one.")
    if rows > limits.max_rows:
        raise _too_many_rows(limits)


def _too_many_rows(limits: Limits) -> RequestError:
    """Returns the error for a request with too many rows."""
    return RequestError(
        413,
        f"The request has more than {limits.max_rows:,} rows, the maximum (--max-rows). Send "
        "several requests.",
    )


def _columns_of_rows(rows: Sequence[Any], signature: Signature) -> Mapping[str, Sequence[Any]]:
    """Returns `instances` as one list per input."""
    if not _is_named(rows[0]):
        _check_single_input(signature, "instances")
        (name,) = signature.inputs
        return {name: rows}
    names = rows[0].keys()
    check_names(names, signature, "instances[0]")
    for number, row in enumerate(rows):
        if not isinstance(row, dict) or row.keys() != names:
            raise bad_request(
                f"instances[{number}] must be an object with the same names as instances[0]: "
                f"{', '.join(names)}."
            )
    return {name: [row[name] for row in rows] for name in names}


def _columns_by_name(values: Any, signature: Signature) -> Mapping[str, Any]:
    """Returns `inputs` as one list per input."""
    if not _is_named(values):
        _check_single_input(signature, "inputs")
        (name,) = signature.inputs
        return {name: values}
    check_names(values.keys(), signature, "inputs")
    columns: Mapping[str, Any] = values
    return columns


def _check_single_input(signature: Signature, place: str) -> None:
    """Raises an error for values without names if the signature has several inputs."""
    if len(signature.inputs) > 1:
        raise bad_request(f"{place}: the values have no names. {_usage(signature)}")


def check_names(names: Any, signature: Signature, place: str) -> None:
    """Raises an error for a name that is not an input of the signature."""
    for name in names:
        if name not in signature.inputs:
            shown = name if len(name) <= 40 else name[:37] + "..."
            raise bad_request(f"{place}: there is no input '{shown}'. {_usage(signature)}")


def _usage(signature: Signature) -> str:
    """Returns a sentence with the inputs of a signature."""
    names = ", ".join(
        name if tensor.default is None else f"{name} (optional)"
        for name, tensor in signature.inputs.items()
    )
    return f"Signature '{signature.name}' has the inputs {names}."


def _is_named(value: Any) -> bool:
    """Returns whether a value is an object of inputs by name; `{"b64": ...}` is a string."""
    return isinstance(value, dict) and not (
        value.keys() == {"b64"} and isinstance(value["b64"], str)
    )
