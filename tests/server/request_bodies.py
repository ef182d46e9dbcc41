"""Generated JSON bodies of predict requests, most of them wrong."""

import json
import random
import string
from collections.abc import Callable
from typing import Any

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
