"""Tests of nlp_apps.server.predict_route, without a socket."""

import asyncio
import gzip
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.server.model_signatures import Arrays, Signature
from nlp_apps.server.predict_request import PredictInputs
from tests.server.conftest import SlowModel
from tests.server.responses import assert_error, samples, total
from tests.toy_server import (
    Response,
    Toy,
    fake_folder,
    fake_model,
    get,
    post,
    send,
    serving,
    texts,
)

UPPERCASE = "/v1/models/uppercase:predict"
SLOW = "/v1/models/slow:predict"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (UPPERCASE, {"instances": ["aé"]}, {"predictions": [{"length": 2, "upper": "Aé"}]}),
        (
            "/v1/models/uppercase/versions/3:predict",
            {"inputs": {"text": ["a", ""]}},
            {"outputs": {"length": [1, 0], "upper": ["A", ""]}},
        ),
        (
            UPPERCASE,
            {
                "signature_name": "parameters",
                "inputs": {"text": ["a", "b"], "loud": [True, False]},
            },
            {"outputs": ["A|0.50|7", "b|0.50|7"]},
        ),
        (
            UPPERCASE,
            {"signature_name": "letters", "instances": ["ab", "c"]},
            {"predictions": [["a", "b"], ["c", ""]]},
        ),
        (
            UPPERCASE,
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
def test_a_response_has_the_format_of_its_request(toy: Toy, path: str, body: Any, expected: Any):
    response = post(toy.app, path, body)
    assert (response.status, response.json) == (200, expected)


def test_rows_with_different_names_are_400(toy: Toy):
    instances = [{"text": "a", "loud": True}, {"text": "b"}]
    response = post(toy.app, UPPERCASE, {"signature_name": "parameters", "instances": instances})
    assert_error(response, 400, r"instances\[1\] must .* text, loud")


def test_nul_bytes_and_empty_texts_are_kept(toy: Toy):
    response = post(toy.app, UPPERCASE, {"instances": ["", "a\0b\0", " \n"]})
    assert [row["upper"] for row in response.json["predictions"]] == ["", "A\0B\0", " \n"]


def test_the_content_type_is_ignored(toy: Toy):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert post(toy.app, UPPERCASE, {"instances": ["a"]}, headers).status == 200


def test_nan_and_infinity_are_literals(toy: Toy):
    body = b'{"instances": [[NaN], [Infinity]]}'
    response = post(toy.app, "/v1/models/half_plus_two:predict", body)
    assert response.body == b'{"predictions":[[NaN],[Infinity]]}'


@pytest.mark.parametrize(
    ("path", "servable"),
    [
        ("/v1/models/none:predict", r"Latest\(none\)"),
        ("/v1/models/broken:predict", r"Latest\(broken\)"),
        ("/v1/models/uppercase/versions/9:predict", r"Specific\(uppercase, 9\)"),
    ],
)
def test_an_unknown_model_or_version_is_404(toy: Toy, path: str, servable: str):
    response = post(toy.app, path, b"not JSON")
    assert_error(response, 404, f"^Servable not found for request: {servable}$")


def test_an_unknown_signature_is_400_and_lists_the_known_ones(toy: Toy):
    response = post(toy.app, UPPERCASE, {"signature_name": "x" * 500, "instances": ["a"]})
    known = "letters, parameters, picky, serving_default"
    assert_error(response, 400, f'^Serving signature name: "{"x" * 80}" not found .* {known}$')


def test_metrics_count_requests_batches_and_versions(toy: Toy):
    before = samples(toy)
    post(toy.app, UPPERCASE, {"instances": ["a", "b", "c"]})
    post(toy.app, UPPERCASE, {"instances": [1]})
    post(toy.app, "/v1/models/none:predict", {"instances": [1]})
    post(toy.app, "/v1/models/uppercase/versions/x:predict", {"instances": ["a"]})
    after = samples(toy)

    def increase(name: str) -> float:
        return after[name] - before.get(name, 0)

    labels, unknown = 'model="uppercase",signature="serving_default"', 'model="",signature=""'
    assert increase(f'nlp_apps_requests_total{{code="200",{labels}}}') == 1
    assert increase(f'nlp_apps_requests_total{{code="400",{labels}}}') == 1
    assert increase(f'nlp_apps_requests_total{{code="404",{unknown}}}') == 1
    assert increase(f'nlp_apps_requests_total{{code="400",{unknown}}}') == 1
    assert increase(f"nlp_apps_request_seconds_count{{{labels}}}") == 2
    assert increase(f"nlp_apps_request_seconds_count{{{unknown}}}") == 2
    assert increase('nlp_apps_batch_rows_sum{model="uppercase"}') == 3
    assert after['nlp_apps_queue_rows{model="uppercase"}'] == 0
    assert after['nlp_apps_model_version{model="uppercase"}'] == 3
    assert after['nlp_apps_loads_total{model="broken",outcome="failed"}'] == 1
    assert get(toy.app, "/metrics").headers["content-type"].startswith("text/plain")


# Limits


def test_a_compressed_body_is_415(toy: Toy):
    body = gzip.compress(b'{"instances": ["a"]}')
    response = post(toy.app, UPPERCASE, body, {"Content-Encoding": "gzip"})
    assert_error(response, 415, "Content-Encoding: gzip")
    assert response.headers["accept-encoding"] == "identity"
    for coding in ("identity", "Identity", ""):
        response = post(toy.app, UPPERCASE, {"instances": ["a"]}, {"Content-Encoding": coding})
        assert response.status == 200


@pytest.mark.parametrize(
    ("instances", "message"),
    [
        (["a" * 1001], r"^instances\[0\]\.text has 1,001 bytes; .* 1,000 \(--max-text-bytes\)"),
        (["a"] * 10_000, r"more than 128 rows, .* \(--max-rows\)"),
        (["a" * 1_000_000], r"more than 100,000 bytes, .*\(--max-body-bytes\)"),
    ],
)
def test_a_size_over_its_limit_is_413(toy: Toy, instances: list[str], message: str):
    assert_error(post(toy.app, UPPERCASE, {"instances": instances}), 413, message)


def scope(path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "root_path": "",
        "headers": [],
    }


def test_a_body_may_arrive_in_parts_and_is_limited_as_a_whole(toy: Toy):
    async def send_parts(parts: list[bytes]) -> int:
        unread = [
            {"type": "http.request", "body": part, "more_body": part is not parts[-1]}
            for part in parts
        ]
        messages: list[Any] = []

        async def receive() -> Any:
            if unread:
                return unread.pop(0)
            await asyncio.Event().wait()

        async def collect(message: Any) -> None:
            messages.append(message)

        await toy.app(scope(UPPERCASE), receive, collect)
        return int(messages[0]["status"])

    assert asyncio.run(send_parts([b'{"instances"', b':["a"]', b"}"])) == 200
    assert asyncio.run(send_parts([b"x" * 60_000, b"y" * 60_000])) == 413


def test_a_body_that_does_not_arrive_is_408(hasty_toy: Toy):
    messages: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def collect(message: Any) -> None:
        messages.append(message)

    asyncio.run(hasty_toy.app(scope(SLOW), receive, collect))  # type: ignore[arg-type]
    assert messages[0]["status"] == 408
    assert b"within 2 s (--timeout)" in messages[1]["body"]


# Waiting


def body(rows: int = 1) -> bytes:
    return json.dumps({"instances": ["a"] * rows}).encode()


def test_a_request_that_waits_too_long_is_504_and_leaves_the_queue(hasty_toy: Toy, slow: SlowModel):
    async def both() -> list[Response]:
        first = asyncio.ensure_future(send(hasty_toy.app, "POST", SLOW, body()))
        while not slow.calls and not first.done():
            await asyncio.sleep(0.002)
        return list(await asyncio.gather(first, send(hasty_toy.app, "POST", SLOW, body(2))))

    for response in asyncio.run(both()):
        assert_error(response, 504, r"within 2 s \(--timeout\)")
    slow.may_return.set()
    # Submitted directly, without the server's timeout, and behind the others.
    active = hasty_toy.registry.resolve("slow")
    signature = active.model.signatures["serving_default"]
    pending = active.queue.submit(signature, PredictInputs({"text": texts("a")}, 1))
    assert pending.future.result(timeout=60)["out"].tolist() == [b"a"]
    assert 2 not in slow.calls  # The rows of the second request.


def test_the_request_of_a_disconnected_client_leaves_the_queue(slow_toy: Toy, slow: SlowModel):
    async def both() -> Response:
        first = asyncio.ensure_future(send(slow_toy.app, "POST", SLOW, body()))
        while not slow.calls:
            await asyncio.sleep(0.002)
        gone = asyncio.Event()
        second = asyncio.ensure_future(send(slow_toy.app, "POST", SLOW, body(2), gone=gone))
        while not total(slow_toy, "nlp_apps_queue_rows"):
            await asyncio.sleep(0.002)
        gone.set()
        await second
        assert not total(slow_toy, "nlp_apps_queue_rows")
        slow.may_return.set()
        return await first

    assert asyncio.run(both()).status == 200
    assert slow.calls == [1]
    assert 'code="499"' in slow_toy.metrics.text().decode()


def test_a_full_queue_is_503_with_retry_after(slow_toy: Toy, slow: SlowModel):
    async def flood() -> list[Response]:
        first = asyncio.ensure_future(send(slow_toy.app, "POST", SLOW, body()))
        while not slow.calls:
            await asyncio.sleep(0.002)
        others = [asyncio.ensure_future(send(slow_toy.app, "POST", SLOW, body())) for _ in range(6)]
        while total(slow_toy, "nlp_apps_refused_total") < 2:
            await asyncio.sleep(0.002)
        slow.may_return.set()
        return list(await asyncio.gather(first, *others))

    responses = asyncio.run(flood())
    assert [response.status for response in responses] == [200] * 5 + [503] * 2
    assert_error(responses[-1], 503, "4 rows .* maximum is 4")
    assert int(responses[-1].headers["retry-after"]) >= 1
    assert total(slow_toy, "nlp_apps_refused_total") == 2
    assert sum(slow.calls) == 5


def test_a_request_to_a_loading_model_counts_as_refused(slow_toy: Toy):
    (version,) = slow_toy.registry.versions("slow")
    version.state = "LOADING"
    response = post(slow_toy.app, SLOW, body())
    version.state = "AVAILABLE"
    assert (response.status, response.headers["retry-after"]) == (503, "2")
    found = samples(slow_toy)
    assert found['nlp_apps_refused_total{model=""}'] == 1
    assert found['nlp_apps_requests_total{code="503",model="",signature=""}'] == 1
    assert found['nlp_apps_request_seconds_count{model="",signature=""}'] == 1


# Failures


def test_a_model_that_fails_is_500_and_its_message_is_only_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    def run(arrays: Arrays) -> Arrays:
        raise RuntimeError(f"secret in {tmp_path}")

    with serving(fake_folder(tmp_path, "bad/1"), loader=lambda _: fake_model(run)) as toy:
        response = post(toy.app, "/v1/models/bad:predict", body())
    assert_error(response, 500, "^The model failed; see the server's log")
    assert "secret" in caplog.text


def test_inputs_that_the_graph_rejects_are_400_and_do_not_affect_others(toy: Toy):
    async def together() -> list[Response]:
        bodies = [
            json.dumps({"signature_name": "picky", "instances": [text]}).encode()
            for text in ("a", "x" * 20, "b")
        ]
        return list(
            await asyncio.gather(*(send(toy.app, "POST", UPPERCASE, one) for one in bodies))
        )

    first, second, third = asyncio.run(together())
    assert first.json["predictions"][0]["echo"] == "a"
    assert_error(second, 400, "a text has 20 bytes")
    assert third.json["predictions"][0]["echo"] == "b"


def echo(arrays: Arrays) -> Arrays:
    return {"out": arrays["text"]}


def swap_before_submit(toy: Toy, folder: Path, *, num_swaps: int) -> None:
    """Makes a new version become active exactly before a request is queued, `num_swaps` times."""
    active = toy.registry.resolve("a")
    submit = active.queue.submit

    def late(signature: Signature, inputs: PredictInputs) -> Any:
        fake_folder(folder, f"a/{active.number + 1}")
        swap = threading.Thread(target=toy.registry.rescan)
        swap.start()
        swap.join(60)
        if num_swaps > 1:
            swap_before_submit(toy, folder, num_swaps=num_swaps - 1)
        return submit(signature, inputs)

    active.queue.submit = late  # type: ignore[method-assign]


@pytest.mark.parametrize(("num_swaps", "status"), [(1, 200), (4, 200), (5, 503)])
def test_a_swap_before_a_request_is_queued_is_not_visible(
    tmp_path: Path, num_swaps: int, status: int
):
    folder = fake_folder(tmp_path, "a/1")
    with serving(folder, loader=lambda _: fake_model(echo)) as toy:
        swap_before_submit(toy, folder, num_swaps=num_swaps)
        response = post(toy.app, "/v1/models/a:predict", body())
    assert response.status == status
    if status == 200:
        assert response.json == {"predictions": ["a"]}
    else:
        assert_error(response, 503, "a is being replaced")


def test_a_slow_request_does_not_keep_an_unloaded_model_in_memory(tmp_path: Path):
    folder = fake_folder(tmp_path, "a/1")
    with serving(folder, loader=lambda _: fake_model(echo)) as toy:
        active = toy.registry.resolve("a")
        active.model.loaded = "weights"
        fake_folder(folder, "a/2")
        toy.registry.rescan()
        assert active.model.loaded is None
