"""JSON to arrays: a request's body, checked against the signature before it meets other requests.

Both forms of TF Serving are read: `instances` has one value a row, a bare one or an object by name;
`inputs` has one column a name. What does not fit is refused with the place where it stands.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nlp_apps.server import json_arrays
from nlp_apps.server.json_arrays import Literal, kind_of
from nlp_apps.server.limits import Limits, flag
from nlp_apps.server.model_signatures import Signature
from nlp_apps.server.request_error import RequestError, invalid

Arrays = dict[str, np.ndarray[Any, Any]]

DEFAULT_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class PredictRequest:
    """A request's body: `values` is what stands under `instances` (in_rows) or under `inputs`."""

    signature_name: str
    in_rows: bool
    values: Any


@dataclass(frozen=True)
class PredictInputs:
    """What a model is asked: every input of a signature, and how many rows they have."""

    arrays: Arrays
    rows: int

    @cached_property
    def row_bytes(self) -> int:
        """Bytes of the widest row: each other row of its call is padded to it."""
        return sum(map(_widest, self.arrays.values()))


def read_body(data: bytes) -> PredictRequest:
    """Reads a body as JSON.

    Raises:
        RequestError: it is not JSON, or not a request.
    """
    try:
        text = data.decode("utf-8")
        body = json.loads(text, parse_constant=Literal)
    except UnicodeDecodeError as error:
        raise invalid(f"The body is not UTF-8 (byte {error.start}).") from error
    except json.JSONDecodeError as error:
        raise invalid(_why_no_json(text, error.pos)) from error
    except RecursionError as error:
        raise invalid("The body is not a request: its lists are nested too deeply.") from error
    except ValueError as error:  # A number with thousands of digits.
        raise invalid("The body is not a request: a number has too many digits.") from error
    if not isinstance(body, dict):
        raise invalid(
            f"The body must be an object with 'instances' or 'inputs', not {kind_of(body)}."
        )
    name = body.get("signature_name", DEFAULT_SIGNATURE)
    if not isinstance(name, str):
        raise invalid(f"'signature_name' must be a string, not {kind_of(name)}.")
    if ("instances" in body) == ("inputs" in body):
        raise invalid("Give either 'instances' (rows) or 'inputs' (columns).")
    in_rows = "instances" in body
    if in_rows and not isinstance(body["instances"], list):
        raise invalid(f"'instances' must be a list of rows, not {kind_of(body['instances'])}.")
    return PredictRequest(
        name or DEFAULT_SIGNATURE, in_rows, body["instances" if in_rows else "inputs"]
    )


def _why_no_json(text: str, place: int) -> str:
    """What is wrong with a body that cannot be read from some character on."""
    if not text.strip():
        return "The body is empty: send an object with 'instances' or 'inputs'."
    if text.startswith("\ufeff"):
        return "The body is not JSON: it begins with a byte order mark. Leave it out."
    if place >= len(text.rstrip()):
        return f"The body is not JSON: it breaks off at character {place}."
    return f"The body is not JSON: it cannot be read from character {place} on."


def read_question(body: PredictRequest, signature: Signature, limits: Limits) -> PredictInputs:
    """Turns a body into the inputs of a signature.

    Args:
        body: the request.
        signature: what it is to fit.
        limits: most rows and most bytes of a text.

    Returns:
        All inputs, those that were left out at their defaults.

    Raises:
        RequestError: a name, a shape, a type or a size is wrong.
    """
    rows = None
    if body.in_rows:
        rows = len(body.values)
        if not signature.takes_rows:
            raise invalid(
                f"Signature '{signature.name}' does not answer by rows: give 'inputs' instead."
            )
        _check_rows(rows, limits)
        columns = _columns(body.values, signature)
    else:
        columns = _named(body.values, signature)
    arrays = {}
    for name, column in columns.items():
        arrays[name] = json_arrays.read(column, signature.inputs[name], limits, body.in_rows)
    question = complete(arrays, signature, rows)
    _check_rows(question.rows, limits)
    padded = question.rows * question.row_bytes
    if question.rows > 1 and padded > limits.max_batch_bytes and not signature.mergeable:
        raise RequestError(
            413,
            f"Signature '{signature.name}' answers a request in one call: its rows times the bytes "
            f"of the widest are {padded:,}, and at most {limits.max_batch_bytes:,} are taken "
            f"({flag('max_batch_bytes')}). Send them in several requests.",
        )
    return question


def complete(arrays: Arrays, signature: Signature, rows: int | None = None) -> PredictInputs:
    """Gives the inputs that were left out their defaults, in every row.

    Args:
        arrays: the inputs that were given, of the right types and shapes.
        signature: names them all.
        rows: how many rows the inputs are of; None: as many as they have.

    Returns:
        Every input. One row of an input that has a default holds for all rows.

    Raises:
        RequestError: an input without a default is missing, or the rows are not equally many.
    """
    inputs = dict(arrays)
    for name, tensor in signature.inputs.items():
        if name not in inputs:
            if tensor.default is None:
                raise invalid(f"Input '{name}' is missing. {_needs(signature)}")
            inputs[name] = tensor.default
    if rows is None:
        if not signature.has_rows:
            return PredictInputs(inputs, 1)
        rows = max((len(array) for array in arrays.values()), default=1)
    for name, tensor in signature.inputs.items():
        if not tensor.has_rows:
            continue  # Of any rank: as it was given.
        if len(inputs[name]) == 1 and tensor.default is not None:
            inputs[name] = np.repeat(inputs[name], rows, axis=0)
        if len(inputs[name]) != rows:
            raise invalid(f"Input '{name}' has {len(inputs[name]):,} rows, another {rows:,}.")
    return PredictInputs(inputs, rows)


def _widest(array: np.ndarray[Any, Any]) -> int:
    """Bytes of the widest row of an array."""
    value = max(map(len, array.flat), default=0) if array.dtype == object else array.itemsize
    return int(math.prod(array.shape[1:])) * value


def _check_rows(rows: int, limits: Limits) -> None:
    """Refuses no rows and too many."""
    if rows == 0:
        raise invalid("The request has no rows: give at least one.")
    if rows > limits.max_rows:
        raise RequestError(
            413,
            f"The request has {rows:,} rows; at most {limits.max_rows:,} are taken at once "
            f"({flag('max_rows')}). Send them in several requests.",
        )


def _columns(rows: Sequence[Any], signature: Signature) -> Mapping[str, Sequence[Any]]:
    """Rows as columns."""
    if not _is_object(rows[0]):
        _check_bare(signature, "instances")
        (name,) = signature.inputs
        return {name: rows}
    names = rows[0].keys()
    _check_names(names, signature, "instances[0]")
    for number, row in enumerate(rows):
        if not isinstance(row, dict) or row.keys() != names:
            raise invalid(
                f"instances[{number}] must be an object with the same names as instances[0]: "
                f"{', '.join(names)}."
            )
    return {name: [row[name] for row in rows] for name in names}


def _named(values: Any, signature: Signature) -> Mapping[str, Any]:
    """Columns by name."""
    if not _is_object(values):
        _check_bare(signature, "inputs")
        (name,) = signature.inputs
        return {name: values}
    _check_names(values.keys(), signature, "inputs")
    named: Mapping[str, Any] = values
    return named


def _check_bare(signature: Signature, where: str) -> None:
    """Refuses values without a name where there are several inputs."""
    if len(signature.inputs) > 1:
        raise invalid(f"{where}: the values have no names. {_needs(signature)}")


def _check_names(names: Any, signature: Signature, where: str) -> None:
    """Refuses names that the signature does not have."""
    for name in names:
        if name not in signature.inputs:
            raise invalid(f"{where}: there is no input '{_short(name)}'. {_needs(signature)}")


def _needs(signature: Signature) -> str:
    """Says what a signature takes."""
    names = ", ".join(
        name if tensor.default is None else f"{name} (optional)"
        for name, tensor in signature.inputs.items()
    )
    return f"Signature '{signature.name}' takes {names}."


def _is_object(value: Any) -> bool:
    """Whether a value is an object by name, not bytes."""
    return isinstance(value, dict) and not (
        value.keys() == {"b64"} and isinstance(value["b64"], str)
    )


def _short(name: str) -> str:
    """A name that a client chose, cut to what an error message has room for."""
    return name if len(name) <= 40 else name[:37] + "..."
