"""Ten thousand generated requests, most of them wrong: each gets a defined response."""

import asyncio
import json
import random
from collections import Counter
from pathlib import Path

from nlp_apps.server.limits import Limits
from tests.server.request_bodies import body, text
from tests.toy_server import (
    Response,
    fake_folder,
    post,
    send,
    serving,
    write_half_plus_two,
    write_uppercase,
)

NUM_REQUESTS = 10_000
CONCURRENT = 100
LIMITS = Limits(max_batch=16, max_rows=20, max_queue=5000, max_text_bytes=200, timeout=300)

MODELS = (
    "uppercase",
    "half_plus_two",
    "broken",
    "none",
    "",
    "..",
    "uppercase/versions/1",
    "a b",
    "é",
    "%2e",
)
VERBS = (":predict", ":predict", ":predict", ":predict", "", ":classify", "/metadata", "/card", ":")


def fitting(draw: random.Random) -> tuple[str, str, bytes]:
    """Returns a valid request, often with unusual texts."""
    count = draw.randrange(1, 9)
    texts = [text(draw) for _ in range(count)]
    seeds = [draw.randrange(9) for _ in range(count)]
    name, content = draw.choice(
        (
            ("uppercase", {"instances": texts}),
            ("uppercase", {"inputs": {"text": texts}, "signature_name": "letters"}),
            (
                "uppercase",
                {"inputs": {"text": texts, "seed": seeds}, "signature_name": "parameters"},
            ),
            ("half_plus_two", {"instances": [[seed] for seed in seeds]}),
            ("half_plus_two", {"inputs": count, "signature_name": "count"}),
        )
    )
    return "POST", f"/v1/models/{name}:predict", json.dumps(content).encode()


def request(draw: random.Random) -> tuple[str, str, bytes]:
    """Returns method, path and body."""
    if draw.random() < 0.4:
        return fitting(draw)
    path = f"/v1/models/{draw.choice(MODELS[:2] if draw.random() < 0.85 else MODELS)}"
    path += draw.choice(VERBS if draw.random() < 0.3 else VERBS[:1])
    if draw.random() < 0.02:
        path = "/" + text(draw).encode("utf-8", "replace").decode()
    method = "POST" if draw.random() < 0.9 else draw.choice(("GET", "PUT", "OPTIONS", "HEAD"))
    return method, path, body(draw)


def test_ten_thousand_requests_get_defined_responses_and_leave_the_server_intact(tmp_path: Path):
    write_uppercase(tmp_path / "uppercase" / "1")
    write_half_plus_two(tmp_path / "half_plus_two" / "1")
    fake_folder(tmp_path, "broken/1")
    draw = random.Random(20261121)
    requests = [request(draw) for _ in range(NUM_REQUESTS)]
    with serving(tmp_path, LIMITS) as toy:

        async def send_all() -> list[Response]:
            responses: list[Response] = []
            for start in range(0, NUM_REQUESTS, CONCURRENT):
                some = requests[start : start + CONCURRENT]
                responses += await asyncio.gather(*(send(toy.app, *one) for one in some))
            return responses

        responses = asyncio.run(send_all())
        response = post(toy.app, "/v1/models/uppercase:predict", {"instances": ["intact"]})
        assert response.json == {"predictions": [{"length": 6, "upper": "INTACT"}]}

    for (method, path, data), response in zip(requests, responses, strict=True):
        shown = (method, path, data[:300], response)
        assert response.status in (200, 307, 400, 404, 413), shown
        if method == "HEAD":
            assert response.body == b"", shown
        elif response.status in (400, 404, 413):
            assert list(response.json) == ["error"], shown
            assert len(response.body) < 1000, shown
            for secret in (b"Traceback", b".py", b"tensorflow", b"numpy", bytes(tmp_path)):
                assert secret not in response.body, shown
    statuses = Counter(response.status for response in responses)
    assert statuses[200] > NUM_REQUESTS // 5, statuses  # Many requests are valid.
    assert statuses[400] > NUM_REQUESTS // 5, statuses
