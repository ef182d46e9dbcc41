"""Tests of nlp_apps.server.app, predictions, gate and metrics, without a socket."""

import asyncio
import contextlib
import gzip
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.server import app as app_module
from nlp_apps.server import middleware, web_pages
from nlp_apps.server.auth import read_token
from nlp_apps.server.limits import Limits
from nlp_apps.server.predict_request import Arrays, PredictInputs
from tests.toy_server import (
    Answer,
    Toy,
    ask,
    fake_folder,
    fake_servable,
    get,
    post,
    serving,
    texts,
    write_half_plus_two,
    write_shout,
)

SHOUT = "/v1/models/shout:predict"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    folder = tmp_path_factory.mktemp("models")
    write_shout(folder / "shout" / "3")
    write_half_plus_two(folder / "half_plus_two" / "1")
    fake_folder(folder, "broken/1")
    with serving(folder, Limits(max_text_bytes=1000, max_body_bytes=100_000)) as toy:
        yield toy


def error_of(answer: Answer) -> tuple[int, str]:
    """The status and the words of a refusal, which has nothing else in it."""
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json) == ["error"]
    return answer.status, answer.json["error"]


# TF Serving's paths


@pytest.mark.parametrize("version", ["", "/versions/3"])
def test_the_status_of_a_model(toy: Toy, version: str):
    assert get(toy.app, f"/v1/models/shout{version}").json == {
        "model_version_status": [
            {
                "version": "3",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }


def test_the_status_of_a_model_that_does_not_load(toy: Toy):
    assert get(toy.app, "/v1/models/broken").json["model_version_status"] == [
        {
            "version": "1",
            "state": "END",
            "status": {
                "error_code": "FAILED_PRECONDITION",
                "error_message": "saved_model.pb has no graph with the tag 'serve'.",
            },
        }
    ]


@pytest.mark.parametrize("version", ["", "/versions/3"])
def test_the_metadata_of_a_model(toy: Toy, version: str):
    told = get(toy.app, f"/v1/models/shout{version}/metadata").json
    assert told["model_spec"] == {"name": "shout", "signature_name": "", "version": "3"}
    signature = told["metadata"]["signature_def"]["signature_def"]["serving_default"]
    text = signature["inputs"]["text"]
    assert text.pop("name").endswith("text:0")
    assert text == {
        "dtype": "DT_STRING",
        "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False},
    }
    assert sorted(signature["outputs"]) == ["length", "upper"]
    assert signature["method_name"] == "tensorflow/serving/predict"


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        (SHOUT, {"instances": ["aé"]}, {"predictions": [{"length": 2, "upper": "Aé"}]}),
        (
            "/v1/models/shout/versions/3:predict",
            {"inputs": {"text": ["a", ""]}},
            {"outputs": {"length": [1, 0], "upper": ["A", ""]}},
        ),
        (
            SHOUT,
            {"signature_name": "knobs", "instances": [{"text": "a", "loud": True}, {"text": "b"}]},
            None,
        ),
        (
            SHOUT,
            {"signature_name": "knobs", "inputs": {"text": ["a", "b"], "loud": [True, False]}},
            {"outputs": ["A|0.50|7", "b|0.50|7"]},
        ),
        (
            SHOUT,
            {"signature_name": "letters", "instances": ["ab", "c"]},
            {"predictions": [["a", "b"], ["c", ""]]},
        ),
        (
            SHOUT,
            {"signature_name": "picky", "instances": [{"b64": "/w=="}]},
            {"predictions": [{"echo": "\ufffd", "echo_bytes": {"b64": "/w=="}}]},
        ),
        (
            "/v1/models/half_plus_two:predict",
            {"instances": [[1.0], [2]]},
            {"predictions": [[2.5], [3.0]]},
        ),
        (
            "/v1/models/half_plus_two:predict",
            {"signature_name": "count", "inputs": 3},
            {"outputs": [0, 1, 2]},
        ),
    ],
)
def test_predict_answers_in_the_form_of_the_request(toy: Toy, path: str, body: Any, answer: Any):
    told = post(toy.app, path, body)
    if answer is None:
        assert error_of(told) == (
            400,
            "instances[1] must be an object with the same names as instances[0]: text, loud.",
        )
    else:
        assert (told.status, told.json) == (200, answer)


def test_nul_bytes_and_empty_texts_are_texts(toy: Toy):
    told = post(toy.app, SHOUT, {"instances": ["", "a\0b\0", " \n"]})
    assert [row["upper"] for row in told.json["predictions"]] == ["", "A\0B\0", " \n"]


def test_the_content_type_does_not_matter(toy: Toy):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert post(toy.app, SHOUT, {"instances": ["a"]}, headers).status == 200


def test_nan_is_answered_as_tf_serving_does(toy: Toy):
    told = post(toy.app, "/v1/models/half_plus_two:predict", b'{"instances": [[NaN], [Infinity]]}')
    assert told.body == b'{"predictions":[[NaN],[Infinity]]}'


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v1/models/none:predict", "Servable not found for request: Latest(none)"),
        ("/v1/models/broken:predict", "Servable not found for request: Latest(broken)"),
        ("/v1/models/shout/versions/9:predict", "Servable not found for request: Specific(shout,"),
    ],
)
def test_an_unknown_model_or_version_is_404(toy: Toy, path: str, message: str):
    status, told = error_of(post(toy.app, path, b"whatever"))
    assert status == 404
    assert told.startswith(message)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v1/models/none", "Could not find any versions of model none"),
        ("/v1/models/shout/versions/9", "Could not find version 9 of model shout"),
        ("/v1/models/none/metadata", "Servable not found for request: Latest(none)"),
        ("/v1/models/none/card", "Servable not found for request: Latest(none)"),
        ("/favicon.ico", "There is nothing at /favicon.ico; see /docs"),
        ("/web/no-such-file", "There is nothing at /web/no-such-file; see /docs"),
    ],
)
def test_what_is_not_there_is_404(toy: Toy, path: str, message: str):
    assert error_of(get(toy.app, path)) == (404, message)


def test_an_unknown_signature_is_400_and_the_known_ones_are_named(toy: Toy):
    told = post(toy.app, SHOUT, {"signature_name": "x" * 500, "instances": ["a"]})
    assert error_of(told) == (
        400,
        f'Serving signature name: "{"x" * 80}" not found in signature def. There are: knobs, '
        "letters, picky, serving_default",
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1"),
        ("GET", "/v1/models/shout:predict"),
        ("GET", "/v1/models/shout/versions/1:predict"),
        ("GET", "/v1/models/shout/versions/x"),
        ("GET", "/v1/models/shout/versions/-1"),
        ("GET", "/v1/models/shout/versions/٣"),
        ("GET", "/v1/models/shout/"),
        ("POST", "/v1/models/shout"),
        ("POST", "/v1/models/shout:classify"),
        ("PUT", "/v1/models/shout:predict"),
        ("DELETE", "/v1/models/shout"),
    ],
)
def test_a_malformed_path_is_400_in_tf_servings_words(toy: Toy, method: str, path: str):
    told = asyncio.run(ask(toy.app, method, path, b"{}"))
    status, message = error_of(told)
    assert status == 400 or path == "/v1"
    if path != "/v1":
        assert message.startswith(f"Malformed request: {method} /v1/models/shout")


def test_a_version_that_is_no_64_bit_number_is_400(toy: Toy):
    told = get(toy.app, f"/v1/models/shout/versions/{'9' * 30}")
    assert error_of(told) == (400, f"Failed to convert version: {'9' * 30} to numeric.")


# Our own paths


def test_the_models_are_listed(toy: Toy):
    assert get(toy.app, "/v1/models").json == {
        "models": [
            {"name": "broken", "state": "END"},
            {"name": "half_plus_two", "state": "AVAILABLE", "version": "1", "task": None},
            {"name": "shout", "state": "AVAILABLE", "version": "3", "task": "translation"},
        ]
    }


@pytest.mark.parametrize("version", ["", "/versions/3"])
def test_a_card_tells_what_the_page_needs(toy: Toy, version: str):
    card = get(toy.app, f"/v1/models/shout{version}/card").json
    assert card["card"] == {"task": "translation", "languages": ["en", "EN"]}
    assert card["limits"]["max_text_bytes"] == 1000
    assert card["signatures"]["knobs"]["inputs"]["temperature"] == {
        "dtype": "float32",
        "shape": [-1],
        "default": [0.5],
    }


def test_health_and_readiness(toy: Toy):
    assert get(toy.app, "/health").json == {"status": "alive"}
    ready = get(toy.app, "/ready")
    assert ready.status == 200
    assert ready.json["ready"] is True
    assert ready.json["models"]["broken"] == "END"


def test_nothing_is_ready_before_the_first_look(tmp_path: Path):
    with serving(fake_folder(tmp_path, "a/1"), loader=lambda _: fake_servable(dict)) as toy:
        toy.models._looked = False
        told = get(toy.app, "/ready")
        assert (told.status, told.json["ready"]) == (503, False)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/health",
        "/ready",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/web/server_page/main.js",
        "/v1/models",
        "/v1/models/shout",
        "/v1/models/shout/versions/3/metadata",
        "/v1/models/shout/card",
        "/v1/models/none",
        "/nowhere",
    ],
)
def test_head_is_the_head_of_get(toy: Toy, path: str):
    got = get(toy.app, path)
    head = asyncio.run(ask(toy.app, "HEAD", path))
    assert head._replace(body=got.body) == got
    assert head.body == b""


def test_head_without_the_token_is_401(locked: middleware.App):
    head = asyncio.run(ask(locked, "HEAD", "/v1/models"))
    assert (head.status, head.body) == (401, b"")


def test_every_answer_has_the_headers_that_browsers_obey(toy: Toy):
    for path in ("/docs", "/health", "/v1/models", "/nowhere", "/v1/models/none"):
        headers = get(toy.app, path).headers
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-cache"


def test_the_reference_describes_the_paths_and_needs_nothing_from_elsewhere(toy: Toy):
    schema = get(toy.app, "/openapi.json").json
    assert {"/v1/models/{name}:predict", "/v1/models/{name}/metadata", "/ready"} <= set(
        schema["paths"]
    )
    page = get(toy.app, "/docs").body.decode()
    for path in schema["paths"]:
        assert path in page
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert get(toy.app, "/docs.css").headers["content-type"].startswith("text/css")


def test_the_reference_tells_of_every_refusal_and_of_none_that_is_never_sent(toy: Toy):
    schema = get(toy.app, "/openapi.json").json
    told = {
        (method, path): set(operation["responses"]) - {"200"}
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }
    refusals = {"400", "401", "404", "503"}
    expected = {
        ("get", "/v1/models"): {"401", "503"},
        ("get", "/health"): set(),
        ("get", "/ready"): {"503"},
        ("get", "/metrics"): {"401"},
    }
    for model in ("/v1/models/{name}", "/v1/models/{name}/versions/{version}"):
        expected[("post", f"{model}:predict")] = refusals | {
            *("408", "413", "415", "500", "501", "504")
        }
        for what in ("", "/metadata", "/card"):
            expected[("get", model + what)] = refusals
    assert told == expected
    assert "$ref" not in json.dumps(schema)
    assert schema["components"]["securitySchemes"] == {
        "token": {"type": "http", "scheme": "bearer"}
    }
    assert schema["security"] == [{"token": []}, {}]
    assert get(toy.app, "/openapi.json").json == schema  # Also the second time.


def test_the_page_and_its_files_are_served_and_no_other_file(toy: Toy):
    assert b"<title>nlp_apps</title>" in get(toy.app, "/").body
    script = (web_pages.WEB / "server_page" / "main.js").read_bytes()
    assert get(toy.app, "/web/server_page/main.js").body == script
    assert error_of(get(toy.app, "/web/server_page/none.js"))[0] == 404
    assert error_of(get(toy.app, "/web/server_page/../../errors.py"))[0] == 404


@pytest.mark.parametrize(
    ("asked", "status"), [("bytes=99999-", 416), ("bytes=2-1", 400), ("rows=1-2", 400)]
)
def test_a_wrong_range_of_a_file_is_refused_as_all_else_is(toy: Toy, asked: str, status: int):
    path = "/web/server_page/main.js"
    script = get(toy.app, path).body
    assert get(toy.app, path, {"Range": "bytes=1-2"}).body == script[1:3]
    answer = get(toy.app, path, {"Range": asked})
    assert error_of(answer) == (
        status,
        "The header Range must be bytes=FIRST-LAST, inside the file.",
    )
    assert answer.headers.get("content-range") == (
        f"bytes */{len(script)}" if status == 416 else None
    )


def test_metrics_count_requests_batches_and_versions(toy: Toy):
    before = samples(toy)
    post(toy.app, SHOUT, {"instances": ["a", "b", "c"]})
    post(toy.app, SHOUT, {"instances": [1]})
    post(toy.app, "/v1/models/none:predict", {"instances": [1]})
    after = samples(toy)

    def more(name: str) -> float:
        return after[name] - before.get(name, 0)

    labels = 'model="shout",signature="serving_default"'
    assert more(f'nlp_apps_requests_total{{code="200",{labels}}}') == 1
    assert more(f'nlp_apps_requests_total{{code="400",{labels}}}') == 1
    assert more('nlp_apps_requests_total{code="404",model="",signature=""}') == 1
    assert more(f"nlp_apps_request_seconds_count{{{labels}}}") == 2
    assert more('nlp_apps_batch_rows_sum{model="shout"}') == 3
    assert after['nlp_apps_queue_rows{model="shout"}'] == 0
    assert after['nlp_apps_model_version{model="shout"}'] == 3
    assert after['nlp_apps_loads_total{model="broken",outcome="failed"}'] == 1


def samples(toy: Toy) -> dict[str, float]:
    answer = get(toy.app, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    found = re.findall(r"^(\w+(?:\{.*\})?) (\S+)$", answer.body.decode(), re.MULTILINE)
    return {name: float(value) for name, value in found}


# Limits


def test_a_compressed_body_is_415(toy: Toy):
    body = gzip.compress(b'{"instances": ["a"]}')
    answer = post(toy.app, SHOUT, body, {"Content-Encoding": "gzip"})
    assert error_of(answer) == (
        415,
        "The body must not be compressed: leave 'Content-Encoding: gzip' out.",
    )
    assert answer.headers["accept-encoding"] == "identity"
    for coding in ("identity", "Identity", ""):
        answer = post(toy.app, SHOUT, {"instances": ["a"]}, {"Content-Encoding": coding})
        assert answer.status == 200


def test_sizes_over_their_limits_are_413(toy: Toy):
    assert error_of(post(toy.app, SHOUT, {"instances": ["a" * 1001]})) == (
        413,
        "instances[0].text has 1,001 bytes; at most 1,000 are taken (--max-text-bytes).",
    )
    assert error_of(post(toy.app, SHOUT, {"instances": ["a"] * 10_000})) == (
        413,
        "The request has 10,000 rows; at most 128 are taken at once (--max-rows). Send them in "
        "several requests.",
    )
    assert error_of(post(toy.app, SHOUT, {"instances": ["a" * 1_000_000]})) == (
        413,
        "The body has more than 100,000 bytes, the most that is taken (--max-body-bytes).",
    )


def test_a_body_may_come_in_pieces_and_is_counted_over_all_of_them(toy: Toy):
    async def send(pieces: list[bytes]) -> int:
        waiting = [
            {"type": "http.request", "body": piece, "more_body": piece is not pieces[-1]}
            for piece in pieces
        ]
        sent: list[Any] = []

        async def receive() -> Any:
            if waiting:
                return waiting.pop(0)
            await asyncio.Event().wait()

        async def answer(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": SHOUT,
            "query_string": b"",
            "root_path": "",
            "headers": [],
        }
        await toy.app(scope, receive, answer)
        return int(sent[0]["status"])

    assert asyncio.run(send([b'{"instances"', b':["a"]', b"}"])) == 200
    assert asyncio.run(send([b"x" * 60_000, b"y" * 60_000])) == 413


class Slow:
    """A model that answers when it is let."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.asked: list[int] = []

    def run(self, arrays: Arrays) -> Arrays:
        self.asked.append(len(arrays["text"]))
        assert self.may_answer.wait(60)
        return {"out": arrays["text"]}


@pytest.fixture
def slow() -> Slow:
    return Slow()


@contextlib.contextmanager
def slow_server(folder: Path, slow: Slow, timeout: float) -> Iterator[Toy]:
    limits = Limits(max_batch=2, max_queue=4, max_rows=4, max_requests=8, timeout=timeout)
    models = fake_folder(folder, "slow/1")
    with serving(models, limits, loader=lambda _: fake_servable(slow.run)) as toy:
        yield toy
        slow.may_answer.set()


@pytest.fixture
def slow_toy(tmp_path: Path, slow: Slow) -> Iterator[Toy]:
    """A slow model behind a server that has time, also on a busy machine."""
    with slow_server(tmp_path, slow, timeout=60.0) as toy:
        yield toy


@pytest.fixture
def hasty_toy(tmp_path: Path, slow: Slow) -> Iterator[Toy]:
    """A slow model behind a server that does not wait for it."""
    with slow_server(tmp_path, slow, timeout=2) as toy:
        yield toy


def body(rows: int = 1) -> bytes:
    return json.dumps({"instances": ["a"] * rows}).encode()


def test_a_request_that_waits_too_long_is_504_and_not_computed(hasty_toy: Toy, slow: Slow):
    async def both() -> list[Answer]:
        path = "/v1/models/slow:predict"
        first = asyncio.ensure_future(ask(hasty_toy.app, "POST", path, body()))
        while not slow.asked and not first.done():
            await asyncio.sleep(0.002)
        return list(await asyncio.gather(first, ask(hasty_toy.app, "POST", path, body(2))))

    for answer in asyncio.run(both()):
        assert error_of(answer) == (
            504,
            "The model had no time to answer within 2 s (--timeout).",
        )
    slow.may_answer.set()
    # Asked without the server, whose patience ends on a busy machine, and after the others.
    found = hasty_toy.models.find("slow")
    signature = found.servable.signatures["serving_default"]
    job = found.queue.submit(signature, PredictInputs({"text": texts("a")}, 1))
    assert job.future.result(timeout=60)["out"].tolist() == [b"a"]
    assert 2 not in slow.asked  # The rows of the second request.


def test_a_client_that_hangs_up_is_not_computed_for(slow_toy: Toy, slow: Slow):
    async def both() -> Answer:
        path = "/v1/models/slow:predict"
        first = asyncio.ensure_future(ask(slow_toy.app, "POST", path, body()))
        while not slow.asked:
            await asyncio.sleep(0.002)
        gone = asyncio.Event()
        second = asyncio.ensure_future(ask(slow_toy.app, "POST", path, body(2), gone=gone))
        while not samples_of(slow_toy, "nlp_apps_queue_rows"):
            await asyncio.sleep(0.002)
        gone.set()
        await second
        assert not samples_of(slow_toy, "nlp_apps_queue_rows")
        slow.may_answer.set()
        return await first

    assert asyncio.run(both()).status == 200
    assert slow.asked == [1]
    assert 'code="499"' in slow_toy.metrics.text().decode()


def samples_of(toy: Toy, name: str) -> float:
    """One number of the metrics; 0 where it is not there yet."""
    lines = toy.metrics.text().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(f"{name}{{"))


def test_a_full_queue_is_503_with_retry_after(slow_toy: Toy, slow: Slow):
    async def flood() -> list[Answer]:
        path = "/v1/models/slow:predict"
        first = asyncio.ensure_future(ask(slow_toy.app, "POST", path, body()))
        while not slow.asked:
            await asyncio.sleep(0.002)
        others = [asyncio.ensure_future(ask(slow_toy.app, "POST", path, body())) for _ in range(6)]
        while samples_of(slow_toy, "nlp_apps_refused_total") < 2:
            await asyncio.sleep(0.002)
        slow.may_answer.set()
        return list(await asyncio.gather(first, *others))

    answers = asyncio.run(flood())
    assert [answer.status for answer in answers] == [200] * 5 + [503] * 2
    status, message = error_of(answers[-1])
    assert message == "The server is busy: 4 rows wait, and at most 4 may. Try again later."
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert samples_of(slow_toy, "nlp_apps_refused_total") == 2
    assert sum(slow.asked) == 5


def test_more_requests_than_the_server_looks_after_are_503(slow_toy: Toy, slow: Slow):
    async def flood() -> list[Answer]:
        gone = asyncio.Event()
        waiting = [asyncio.ensure_future(stuck(slow_toy, gone)) for _ in range(8)]
        await asyncio.sleep(0.05)
        refused = await ask(slow_toy.app, "GET", "/v1/models")
        predict = await ask(slow_toy.app, "POST", "/v1/models/slow:predict", body())
        health = await ask(slow_toy.app, "GET", "/health")
        metrics = await ask(slow_toy.app, "GET", "/metrics")
        gone.set()
        await asyncio.gather(*waiting)
        return [refused, predict, health, metrics, await ask(slow_toy.app, "GET", "/v1/models")]

    refused, predict, health, metrics, after = asyncio.run(flood())
    assert health.status == 200  # A busy server must not be taken for a dead one.
    assert error_of(refused) == error_of(predict) == (503, "The server is busy. Try again later.")
    assert refused.headers["retry-after"] == "1"
    assert after.status == 200
    told = metrics.body.decode().splitlines()  # Nor may Prometheus be blind just then.
    assert 'nlp_apps_refused_total{model=""} 2.0' in told
    assert 'nlp_apps_requests_total{code="503",model="",signature=""} 1.0' in told
    assert 'nlp_apps_request_seconds_count{model="",signature=""} 1.0' in told


def test_a_request_that_comes_while_its_model_is_loaded_counts_as_refused(slow_toy: Toy):
    version = slow_toy.models.versions("slow")[0]
    version.state = "LOADING"
    answer = post(slow_toy.app, "/v1/models/slow:predict", body())
    version.state = "AVAILABLE"
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")
    told = slow_toy.metrics.text().decode().splitlines()
    assert 'nlp_apps_refused_total{model=""} 1.0' in told
    assert 'nlp_apps_requests_total{code="503",model="",signature=""} 1.0' in told
    assert 'nlp_apps_request_seconds_count{model="",signature=""} 1.0' in told


def test_every_predict_request_is_counted_once_with_its_seconds(toy: Toy, locked: middleware.App):
    before = samples(toy)
    post(locked, SHOUT, {"instances": ["a"]})
    get(locked, "/v1/models")
    post(toy.app, "/v1/models/shout/versions/x:predict", {"instances": ["a"]})
    after = samples(toy)
    labels = 'model="",signature=""'
    for name, count in (
        (f'nlp_apps_requests_total{{code="401",{labels}}}', 1),
        (f'nlp_apps_requests_total{{code="400",{labels}}}', 1),
        (f"nlp_apps_request_seconds_count{{{labels}}}", 2),
    ):
        assert after[name] - before.get(name, 0) == count, name


async def stuck(toy: Toy, gone: asyncio.Event) -> None:
    """A client that promises a body and sends none."""

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pass

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/models/slow:predict",
        "query_string": b"",
        "root_path": "",
        "headers": [],
    }
    await toy.app(scope, receive, send)


def test_a_body_that_does_not_arrive_is_408(hasty_toy: Toy):
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/models/slow:predict",
        "query_string": b"",
        "root_path": "",
        "headers": [],
    }
    asyncio.run(hasty_toy.app(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 408
    assert b"did not arrive within 2 s (--timeout)" in sent[1]["body"]


# What a model does wrong


def test_a_model_that_fails_is_500_without_its_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    def run(arrays: Arrays) -> Arrays:
        raise RuntimeError(f"secret in {tmp_path}")

    with serving(fake_folder(tmp_path, "bad/1"), loader=lambda _: fake_servable(run)) as toy:
        answer = post(toy.app, "/v1/models/bad:predict", body())
    assert error_of(answer) == (500, "The model failed; the server's log says how.")
    assert "secret" in caplog.text


def test_inputs_that_the_graph_refuses_are_400_and_hurt_nobody_else(toy: Toy):
    async def together() -> list[Answer]:
        words = ["a", "x" * 20, "b"]
        requests = [
            json.dumps({"signature_name": "picky", "instances": [word]}).encode() for word in words
        ]
        return list(await asyncio.gather(*(ask(toy.app, "POST", SHOUT, r) for r in requests)))

    first, second, third = asyncio.run(together())
    assert first.json["predictions"][0]["echo"] == "a"
    assert error_of(second) == (400, "The model cannot answer these inputs. a text has 20 bytes.")
    assert third.json["predictions"][0]["echo"] == "b"


def test_a_swap_between_reading_and_queueing_is_not_seen(tmp_path: Path):
    folder = fake_folder(tmp_path, "a/1")
    swapping: list[threading.Thread] = []

    def echo(arrays: Arrays) -> Arrays:
        return {"out": arrays["text"]}

    with serving(folder, loader=lambda _: fake_servable(echo)) as toy:
        old = toy.models.find("a")
        submit = old.queue.submit

        def late(signature: Any, question: Any) -> Any:
            # The new version comes exactly now.
            fake_folder(folder, "a/2")
            swapping.append(threading.Thread(target=toy.models.look))
            swapping[0].start()
            swapping[0].join(60)
            return submit(signature, question)

        old.queue.submit = late  # type: ignore[method-assign]
        answer = post(toy.app, "/v1/models/a:predict", body())
    assert (answer.status, answer.json) == (200, {"predictions": ["a"]})


# The token


@pytest.fixture(scope="module")
def locked(toy: Toy) -> middleware.App:
    return app_module.create_app(toy.models, Limits(), toy.metrics, token="sesame")


@pytest.mark.parametrize(
    "header", [None, "sesame", "Bearer", "Bearer sesam", "Bearer sesame2", "Basic sesame"]
)
def test_without_the_right_token_nothing_is_answered(locked: middleware.App, header: str | None):
    headers = {} if header is None else {"Authorization": header}
    for path in ("/v1/models", "/v1/models/shout", "/metrics", "/none"):
        answer = get(locked, path, headers)
        assert error_of(answer) == (401, "This server wants 'Authorization: Bearer TOKEN'.")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert post(locked, SHOUT, {"instances": ["a"]}, headers).status == 401


def test_the_right_token_opens_everything_and_probes_need_none(locked: middleware.App):
    headers = {"Authorization": "Bearer sesame"}
    assert get(locked, "/v1/models", headers).status == 200
    assert get(locked, "/metrics", {"authorization": "bearer  sesame "}).status == 200
    assert post(locked, SHOUT, {"instances": ["a"]}, headers).status == 200
    assert get(locked, "/health").status == 200
    assert get(locked, "/ready").status == 200
    assert get(locked, "/").status in (200, 307)  # The page; without one the reference.
    for path in ("/docs", "/docs.css", "/openapi.json"):
        answer = get(locked, path)
        assert answer.status == 200
        assert "shout" not in answer.body.decode()


def test_without_the_token_readiness_names_no_model(locked: middleware.App, toy: Toy):
    assert get(locked, "/ready").json == {"ready": True}
    assert get(locked, "/ready", {"Authorization": "Bearer wrong"}).json == {"ready": True}
    told = get(locked, "/ready", {"Authorization": "Bearer sesame"}).json
    assert told == get(toy.app, "/ready").json
    assert told["models"]["shout"] == "AVAILABLE"


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
        with pytest.raises(UsageError, match="must hold one token"):
            read_token(str(file))
    with pytest.raises(WorkError, match="cannot be read as text"):
        read_token(str(tmp_path / "none"))


def test_limits_that_cannot_be_are_refused():
    with pytest.raises(UsageError, match="--max-batch must be more than 0, not 0"):
        Limits(max_batch=0)
    with pytest.raises(UsageError, match="--timeout must be more than 0 and finite, not inf"):
        Limits(timeout=float("inf"))
    with pytest.raises(UsageError, match=r"--max-queue must be at least --max-rows \(128\), not 8"):
        Limits(max_queue=8)
