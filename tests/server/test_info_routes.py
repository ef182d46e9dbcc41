"""Tests of nlp_apps.server.info_routes, app and openapi."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from nlp_apps.server import openapi, web_pages
from nlp_apps.server.middleware import AccessMiddleware
from nlp_apps.server.predict_route import MODEL_PATHS
from tests.server.responses import error_of
from tests.toy_server import Toy, fake_folder, fake_model, get, send, serving

# TF Serving's paths


@pytest.mark.parametrize("version", ["", "/versions/3"])
def test_status_has_tf_servings_form(toy: Toy, version: str):
    assert get(toy.app, f"/v1/models/uppercase{version}").json == {
        "model_version_status": [
            {
                "version": "3",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }


def test_status_of_a_broken_model_has_the_reason(toy: Toy):
    (status,) = get(toy.app, "/v1/models/broken").json["model_version_status"]
    assert (status["version"], status["state"]) == ("1", "END")
    assert status["status"]["error_code"] == "FAILED_PRECONDITION"
    assert "has no graph with the tag 'serve'" in status["status"]["error_message"]


@pytest.mark.parametrize("version", ["", "/versions/3"])
def test_metadata_has_tf_servings_form(toy: Toy, version: str):
    metadata = get(toy.app, f"/v1/models/uppercase{version}/metadata").json
    assert metadata["model_spec"] == {"name": "uppercase", "signature_name": "", "version": "3"}
    signature = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]
    text = signature["inputs"]["text"]
    assert text.pop("name").endswith("text:0")
    assert text == {
        "dtype": "DT_STRING",
        "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False},
    }
    assert sorted(signature["outputs"]) == ["length", "upper"]
    assert signature["method_name"] == "tensorflow/serving/predict"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v1/models/none", "Could not find any versions of model none"),
        ("/v1/models/uppercase/versions/9", "Could not find version 9 of model uppercase"),
        ("/v1/models/none/metadata", "Servable not found for request: Latest(none)"),
        ("/v1/models/none/card", "Servable not found for request: Latest(none)"),
        ("/favicon.ico", "There is nothing at /favicon.ico; see /docs"),
        ("/web/no-such-file", "There is nothing at /web/no-such-file; see /docs"),
    ],
)
def test_an_unknown_path_or_model_is_404(toy: Toy, path: str, message: str):
    assert error_of(get(toy.app, path)) == (404, message)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1"),
        ("GET", "/v1/models/uppercase:predict"),
        ("GET", "/v1/models/uppercase/versions/1:predict"),
        ("GET", "/v1/models/uppercase/versions/x"),
        ("GET", "/v1/models/uppercase/versions/-1"),
        ("GET", "/v1/models/uppercase/versions/٣"),
        ("GET", "/v1/models/uppercase/"),
        ("POST", "/v1/models/uppercase"),
        ("POST", "/v1/models/uppercase:classify"),
        ("PUT", "/v1/models/uppercase:predict"),
        ("DELETE", "/v1/models/uppercase"),
    ],
)
def test_a_malformed_path_is_400_with_tf_servings_message(toy: Toy, method: str, path: str):
    status, message = error_of(asyncio.run(send(toy.app, method, path, b"{}")))
    assert status == 400 or path == "/v1"
    if path != "/v1":
        assert message.startswith(f"Malformed request: {method} /v1/models/uppercase")


def test_a_version_beyond_64_bits_is_400(toy: Toy):
    response = get(toy.app, f"/v1/models/uppercase/versions/{'9' * 30}")
    assert error_of(response) == (400, f"Failed to convert version: {'9' * 30} to numeric.")


# Paths of this server


def test_models_are_listed_with_their_states(toy: Toy):
    assert get(toy.app, "/v1/models").json == {
        "models": [
            {"name": "broken", "state": "END"},
            {"name": "half_plus_two", "state": "AVAILABLE", "version": "1", "task": None},
            {"name": "uppercase", "state": "AVAILABLE", "version": "3", "task": "translation"},
        ]
    }


@pytest.mark.parametrize("version", ["", "/versions/3"])
def test_a_card_has_description_signatures_and_limits(toy: Toy, version: str):
    card = get(toy.app, f"/v1/models/uppercase{version}/card").json
    assert card["card"] == {"task": "translation", "languages": ["en", "EN"]}
    assert card["limits"]["max_text_bytes"] == 1000
    assert card["signatures"]["parameters"]["inputs"]["temperature"] == {
        "dtype": "float32",
        "shape": [-1],
        "default": [0.5],
    }


def test_a_broken_model_does_not_make_the_server_unready(toy: Toy):
    assert get(toy.app, "/health").json == {"status": "alive"}
    ready = get(toy.app, "/ready")
    assert ready.status == 200
    assert ready.json["ready"] is True
    assert ready.json["models"]["broken"] == "END"


def test_the_server_is_not_ready_before_the_first_scan(tmp_path: Path):
    with serving(fake_folder(tmp_path, "a/1"), loader=lambda _: fake_model(dict)) as toy:
        toy.registry._first_updates = None
        response = get(toy.app, "/ready")
        assert (response.status, response.json["ready"]) == (503, False)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/health",
        "/ready",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/web/server_page/server-page.js",
        "/v1/models",
        "/v1/models/uppercase",
        "/v1/models/uppercase/versions/3/metadata",
        "/v1/models/uppercase/card",
        "/v1/models/none",
        "/v1/models/uppercase:predict",
        "/nowhere",
    ],
)
def test_head_has_the_status_and_headers_of_get(toy: Toy, path: str):
    response = get(toy.app, path)
    head = asyncio.run(send(toy.app, "HEAD", path))
    assert head._replace(body=response.body) == response
    assert head.body == b""


def test_the_page_and_its_files_are_served_and_no_other_file(toy: Toy):
    assert b"<title>nlp_apps</title>" in get(toy.app, "/").body
    script = (web_pages.WEB / "server_page" / "server-page.js").read_bytes()
    assert get(toy.app, "/web/server_page/server-page.js").body == script
    assert error_of(get(toy.app, "/web/server_page/none.js"))[0] == 404
    assert error_of(get(toy.app, "/web/server_page/../../errors.py"))[0] == 404


# openapi.json


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    paths = openapi.schema()["paths"]
    return {
        (method, path): methods[method] for path, methods in paths.items() for method in methods
    }


def test_openapi_json_has_every_json_route_of_the_app(toy: Toy):
    assert isinstance(toy.app, AccessMiddleware)
    assert isinstance(toy.app._app, Starlette)
    routes = [route for route in toy.app._app.routes if isinstance(route, Route)]
    pages = {"/", "/docs", "/docs.css", "/openapi.json", "/device/models.json"}
    assert operations().keys() == {
        (method.lower(), route.path)
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
        if route.path not in pages and not route.path.startswith("/device")
    }


def test_openapi_json_has_every_status_of_an_operation():
    errors = {"400", "401", "404", "503"}
    expected = {
        ("get", "/v1/models"): {"401", "503"},
        ("get", "/health"): set(),
        ("get", "/ready"): {"503"},
        ("get", "/metrics"): {"401"},
    }
    for model in MODEL_PATHS:
        expected[("post", f"{model}:predict")] = errors | {
            *("408", "413", "415", "500", "501", "504")
        }
        for suffix in ("", "/metadata", "/card"):
            expected[("get", model + suffix)] = errors
    statuses = {key: set(found["responses"]) - {"200"} for key, found in operations().items()}
    assert statuses == expected


def test_openapi_json_refers_to_components_that_exist():
    def check(value: Any) -> None:
        if isinstance(value, dict):
            assert openapi._resolve(value)
            for item in value.values():
                if isinstance(item, dict | list) and item:
                    check(item)
        elif isinstance(value, list):
            for item in value:
                if item:
                    check(item)

    check(openapi.schema())
    assert openapi.schema()["security"] == [{"token": []}, {}]


def test_the_reference_shows_every_path_and_loads_nothing_from_another_host(toy: Toy):
    page = get(toy.app, "/docs").body.decode()
    for _, path in operations():
        assert path in page
    for text in ("<script", "http://", "https://"):
        assert text not in page
    assert get(toy.app, "/openapi.json").json == openapi.schema()
    assert get(toy.app, "/docs.css").headers["content-type"].startswith("text/css")
