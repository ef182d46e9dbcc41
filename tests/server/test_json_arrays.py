"""Tests of nlp_apps.server.json_arrays: JSON to arrays, arrays to JSON."""

import json
from typing import Any

import numpy as np
import pytest

from nlp_apps.server import json_arrays
from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Arrays, Signature, Tensor
from nlp_apps.server.predict_request import parse
from nlp_apps.server.request_error import RequestError
from tests.toy_server import texts

LIMITS = Limits(max_rows=4, max_text_bytes=10)

TEXT = Tensor("x", "string", (None,))
PAIRS = Tensor("x", "float32", (None, 2))
ANY_RANK = Tensor("x", "float64", None)


def read(body: Any, tensor: Tensor) -> np.ndarray[Any, Any]:
    request = parse(body if isinstance(body, bytes) else json.dumps(body).encode(), LIMITS)
    return json_arrays.to_array(request.values, tensor, LIMITS, request.row_format)


def error_of(body: Any, tensor: Tensor) -> tuple[int, str]:
    with pytest.raises(RequestError) as error:
        read(body, tensor)
    return error.value.status, error.value.message


# JSON to arrays


def test_texts_keep_nuls_and_bytes_that_are_not_utf8():
    array = read({"instances": ["", "a\0b\0", {"b64": "/wA="}]}, TEXT)
    assert array.tolist() == [b"", b"a\0b\0", b"\xff\0"]


def test_numbers_may_be_integers_nan_and_infinite():
    array = read(b'{"instances": [[1, 0.1], [NaN, -Infinity]]}', PAIRS)
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, np.array([[1, 0.1], [np.nan, -np.inf]], np.float32))


def test_an_input_of_any_rank_has_the_shape_of_its_value():
    assert read({"inputs": [[1.5], [2]]}, ANY_RANK).tolist() == [[1.5], [2.0]]
    assert read({"inputs": 1.5}, ANY_RANK).shape == ()
    assert read(b'{"inputs": 1e308}', ANY_RANK) == 1e308
    status, message = error_of(b'{"inputs": 1e309}', ANY_RANK)
    assert status == 400
    assert message.startswith("inputs.x is too large for float64")


def test_an_input_of_any_rank_has_at_most_64_axes():
    def nested(depth: int) -> bytes:
        return b'{"inputs":' + b"[" * depth + b"1.5" + b"]" * depth + b"}"

    assert read(nested(64), ANY_RANK).ndim == 64
    for depth in (65, 500):
        status, message = error_of(nested(depth), ANY_RANK)
        assert status == 400
        assert message.startswith("inputs.x: has more than 64 axes")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"inputs": "a"}, "inputs.x: axis 0 must be a list, not a string."),
        ({"inputs": None}, "inputs.x: axis 0 must be a list, not null."),
        ({"instances": ["a", 1]}, "instances[1].x must be a string, not a number."),
        ({"instances": [["a"]]}, "instances[0].x must be a string, not a list."),
        ({"instances": [None]}, "instances[0].x must be a string, not null."),
        ({"instances": [True]}, "instances[0].x must be a string, not a boolean."),
        ({"inputs": ["a", {"b64": "?"}]}, "inputs.x[1] is not base64."),
        ({"instances": ["\ud800"]}, "instances[0].x has a lone surrogate"),
    ],
)
def test_a_wrong_text_is_400_with_its_place(body: Any, message: str):
    status, found = error_of(body, TEXT)
    assert status == 400
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"instances": [1.0]}, "instances[...].x: axis 1 must be a list, not a number."),
        ({"instances": [[1, 2, 3]]}, "instances[...].x: axis 1 must have 2 values, not 3."),
        ({"instances": [[1, 2], [1]]}, "instances[...].x: the lists of axis 1 differ in length."),
        ({"instances": [[1, [2]]]}, "instances[0].x[1] must be a number, not a list."),
        ({"instances": [[1, True]]}, "instances[0].x[1] must be a number, not a boolean."),
        ({"inputs": [[1, 2], [3, "4"]]}, "inputs.x[1][1] must be a number, not a string."),
        ({"inputs": [[1, 1e39]]}, "inputs.x[0][1] is too large for float32."),
        ({"inputs": [[1, 2**24]]}, "inputs.x[0][1] is too large an integer for float32."),
        ({"inputs": [[1, 10**400]]}, "inputs.x[0][1] is too large an integer for float32."),
        (b'{"inputs": [[Infinity, 1e400]]}', "inputs.x[0][1] is too large for float32."),
        (b'{"inputs": [[NaN, -1e400]]}', "inputs.x[0][1] is too large for float32."),
    ],
)
def test_a_wrong_shape_or_number_is_400_with_its_place(body: Any, message: str):
    assert error_of(body, PAIRS) == (400, message)


@pytest.mark.parametrize(
    ("dtype", "value", "message"),
    [
        ("int32", 1.0, "must be an integer, not a number"),
        ("int32", 2**31, r"must be between -2147483648 and 2147483647 (int32)"),
        ("bool", 1, "must be a boolean, not a number"),
    ],
)
def test_types_are_not_converted(dtype: str, value: Any, message: str):
    status, found = error_of({"instances": [value]}, Tensor("x", dtype, (None,)))
    assert (status, found) == (400, f"instances[0].x {message}.")


def test_a_text_over_its_limit_is_413():
    status, message = error_of({"instances": ["a", "é" * 6]}, TEXT)
    assert status == 413
    assert message.startswith("instances[1].x has 12 bytes")
    assert "10 (--max-text-bytes)" in message


@pytest.mark.parametrize("dtype", ["complex64", "bfloat16"])
def test_an_input_type_that_json_cannot_hold_is_501(dtype: str):
    status, message = error_of({"instances": [1]}, Tensor("x", dtype, (None,)))
    assert status == 501
    assert dtype in message


# Arrays to JSON


def write(outputs: Arrays, row_format: bool, rows: int, **shapes: Any) -> bytes:
    tensors = {
        name: Tensor(name, "", shapes.get(name, (None, *array.shape[1:])))
        for name, array in outputs.items()
    }
    return json_arrays.to_json(outputs, Signature("s", {}, tensors), row_format, rows)


def test_a_single_output_has_no_name():
    one = {"y": np.array([[2.5], [3.0]], np.float32)}
    assert write(one, True, 2) == b'{"predictions":[[2.5],[3.0]]}'
    assert write(one, False, 2) == b'{"outputs":[[2.5],[3.0]]}'
    two = {"y": np.array([1, 2]), "a": texts("é", "b")}
    assert write(two, True, 2) == ('{"predictions":[{"a":"é","y":1},{"a":"b","y":2}]}'.encode())
    assert write(two, False, 2) == '{"outputs":{"a":["é","b"],"y":[1,2]}}'.encode()


def test_outputs_whose_names_end_in_bytes_are_base64():
    outputs = {"a_bytes": np.array([b"\xff", b""], dtype=object)}
    assert write(outputs, True, 2) == b'{"predictions":[{"b64":"/w=="},{"b64":""}]}'


def test_text_that_is_not_utf8_has_replacement_characters():
    outputs = {"a": np.array([b"a\xffb"], dtype=object)}
    assert json.loads(write(outputs, True, 1)) == {"predictions": ["a\ufffdb"]}


def test_floats_have_the_fewest_digits_that_parse_to_the_same_float32():
    values = np.array([0.1, 1 / 3, 1e-30, 9e6, -0.0], np.float32)
    predictions = json.loads(write({"y": values}, True, 5))["predictions"]
    assert str(predictions[0]) == "0.1"
    np.testing.assert_array_equal(np.array(predictions, np.float32), values)
    assert write({"y": np.array([np.nan, np.inf, -np.inf], np.float32)}, True, 3) == (
        b'{"predictions":[NaN,Infinity,-Infinity]}'
    )
    assert write({"y": np.array([True, False])}, True, 2) == b'{"predictions":[true,false]}'


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_outputs_are_501(dtype: str):
    with pytest.raises(RequestError, match=rf"Output 'y': .* {dtype}") as error:
        write({"y": np.array([1 + 2j], dtype)}, True, 1)
    assert error.value.status == 501


def test_an_output_without_rows_is_only_for_the_column_format():
    outputs = {"y": np.array([1, 2]), "labels": texts("low", "high")}
    with pytest.raises(RequestError, match=r"Output 'labels' .* 'inputs'"):
        write(outputs, True, 2, labels=(2,))
    assert b'"labels":["low","high"]' in write(outputs, False, 2, labels=(2,))
