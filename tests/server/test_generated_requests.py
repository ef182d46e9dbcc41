"""Ten thousand generated requests, most of them wrong: each gets a defined response."""

import asyncio
import json
import random
import string
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nlp_apps.server.limits import Limits
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
SIGNATURES = ("serving_default", "letters", "picky", "parameters", "labelled", "count", "", "none")
INPUTS = ("text", "x", "n", "seed", "temperature", "loud", "", "b64", "no")
ODD_TEXTS = ("", "\0", "a\0b", "\ud800", "\U0001f600", "x" * 250, "ß\u0301", "'\"\\", "\x7f", "NaN")
ODD_NUMBERS = (
    0,
    -1,
    2**31,
    2**63,
    2**64,
    10**30,
    0.1,
    -0.0,
    1e39,
    1e308,
    float("nan"),
    float("inf"),
)


def text(draw: random.Random) -> str:
    """Returns a text, often an unusual one."""
    if draw.random() < 0.3:
        return draw.choice(ODD_TEXTS)
    return "".join(draw.choices(string.printable, k=draw.randrange(35)))


def leaf(draw: random.Random) -> Any:
    """Returns a JSON value that is no list and no object."""
    makers: tuple[Callable[[], Any], ...] = (
        lambda: text(draw),
        lambda: draw.choice(ODD_NUMBERS),
        lambda: draw.randrange(-5, 5),
        lambda: draw.choice((True, False, None)),
        lambda: {"b64": draw.choice(("YQ==", "/w==", "?", "", "YQ", 1))},
    )
    return draw.choice(makers)()


def value(draw: random.Random, depth: int = 0) -> Any:
    """Returns any JSON value."""
    if depth > 3 or draw.random() < 0.5:
        return leaf(draw)
    if draw.random() < 0.6:
        return [value(draw, depth + 1) for _ in range(draw.randrange(4))]
    return {draw.choice(INPUTS): value(draw, depth + 1) for _ in range(draw.randrange(3))}


def rows(draw: random.Random) -> Any:
    """Returns rows, often valid ones."""
    count = draw.choice((0, 1, 1, 2, 3, 20, 21))
    makers: tuple[Callable[[], Any], ...] = (
        lambda: [text(draw) for _ in range(count)],
        lambda: [{"text": text(draw), "seed": draw.randrange(9)} for _ in range(count)],
        lambda: [[draw.random()] for _ in range(count)],
        lambda: [value(draw) for _ in range(count)],
        lambda: value(draw),
    )
    return draw.choice(makers)()


def columns(draw: random.Random) -> Any:
    """Returns columns, often valid ones."""
    count = draw.choice((0, 1, 2, 3, 20, 21))
    makers: tuple[Callable[[], Any], ...] = (
        lambda: [text(draw) for _ in range(count)],
        lambda: {"text": [text(draw) for _ in range(count)], "loud": [True]},
        lambda: {"x": [[draw.random()] for _ in range(count)]},
        lambda: draw.randrange(-2, 9),
        lambda: value(draw),
    )
    return draw.choice(makers)()


def body(draw: random.Random) -> bytes:
    """Returns a body: mostly JSON, mostly with valid keys."""
    if draw.random() < 0.05:
        return draw.randbytes(draw.randrange(40))
    if draw.random() < 0.02:
        return draw.choice((b"[", b'{"instances":', b'[{"a":')) * draw.randrange(5000)
    content: Any = {}
    if draw.random() < 0.7:
        content["signature_name"] = draw.choice(SIGNATURES)
    if draw.random() < 0.05:
        content["signature_name"] = value(draw)
    if draw.random() < 0.6:
        content["instances"] = rows(draw)
    if "instances" not in content or draw.random() < 0.05:
        content["inputs"] = columns(draw)
    data = json.dumps(content if draw.random() < 0.97 else value(draw)).encode()
    if draw.random() < 0.05:  # Truncated, or with a wrong byte.
        place = draw.randrange(len(data) + 1)
        data = draw.choice((data[:place], data[:place] + draw.randbytes(1) + data[place + 1 :]))
    return data


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
