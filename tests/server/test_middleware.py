"""Tests of nlp_apps.server.middleware, auth and limits."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.server.auth import read_token
from nlp_apps.server.limits import Limits
from nlp_apps.server.middleware import App
from tests.server.responses import assert_error, error_of, samples
from tests.toy_server import Response, Toy, get, post, send

UPPERCASE = "/v1/models/uppercase:predict"


def test_every_response_has_the_security_headers(toy: Toy):
    for path in ("/docs", "/health", "/v1/models", "/nowhere", "/v1/models/none"):
        headers = get(toy.app, path).headers
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("received", "status"), [("bytes=99999-", 416), ("bytes=2-1", 400), ("rows=1-2", 400)]
)
def test_a_wrong_range_of_a_file_is_a_json_error(toy: Toy, received: str, status: int):
    path = "/web/server_page/server-page.js"
    script = get(toy.app, path).body
    assert get(toy.app, path, {"Range": "bytes=1-2"}).body == script[1:3]
    response = get(toy.app, path, {"Range": received})
    assert_error(response, status, "Range must be bytes=FIRST-LAST")
    assert response.headers.get("content-range") == (
        f"bytes */{len(script)}" if status == 416 else None
    )


# Concurrent requests


async def stuck_request(toy: Toy, gone: asyncio.Event) -> None:
    """Sends the head of a request and no body."""

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def ignore(message: Any) -> None:
        pass

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/models/slow:predict",
        "query_string": b"",
        "root_path": "",
        "headers": [],
    }
    await toy.app(scope, receive, ignore)


def test_more_than_max_requests_are_503_and_other_paths_are_not(slow_toy: Toy):
    async def flood() -> list[Response]:
        gone = asyncio.Event()
        waiting = [asyncio.ensure_future(stuck_request(slow_toy, gone)) for _ in range(8)]
        await asyncio.sleep(0.05)
        busy = [
            await send(slow_toy.app, method, path)
            for method, path in (
                ("GET", "/v1/models"),
                ("POST", "/v1/models/slow:predict"),
                ("GET", "/health"),
                ("GET", "/metrics"),
            )
        ]
        gone.set()
        await asyncio.gather(*waiting)
        return [*busy, await send(slow_toy.app, "GET", "/v1/models/slow")]

    models, predict, health, metrics, after = asyncio.run(flood())
    assert (health.status, models.status) == (200, 200)
    assert_error(predict, 503, "busy")
    assert predict.headers["retry-after"] == "1"
    assert after.status == 200
    lines = metrics.body.decode().splitlines()
    assert 'nlp_apps_refused_total{model=""} 1.0' in lines
    assert 'nlp_apps_requests_total{code="503",model="",signature=""} 1.0' in lines
    assert 'nlp_apps_request_seconds_count{model="",signature=""} 1.0' in lines


def test_a_rejected_predict_request_is_counted_once(toy: Toy, locked: App):
    before = samples(toy)
    post(locked, UPPERCASE, {"instances": ["a"]})
    get(locked, "/v1/models")
    after = samples(toy)
    labels = 'model="",signature=""'
    for name in (
        f'nlp_apps_requests_total{{code="401",{labels}}}',
        f"nlp_apps_request_seconds_count{{{labels}}}",
    ):
        assert after[name] - before.get(name, 0) == 1, name


# The token


@pytest.mark.parametrize(
    "header", [None, "sesame", "Bearer", "Bearer sesam", "Bearer sesame2", "Basic sesame"]
)
def test_a_missing_or_wrong_token_is_401(locked: App, header: str | None):
    headers = {} if header is None else {"Authorization": header}
    for path in ("/v1/models", "/v1/models/uppercase", "/metrics", "/none"):
        response = get(locked, path, headers)
        assert_error(response, 401, "Authorization: Bearer TOKEN")
        assert response.headers["www-authenticate"] == "Bearer"
    assert post(locked, UPPERCASE, {"instances": ["a"]}, headers).status == 401


def test_head_without_the_token_is_401(locked: App):
    head = asyncio.run(send(locked, "HEAD", "/v1/models"))
    assert (head.status, head.body) == (401, b"")


def test_requests_with_the_token_are_accepted_and_public_paths_need_none(locked: App):
    headers = {"Authorization": "Bearer sesame"}
    assert get(locked, "/v1/models", headers).status == 200
    assert get(locked, "/metrics", {"authorization": "bearer  sesame "}).status == 200
    assert post(locked, UPPERCASE, {"instances": ["a"]}, headers).status == 200
    for path in ("/health", "/ready", "/", "/docs", "/docs.css", "/openapi.json"):
        response = get(locked, path)
        assert response.status == 200
        assert "uppercase" not in response.body.decode()


def test_readiness_names_models_only_with_the_token(locked: App, toy: Toy):
    assert get(locked, "/ready").json == {"ready": True}
    assert get(locked, "/ready", {"Authorization": "Bearer wrong"}).json == {"ready": True}
    ready = get(locked, "/ready", {"Authorization": "Bearer sesame"}).json
    assert ready == get(toy.app, "/ready").json
    assert ready["models"]["uppercase"] == "AVAILABLE"


def test_the_token_is_read_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("NLP_APPS_TOKEN", raising=False)
    assert read_token(None) is None
    monkeypatch.setenv("NLP_APPS_TOKEN", "from-environment")
    assert read_token(None) == "from-environment"
    file = tmp_path / "token"
    file.write_text("from-file\n")
    assert read_token(str(file)) == "from-file"
    for wrong in ("", "two words", "schlüssel"):
        file.write_text(wrong)
        with pytest.raises(UsageError, match=rf"--token-file {file}: must hold one token"):
            read_token(str(file))
    with pytest.raises(WorkError, match=r"none: cannot be read"):
        read_token(str(tmp_path / "none"))


# Limits


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_batch": 0}, "--max-batch must be more than 0, not 0"),
        ({"timeout": float("inf")}, "--timeout must be more than 0 and finite, not inf"),
        ({"max_memory": 5}, r"--max-memory must be at least twice --max-body-bytes"),
        ({"max_queue": 8}, r"--max-queue must be at least --max-rows \(128\), not 8"),
    ],
)
def test_impossible_limits_are_errors(limits: dict[str, Any], message: str):
    with pytest.raises(UsageError, match=message):
        Limits(**limits)


def test_a_404_for_a_long_path_is_short(toy: Toy):
    status, message = error_of(get(toy.app, "/" + "x" * 5000))
    assert status == 404
    assert len(message) < 300
