"""Tests of nlp_apps.server.predict_request."""

import json
import re
from typing import Any

import numpy as np
import pytest

from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Signature, Tensor
from nlp_apps.server.predict_request import PredictInputs, PredictRequest, parse, read_inputs
from nlp_apps.server.request_error import RequestError

LIMITS = Limits(max_rows=4, max_text_bytes=10)

TEXT = Signature("one", {"text": Tensor("text", "string", (None,))}, {})
PARAMETERS = Signature(
    "parameters",
    {
        "loud": Tensor("loud", "bool", (None,), np.array([False])),
        "seed": Tensor("seed", "int32", (None,), np.array([7], np.int32)),
        "text": Tensor("text", "string", (None,)),
    },
    {},
)
SCALAR = Signature("scalar", {"n": Tensor("n", "int64", ())}, {})
ANY_RANK = Signature("any", {"x": Tensor("x", "float64", None)}, {})


def read(body: Any, signature: Signature) -> PredictInputs:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_inputs(parse(data, LIMITS), signature, LIMITS)


def error_of(body: Any, signature: Signature = TEXT) -> tuple[int, str]:
    with pytest.raises(RequestError) as error:
        read(body, signature)
    return error.value.status, error.value.message


@pytest.mark.parametrize(
    "body",
    [
        {"instances": ["a", "bé"]},
        {"instances": [{"text": "a"}, {"text": "bé"}]},
        {"instances": [{"b64": "YQ=="}, "bé"]},
        {"inputs": ["a", "bé"]},
        {"inputs": {"text": ["a", "bé"]}},
        {"signature_name": "", "inputs": {"text": ["a", "bé"]}},
    ],
)
def test_every_format_has_the_same_inputs(body: Any):
    inputs = read(body, TEXT)
    assert inputs.rows == 2
    assert inputs.arrays["text"].tolist() == [b"a", "bé".encode()]


def test_omitted_inputs_have_their_defaults_in_every_row():
    rows = [{"text": "a", "seed": 1}, {"text": "b", "seed": 2}]
    inputs = read({"instances": rows}, PARAMETERS)
    assert inputs.arrays["loud"].tolist() == [False, False]
    assert inputs.arrays["seed"].tolist() == [1, 2]
    assert inputs.arrays["seed"].dtype == np.int32


def test_one_value_of_an_optional_input_applies_to_every_row():
    inputs = read({"inputs": {"text": ["a", "b"], "loud": [True]}}, PARAMETERS)
    assert inputs.arrays["loud"].tolist() == [True, True]
    assert inputs.arrays["seed"].tolist() == [7, 7]


def test_a_signature_without_a_batch_dimension_accepts_the_column_format_only():
    inputs = read({"inputs": 3}, SCALAR)
    assert inputs.arrays["n"].shape == ()
    assert inputs.arrays["n"].dtype == np.int64
    status, message = error_of({"instances": [3]}, SCALAR)
    assert status == 400
    assert re.search("'scalar' .* 'inputs'", message)


@pytest.mark.parametrize("rows", [[1.0, 2.0], [[1.0], [2.0]], [{"x": 1.0}, {"x": 2.0}]])
def test_rows_of_an_input_of_any_rank_are_stacked(rows: Any):
    inputs = read({"instances": rows}, ANY_RANK)
    assert inputs.rows == 2
    assert inputs.arrays["x"].tolist() == [row["x"] if type(row) is dict else row for row in rows]
    assert error_of({"instances": [1.0, [2.0]]}, ANY_RANK) == (
        400,
        "instances[1].x must be a number, not a list.",
    )
    assert error_of({"instances": [1.0] * 5}, ANY_RANK)[0] == 413


def test_a_default_beside_an_input_of_any_rank_is_in_every_row():
    signature = Signature("s", {**ANY_RANK.inputs, "seed": PARAMETERS.inputs["seed"]}, {})
    arrays = read({"instances": [{"x": 1.0}, {"x": 2.0}]}, signature).arrays
    assert arrays["seed"].tolist() == [7, 7]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "body is empty"),
        (b" \n", "body is empty"),
        (b"{'a'}", "not JSON: .* character 1[.]"),
        (b'{"instances": ["a"]} x', "not JSON: .* character 21[.]"),
        (b'{"instances": ["a"', "not JSON: it ends too early, at character 18[.]"),
        (b'{"instances": ["\xff"]}', r"not UTF-8 \(byte 16\)"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"inputs":' + b"1" * 5000 + b"}", "too many digits"),
        ([1], "must be an object with 'instances' or 'inputs', not a list"),
        (b"null", "must be an object with 'instances' or 'inputs', not null"),
        ({}, "either 'instances' .* or 'inputs'"),
        ({"instances": ["a"], "inputs": ["a"]}, "either 'instances' .* or 'inputs'"),
        ({"instances": "a"}, "'instances' must be a list of rows, not a string"),
        ({"instances": {"text": ["a"]}}, "'instances' must be a list of rows, not an object"),
        ({"signature_name": 1, "instances": ["a"]}, "'signature_name' must be a string, not a"),
        ({"instances": []}, "no rows"),
        ({"inputs": []}, "no rows"),
        ({"inputs": {}}, "Input 'text' is missing. Signature 'one' has the inputs text"),
        ({"instances": [{}]}, "Input 'text' is missing. Signature 'one' has the inputs text"),
        ({"instances": [{"txt": "a"}]}, r"^instances\[0\]: there is no input 'txt'. .* 'one'"),
        ({"instances": [{"text": "a"}, {}]}, r"^instances\[1\] must .* names as instances\[0\]"),
        ({"instances": [{"text": "a"}, "b"]}, r"^instances\[1\] must .* names as instances\[0\]"),
        ({"instances": ["b", {"text": "a"}]}, r"^instances\[1\]\.text must be a string, not an o"),
    ],
)
def test_a_wrong_body_is_400_with_its_place(body: Any, message: str):
    status, found = error_of(body)
    assert status == 400
    assert re.search(message, found), found


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"instances": ["a"]}, "^instances: .* 'parameters' .* loud [(]optional[)], seed .*, text"),
        ({"inputs": {"seed": [1]}}, "^Input 'text' is missing[.] Signature 'parameters'"),
        ({"inputs": {"text": ["a", "b"], "seed": [1, 2, 3]}}, "^Input 'text' has 2 rows, .* 3"),
    ],
)
def test_inputs_of_a_signature_with_several_are_checked(body: Any, message: str):
    status, found = error_of(body, PARAMETERS)
    assert status == 400
    assert re.search(message, found), found


def test_too_many_rows_are_413():
    status, message = error_of({"instances": ["a"] * 5})
    assert status == 413
    assert re.search(r"more than 4 rows, .* \(--max-rows\)", message)
    assert error_of({"inputs": ["a"] * 10_000})[0] == 413


def test_a_signature_that_runs_in_one_call_is_limited_by_max_batch_bytes():
    padded = {"letters": Tensor("letters", "string", (None, None))}
    signature = Signature("letters", TEXT.inputs, padded)
    limits = Limits(max_batch_bytes=20)

    def row_bytes(*texts: str) -> int:
        request = PredictRequest("letters", True, list(texts))
        return read_inputs(request, signature, limits).row_bytes

    assert row_bytes("0123456789", "a") == 10
    assert row_bytes("x" * 1000) == 1000  # One row is always one call.
    with pytest.raises(RequestError, match=r"are 30; .* 20 \(--max-batch-bytes\)") as error:
        row_bytes("0123456789", "a", "b")
    assert error.value.status == 413
    mergeable = PredictRequest("one", True, ["0123456789", "a", "b"])
    assert read_inputs(mergeable, TEXT, limits).rows == 3
