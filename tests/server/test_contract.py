"""The contract of TF Serving's REST API, tested over HTTP.

The default is this server with toy models, alone and as two replicas behind nginx.
NLP_APPS_SERVING_URL=http://HOST:PORT and NLP_APPS_SERVING_MODEL=NAME choose any other server, for
instance TF Serving; NLP_APPS_TOKEN is its token.
"""

import contextlib
import json
import os
import threading
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.nginx import nginx
from tests.toy_server import (
    Response,
    fetch,
    listening,
    serving,
    write_half_plus_two,
    write_uppercase,
)

URL = os.environ.get("NLP_APPS_SERVING_URL")
NAMES = (
    [os.environ.get("NLP_APPS_SERVING_MODEL", "model")] if URL else ["uppercase", "half_plus_two"]
)

SAMPLES: dict[str, list[Any]] = {
    "DT_STRING": ["Where is the station?", "Not bad at all.", "", "ü 漢字 \U0001f600"],
    "DT_FLOAT": [0.5, 1.0, 0.25, 0.75],
    "DT_INT32": [3, 1, 2, 4],
    "DT_INT64": [3, 1, 2, 4],
    "DT_BOOL": [True, False, True, False],
}
NUM_ROWS = 4


@pytest.fixture(scope="module", params=["any server"] if URL else ["server", "nginx"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if URL:
        yield URL.rstrip("/")
        return
    folder = tmp_path_factory.mktemp("models")
    write_uppercase(folder / "uppercase" / "1")
    write_half_plus_two(folder / "half_plus_two" / "1")
    with contextlib.ExitStack() as stack:

        def replica() -> str:
            return stack.enter_context(listening(stack.enter_context(serving(folder)).app))

        if request.param == "server":
            yield replica()
        else:
            place = tmp_path_factory.mktemp("nginx")
            yield stack.enter_context(nginx(place, [replica(), replica()]))


def send(url: str, path: str, body: Any = None) -> Response:
    token = os.environ.get("NLP_APPS_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token and URL else {}
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    return fetch(f"{url}/v1/models/{path}", data, headers)


def signature(url: str, name: str) -> dict[str, Any]:
    metadata = send(url, f"{name}/metadata").json
    found: dict[str, Any] = metadata["metadata"]["signature_def"]["signature_def"]
    return found["serving_default"]


def rows(url: str, name: str) -> list[dict[str, Any]]:
    """Returns rows with every input: TF Serving's REST reads no defaults."""
    inputs = signature(url, name)["inputs"]

    def value(tensor: Any, row: int) -> Any:
        found = SAMPLES[tensor["dtype"]][row]
        for dim in reversed(tensor["tensor_shape"]["dim"][1:]):
            found = [found] * max(int(dim["size"]), 1)
        return found

    return [{key: value(inputs[key], row) for key in inputs} for row in range(NUM_ROWS)]


def content_of(url: str, path: str, body: Any) -> Any:
    response = send(url, path, body)
    assert response.status == 200, response
    headers = {name.lower(): value for name, value in response.headers.items()}
    assert headers["content-type"].startswith("application/json")
    return response.json


def error_of(response: Response) -> tuple[int, str]:
    assert list(response.json) == ["error"]
    assert isinstance(response.json["error"], str)
    return response.status, response.json["error"]


def close(first: Any, second: Any) -> bool:
    """Returns whether two values are equal up to the last bits of floats, which a batch changes."""
    if isinstance(first, float) and isinstance(second, float):
        return first == pytest.approx(second, rel=1e-4, abs=1e-5)
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(close(first[k], second[k]) for k in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(close, first, second))
    return bool(first == second)


@pytest.mark.parametrize("name", NAMES)
def test_status_of_a_model(url: str, name: str):
    (first, *_) = send(url, name).json["model_version_status"]
    assert first["state"] == "AVAILABLE"
    assert first["status"] == {"error_code": "OK", "error_message": ""}
    assert first["version"].isdigit()
    assert send(url, f"{name}/versions/{first['version']}").json["model_version_status"] == [first]


@pytest.mark.parametrize("name", NAMES)
def test_metadata_of_a_model(url: str, name: str):
    metadata = send(url, f"{name}/metadata").json
    assert metadata["model_spec"]["name"] == name
    assert signature(url, name)["method_name"] == "tensorflow/serving/predict"
    for tensor in signature(url, name)["inputs"].values():
        assert tensor["tensor_shape"]["dim"][0]["size"] == "-1"


@pytest.mark.parametrize("name", NAMES)
def test_rows_together_and_alone_have_the_same_predictions(url: str, name: str):
    instances = rows(url, name)
    together = content_of(url, f"{name}:predict", {"instances": instances})["predictions"]
    assert len(together) == NUM_ROWS
    for row, prediction in zip(instances, together, strict=True):
        alone = content_of(url, f"{name}:predict", {"instances": [row]})["predictions"]
        assert close(alone, [prediction])


@pytest.mark.parametrize("name", NAMES)
def test_the_column_format_has_the_predictions_of_the_row_format(url: str, name: str):
    instances = rows(url, name)
    by_row = content_of(url, f"{name}:predict", {"instances": instances})["predictions"]
    columns = {key: [row[key] for row in instances] for key in instances[0]}
    by_column = content_of(url, f"{name}:predict", {"inputs": columns})["outputs"]
    if isinstance(by_column, dict):
        by_column = [
            dict(zip(by_column, values, strict=True))
            for values in zip(*by_column.values(), strict=True)
        ]
    assert close(by_column, by_row)


@pytest.mark.parametrize("name", NAMES)
def test_version_and_signature_may_be_chosen(url: str, name: str):
    version = send(url, name).json["model_version_status"][0]["version"]
    body = {"instances": rows(url, name)}
    expected = content_of(url, f"{name}:predict", body)
    named = {**body, "signature_name": "serving_default"}
    assert close(content_of(url, f"{name}/versions/{version}:predict", named), expected)


@pytest.mark.parametrize("name", NAMES)
def test_texts_may_be_base64(url: str, name: str):
    instances = rows(url, name)
    texts = [key for key in instances[0] if isinstance(instances[0][key], str)]
    if not texts:
        pytest.skip("this model takes no text")
    encoded = [{**row, **{key: {"b64": b64(row[key])} for key in texts}} for row in instances]
    path = f"{name}:predict"
    assert close(
        content_of(url, path, {"instances": encoded}),
        content_of(url, path, {"instances": instances}),
    )


def b64(text: str) -> str:
    import base64

    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("name", NAMES)
def test_concurrent_clients_get_their_own_predictions(url: str, name: str):
    instances = rows(url, name)
    expected = [
        content_of(url, f"{name}:predict", {"instances": [row]})["predictions"] for row in instances
    ]
    start = threading.Barrier(16)

    def client(number: int) -> bool:
        start.wait(30)
        row = number % NUM_ROWS
        return all(
            close(
                content_of(url, f"{name}:predict", {"instances": [instances[row]]})["predictions"],
                expected[row],
            )
            for _ in range(4)
        )

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(client, range(16)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b'{"instances": [',
        [],
        {},
        {"instances": []},
        {"instances": "text"},
        {"instances": [{"no such input": 1}]},
        {"instances": [{}]},
        {"inputs": {"no such input": [1]}},
        {"instances": [[[[[1, "a"]]]]]},
        {"signature_name": 5, "instances": ["a"]},
        {"signature_name": "no such signature", "instances": ["a"]},
        {"instances": ["a"], "inputs": ["a"]},
    ],
)
def test_a_wrong_request_is_400(url: str, name: str, body: Any):
    status, message = error_of(send(url, f"{name}:predict", body))
    assert status == 400
    assert message


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_model_or_version_is_404(url: str, name: str):
    body = {"instances": rows(url, name)}
    assert error_of(send(url, "no-such-model:predict", body))[0] == 404
    assert error_of(send(url, f"{name}/versions/987654321:predict", body))[0] == 404
    assert error_of(send(url, "no-such-model"))[0] == 404
    assert error_of(send(url, f"{name}/versions/987654321"))[0] == 404


@pytest.mark.parametrize("name", NAMES)
def test_a_malformed_path_is_400_with_the_path(url: str, name: str):
    for path, body in ((f"{name}:predict", None), (f"{name}:guess", b"{}"), (name, b"{}")):
        method = "GET" if body is None else "POST"
        place = urllib.parse.urlsplit(f"/v1/models/{path}").path
        assert error_of(send(url, path, body)) == (400, f"Malformed request: {method} {place}")
