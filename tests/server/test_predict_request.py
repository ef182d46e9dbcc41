"""Tests of nlp_apps.server.predict_request, values and answers: JSON in, arrays, JSON out."""

import json
from typing import Any

import numpy as np
import pytest

from nlp_apps.server import predict_request, response
from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Signature, Tensor
from nlp_apps.server.request_error import RequestError
from tests.toy_server import texts

LIMITS = Limits(max_rows=4, max_text_bytes=10)

TEXT = Signature("one", {"text": Tensor("text", "string", (None,))}, {})
NUMBERS = Signature("two", {"x": Tensor("x", "float32", (None, 2))}, {})
KNOBS = Signature(
    "knobs",
    {
        "loud": Tensor("loud", "bool", (None,), np.array([False])),
        "seed": Tensor("seed", "int32", (None,), np.array([7], np.int32)),
        "text": Tensor("text", "string", (None,)),
    },
    {},
)
SCALAR = Signature("scalar", {"n": Tensor("n", "int64", ())}, {})
ANY = Signature("any", {"x": Tensor("x", "float64", None)}, {})


def read(body: Any, signature: Signature) -> predict_request.PredictInputs:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return predict_request.read_question(predict_request.read_body(data), signature, LIMITS)


def refused(body: Any, signature: Signature = TEXT) -> tuple[int, str]:
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
def test_every_form_of_a_request_gives_the_same_column(body: Any):
    question = read(body, TEXT)
    assert question.rows == 2
    assert question.arrays["text"].tolist() == [b"a", "bé".encode()]


def test_texts_keep_their_nuls_and_bytes_that_are_not_utf8():
    question = read({"instances": ["", "a\0b\0", {"b64": "/wA="}]}, TEXT)
    assert question.arrays["text"].tolist() == [b"", b"a\0b\0", b"\xff\0"]


def test_inputs_that_are_left_out_are_at_their_defaults_in_every_row():
    question = read({"instances": [{"text": "a", "seed": 1}, {"text": "b", "seed": 2}]}, KNOBS)
    assert question.arrays["loud"].tolist() == [False, False]
    assert question.arrays["seed"].tolist() == [1, 2]
    assert question.arrays["seed"].dtype == np.int32


def test_a_knob_that_is_given_once_holds_for_every_row():
    question = read({"inputs": {"text": ["a", "b"], "loud": [True]}}, KNOBS)
    assert question.arrays["loud"].tolist() == [True, True]
    assert question.arrays["seed"].tolist() == [7, 7]


def test_numbers_may_be_integers_nan_and_infinite():
    array = read(b'{"instances": [[1, 0.1], [NaN, -Infinity]]}', NUMBERS).arrays["x"]
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, np.array([[1, 0.1], [np.nan, -np.inf]], np.float32))


def test_a_signature_without_rows_is_asked_by_columns():
    question = read({"inputs": 3}, SCALAR)
    assert question.arrays["n"].shape == ()
    assert question.arrays["n"].dtype == np.int64
    assert refused({"instances": [3]}, SCALAR) == (
        400,
        "Signature 'scalar' does not answer by rows: give 'inputs' instead.",
    )


def test_an_input_of_any_rank_takes_what_comes():
    assert read({"inputs": [[1.5], [2]]}, ANY).arrays["x"].tolist() == [[1.5], [2.0]]
    assert read({"inputs": 1.5}, ANY).arrays["x"].shape == ()
    assert read(b'{"inputs": 1e308}', ANY).arrays["x"] == 1e308
    assert refused(b'{"inputs": 1e309}', ANY) == (400, "inputs.x is too large for float64.")


@pytest.mark.parametrize("rows", [[1.0, 2.0], [[1.0], [2.0]], [{"x": 1.0}, {"x": 2.0}]])
def test_the_rows_of_an_input_of_any_rank_are_put_together(rows: Any):
    question = read({"instances": rows}, ANY)
    assert question.rows == 2
    assert question.arrays["x"].tolist() == [row["x"] if type(row) is dict else row for row in rows]
    status, message = refused({"instances": [1.0, [2.0]]}, ANY)
    assert (status, message) == (400, "instances[1].x must be a number, not a list.")
    assert refused({"instances": [1.0] * 5}, ANY)[0] == 413


def test_a_default_beside_an_input_of_any_rank_is_in_every_row():
    signature = Signature("s", {**ANY.inputs, "seed": KNOBS.inputs["seed"]}, {})
    arrays = read({"instances": [{"x": 1.0}, {"x": 2.0}]}, signature).arrays
    assert arrays["seed"].tolist() == [7, 7]


def test_an_input_of_any_rank_has_at_most_64_axes():
    def nested(depth: int) -> bytes:
        return b'{"inputs":' + b"[" * depth + b"1.5" + b"]" * depth + b"}"

    assert read(nested(64), ANY).arrays["x"].ndim == 64
    for depth in (65, 500):
        assert refused(nested(depth), ANY) == (
            400,
            "inputs.x: has more than 64 axes, the most that are taken.",
        )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body is empty: send an object with 'instances' or 'inputs'."),
        (b" \n", "The body is empty: send an object with 'instances' or 'inputs'."),
        (b"{'a'}", "The body is not JSON: it cannot be read from character 1 on."),
        (
            b'{"instances": ["a"]} x',
            "The body is not JSON: it cannot be read from character 21 on.",
        ),
        (b'{"instances": ["a"', "The body is not JSON: it breaks off at character 18."),
        (b'{"instances": ["\xff"]}', "The body is not UTF-8 (byte 16)."),
        (b"\xef\xbb\xbf{}", "The body is not JSON: it begins with a byte order mark."),
        (b"[" * 100_000, "The body is not a request: its lists are nested too deeply."),
        (b'{"a":' * 100_000, "The body is not a request: its lists are nested too deeply."),
        (b'{"inputs":' + b"1" * 5000 + b"}", "The body is not a request: a number has too many"),
        ([1], "The body must be an object with 'instances' or 'inputs', not a list."),
        (b"null", "The body must be an object with 'instances' or 'inputs', not null."),
        ({}, "Give either 'instances' (rows) or 'inputs' (columns)."),
        ({"instances": ["a"], "inputs": ["a"]}, "Give either 'instances' (rows) or 'inputs'"),
        ({"instances": "a"}, "'instances' must be a list of rows, not a string."),
        ({"instances": {"text": ["a"]}}, "'instances' must be a list of rows, not an object."),
        ({"signature_name": 1, "instances": ["a"]}, "'signature_name' must be a string, not a"),
        ({"instances": []}, "The request has no rows: give at least one."),
        ({"inputs": []}, "The request has no rows: give at least one."),
        ({"inputs": {}}, "Input 'text' is missing. Signature 'one' takes text."),
        ({"inputs": "a"}, "inputs.text: axis 0 must be a list, not a string."),
        ({"inputs": None}, "inputs.text: axis 0 must be a list, not null."),
        ({"instances": ["a", 1]}, "instances[1].text must be a string, not a number."),
        ({"instances": [["a"]]}, "instances[0].text must be a string, not a list."),
        ({"instances": [None]}, "instances[0].text must be a string, not null."),
        ({"instances": [True]}, "instances[0].text must be a string, not true or false."),
        ({"inputs": ["a", {"b64": "?"}]}, "inputs.text[1] is not base64."),
        ({"instances": ["\ud800"]}, "instances[0].text holds half a surrogate pair, not UTF-8."),
        ({"instances": [{"txt": "a"}]}, "instances[0]: there is no input 'txt'. Signature 'one'"),
        ({"instances": [{}]}, "Input 'text' is missing. Signature 'one' takes text."),
        ({"instances": [{"text": "a"}, {}]}, "instances[1] must be an object with the same names"),
        ({"instances": [{"text": "a"}, "b"]}, "instances[1] must be an object with the same name"),
        ({"instances": ["b", {"text": "a"}]}, "instances[1].text must be a string, not an object"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(body: Any, message: str):
    status, told = refused(body)
    assert status == 400
    assert told.startswith(message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"instances": [1.0]}, "instances[...].x: axis 1 must be a list, not a number."),
        ({"instances": [[1, 2, 3]]}, "instances[...].x: axis 1 must have 2 values, not 3."),
        ({"instances": [[1, 2], [1]]}, "instances[...].x: the lists of axis 1 differ in length."),
        ({"instances": [[1, [2]]]}, "instances[0].x[1] must be a number, not a list."),
        ({"instances": [[1, True]]}, "instances[0].x[1] must be a number, not true or false."),
        ({"inputs": [[1, 2], [3, "4"]]}, "inputs.x[1][1] must be a number, not a string."),
        ({"inputs": [[1, 1e39]]}, "inputs.x[0][1] is too large for float32."),
        ({"inputs": [[1, 2**24]]}, "inputs.x[0][1] is too large an integer for float32."),
        ({"inputs": [[1, 10**400]]}, "inputs.x[0][1] is too large an integer for float32."),
        (b'{"inputs": [[Infinity, 1e400]]}', "inputs.x[0][1] is too large for float32."),
        (b'{"inputs": [[NaN, -1e400]]}', "inputs.x[0][1] is too large for float32."),
    ],
)
def test_shapes_and_numbers_are_checked(body: Any, message: str):
    assert refused(body, NUMBERS) == (400, message)


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"seed": 1.0}, "instances[0].seed must be an integer, not a number."),
        ({"seed": 2**31}, "instances[0].seed must be between -2147483648 and 2147483647 (int32)."),
        ({"loud": 1}, "instances[0].loud must be true or false, not a number."),
    ],
)
def test_types_are_not_bent(knobs: Any, message: str):
    assert refused({"instances": [{"text": "a", **knobs}]}, KNOBS) == (400, message)


def test_values_without_names_are_refused_where_there_are_several_inputs():
    needs = "Signature 'knobs' takes loud (optional), seed (optional), text."
    assert refused({"instances": ["a"]}, KNOBS) == (
        400,
        f"instances: the values have no names. {needs}",
    )
    assert refused({"inputs": {"seed": [1]}}, KNOBS) == (400, f"Input 'text' is missing. {needs}")
    assert refused({"inputs": {"text": ["a", "b"], "seed": [1, 2, 3]}}, KNOBS) == (
        400,
        "Input 'text' has 2 rows, another 3.",
    )


def test_sizes_over_their_limits_are_413_and_name_limit_and_value():
    assert refused({"instances": ["a"] * 5}) == (
        413,
        "The request has 5 rows; at most 4 are taken at once (--max-rows). Send them in several "
        "requests.",
    )
    assert refused({"inputs": ["a"] * 10_000})[0] == 413
    assert refused({"instances": ["a", "é" * 6]}) == (
        413,
        "instances[1].text has 12 bytes; at most 10 are taken (--max-text-bytes).",
    )


def test_a_signature_that_answers_in_one_call_takes_only_what_one_call_may_be():
    wide = {"letters": Tensor("letters", "string", (None, None))}
    signature = Signature("letters", TEXT.inputs, wide)
    limits = Limits(max_batch_bytes=20)

    def ask(*texts: str) -> int:
        body = predict_request.PredictRequest("letters", True, list(texts))
        return predict_request.read_question(body, signature, limits).row_bytes

    assert ask("0123456789", "a") == 10
    assert ask("x" * 1000) == 1000  # One row is one call in any case.
    with pytest.raises(RequestError) as error:
        ask("0123456789", "a", "b")
    assert error.value.status == 413
    assert "are 30, and at most 20 are taken (--max-batch-bytes)" in error.value.message
    assert (
        predict_request.read_question(
            predict_request.PredictRequest("one", True, ["0123456789", "a", "b"]), TEXT, limits
        ).rows
        == 3
    )


def test_a_type_that_json_cannot_send_is_501():
    signature = Signature("s", {"x": Tensor("x", "complex64", (None,))}, {})
    assert refused({"instances": [1]}, signature)[0] == 501
    signature = Signature("s", {"x": Tensor("x", "bfloat16", (None,))}, {})
    assert refused({"instances": [1]}, signature)[0] == 501


def write(outputs: predict_request.Arrays, in_rows: bool, rows: int, **shapes: Any) -> bytes:
    told = {
        name: Tensor(name, "", shapes.get(name, (None, *array.shape[1:])))
        for name, array in outputs.items()
    }
    return response.write(outputs, Signature("s", {}, told), in_rows, rows)


def test_one_output_is_answered_bare_and_several_by_name():
    one = {"y": np.array([[2.5], [3.0]], np.float32)}
    assert write(one, True, 2) == b'{"predictions":[[2.5],[3.0]]}'
    assert write(one, False, 2) == b'{"outputs":[[2.5],[3.0]]}'
    two = {"y": np.array([1, 2]), "a": texts("é", "b")}
    assert write(two, True, 2) == ('{"predictions":[{"a":"é","y":1},{"a":"b","y":2}]}'.encode())
    assert write(two, False, 2) == '{"outputs":{"a":["é","b"],"y":[1,2]}}'.encode()


def test_outputs_whose_names_end_in_bytes_are_base64():
    outputs = {"a_bytes": np.array([b"\xff", b""], dtype=object)}
    assert write(outputs, True, 2) == b'{"predictions":[{"b64":"/w=="},{"b64":""}]}'


def test_text_that_is_not_utf8_is_answered_with_replacement_characters():
    outputs = {"a": np.array([b"a\xffb"], dtype=object)}
    assert json.loads(write(outputs, True, 1)) == {"predictions": ["a\ufffdb"]}


def test_floats_are_written_with_the_fewest_digits_that_give_them_again():
    values = np.array([0.1, 1 / 3, 1e-30, 9e6, -0.0], np.float32)
    told = json.loads(write({"y": values}, True, 5))["predictions"]
    assert str(told[0]) == "0.1"
    np.testing.assert_array_equal(np.array(told, np.float32), values)
    assert write({"y": np.array([np.nan, np.inf, -np.inf], np.float32)}, True, 3) == (
        b'{"predictions":[NaN,Infinity,-Infinity]}'
    )
    assert write({"y": np.array([True, False])}, True, 2) == b'{"predictions":[true,false]}'


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_outputs_are_501_as_complex_inputs_are(dtype: str):
    with pytest.raises(RequestError) as error:
        write({"y": np.array([1 + 2j], dtype)}, True, 1)
    assert (error.value.status, error.value.message) == (
        501,
        f"Output 'y': outputs of type {dtype} cannot be sent as JSON.",
    )


def test_an_output_that_is_no_row_is_only_answered_by_columns():
    outputs = {"y": np.array([1, 2]), "labels": texts("low", "high")}
    with pytest.raises(RequestError, match="Output 'labels' is not one value a row"):
        write(outputs, True, 2, labels=(2,))
    assert b'"labels":["low","high"]' in write(outputs, False, 2, labels=(2,))
