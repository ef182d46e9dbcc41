"""Toy SavedModels, and clients inside and outside of this process, for the server tests."""

import asyncio
import contextlib
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from nlp_apps.server.address import bind, url_of
from nlp_apps.server.app import create_app
from nlp_apps.server.limits import Limits
from nlp_apps.server.loaded_model import LoadedModel
from nlp_apps.server.middleware import App
from nlp_apps.server.model_signatures import Arrays, Signature, Tensor
from nlp_apps.server.process import Server
from nlp_apps.server.prometheus import Metrics
from nlp_apps.server.registry import ModelRegistry

TEXTS = tf.TensorSpec([None], tf.string, name="text")


class Uppercase(tf.Module):
    """Upper case, with a prefix that identifies the version."""

    def __init__(self, mark: str = "") -> None:
        super().__init__()
        self.mark = tf.constant(mark)

    @tf.function(input_signature=[TEXTS])
    def uppercase(self, text: Any) -> dict[str, Any]:
        # Bytes: with encoding="utf-8" TensorFlow ends a text at its first NUL.
        upper = tf.strings.join([self.mark, tf.strings.upper(text)])
        return {"upper": upper, "length": tf.strings.length(text, unit="UTF8_CHAR")}

    @tf.function(input_signature=[TEXTS])
    def letters(self, text: Any) -> dict[str, Any]:
        return {"letters": tf.strings.unicode_split(text, "UTF-8").to_tensor("")}

    @tf.function(input_signature=[TEXTS])
    def picky(self, text: Any) -> dict[str, Any]:
        length = tf.strings.length(text)
        checks = [
            tf.debugging.Assert(tf.reduce_all(length != 20), ["a text has 20 bytes"]),
            tf.debugging.assert_less(length, 30),
        ]
        with tf.control_dependencies(checks):
            return {"echo": tf.identity(text), "echo_bytes": tf.identity(text)}

    @tf.function(
        input_signature=[
            TEXTS,
            tf.TensorSpec([None], tf.float32, name="temperature"),
            tf.TensorSpec([None], tf.int64, name="seed"),
            tf.TensorSpec([None], tf.bool, name="loud"),
        ]
    )
    def parameters(
        self,
        text: Any,
        # TensorFlow exports these as the defaults of the signature.
        temperature: Any = tf.constant([0.5]),  # noqa: B008
        seed: Any = tf.constant([7], tf.int64),  # noqa: B008
        loud: Any = tf.constant([False]),  # noqa: B008
    ) -> dict[str, Any]:
        said = tf.where(loud, tf.strings.upper(text), text)
        numbers = [tf.strings.as_string(temperature, precision=2), tf.strings.as_string(seed)]
        return {"said": tf.strings.join([said, *numbers], "|")}


class HalfPlusTwo(tf.Module):
    """TF Serving's example, and signatures with outputs that have no batch dimension."""

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, name="x")])
    def half_plus_two(self, x: Any) -> dict[str, Any]:
        return {"y": x * 0.5 + 2.0}

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, name="x")])
    def labelled(self, x: Any) -> dict[str, Any]:
        return {"y": x, "labels": tf.constant(["low", "high"])}

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32, name="n")])
    def count(self, n: Any) -> dict[str, Any]:
        return {"numbers": tf.range(n)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, name="turns")])
    def slow(self, turns: Any) -> dict[str, Any]:
        # Some microseconds per turn, more on a busy machine.
        total = tf.constant(0.0)
        for _ in tf.range(tf.reduce_max(turns)):
            total = tf.sin(total + 1.0)
        return {"turns": turns + tf.cast(total * 0.0, tf.int32)}


def write_uppercase(version: Path, mark: str = "") -> None:
    """Writes a version of `Uppercase` and renames it when it is complete."""
    module = Uppercase(mark)
    signatures = {
        "serving_default": module.uppercase,
        "letters": module.letters,
        "picky": module.picky,
        "parameters": module.parameters,
    }
    _write(module, signatures, version, {"task": "translation", "languages": ["en", "EN"]})


def write_half_plus_two(version: Path) -> None:
    """Writes a version of `HalfPlusTwo`."""
    module = HalfPlusTwo()
    signatures = {
        "serving_default": module.half_plus_two,
        "labelled": module.labelled,
        "count": module.count,
        "slow": module.slow,
    }
    _write(module, signatures, version, None)


class Endless(tf.Module):
    """Never returns, not even from its warm-up call."""

    @tf.function(input_signature=[TEXTS])
    def endless(self, text: Any) -> dict[str, Any]:
        turns = tf.strings.length(text)
        while tf.reduce_all(turns >= 0):
            turns = (turns + 1) % 1000
        return {"turns": turns}


def write_endless(version: Path) -> None:
    """Writes a version of `Endless`."""
    module = Endless()
    _write(module, {"serving_default": module.endless}, version, None)


def _write(
    module: tf.Module, signatures: Mapping[str, Any], version: Path, card: Mapping[str, Any] | None
) -> None:
    """Writes a SavedModel under a temporary name, and renames it."""
    temporary = version.with_name(f".{version.name}")
    tf.saved_model.save(module, str(temporary), signatures=signatures)
    if card is not None:
        (temporary / "assets.extra").mkdir()
        (temporary / "assets.extra" / "nlp_apps.json").write_text(json.dumps(card))
    temporary.rename(version)


def texts_signature(*, mergeable: bool = True, name: str = "serving_default") -> Signature:
    """Returns a signature of one text per row and one output per row."""
    shape = (None,) if mergeable else (None, None)
    return Signature(
        name, {"text": Tensor("text", "string", (None,))}, {"out": Tensor("out", "string", shape)}
    )


def fake_model(run: Callable[[Arrays], Arrays]) -> LoadedModel:
    """Returns a loaded model that calls a Python function."""

    class Fake(LoadedModel):
        def run(self, signature: Signature, arrays: Arrays) -> Arrays:
            return run(arrays)

    return Fake({"serving_default": texts_signature()}, {}, {}, None)


def fake_folder(folder: Path, *versions: str) -> Path:
    """Makes NAME/VERSION folders with an empty saved_model.pb."""
    for version in versions:
        (folder / version).mkdir(parents=True)
        (folder / version / "saved_model.pb").write_bytes(b"")
    return folder


class Response(NamedTuple):
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def send(
    app: App,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    gone: asyncio.Event | None = None,
) -> Response:
    """Sends a request to an app in this process; the client disconnects when `gone` is set."""
    unread = [{"type": "http.request", "body": body, "more_body": False}]
    messages: list[Any] = []

    async def receive() -> Any:
        if unread:
            return unread.pop()
        await (gone or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    async def collect(message: Any) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "replace"),
        "query_string": b"",
        "root_path": "",
        "headers": [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8501),
    }
    await app(scope, receive, collect)
    start = messages[0]
    return Response(
        start["status"],
        {key.decode(): value.decode() for key, value in start["headers"]},
        b"".join(message.get("body", b"") for message in messages[1:]),
    )


def get(app: App, path: str, headers: Mapping[str, str] | None = None) -> Response:
    """Sends a GET request to an app in this process."""
    return asyncio.run(send(app, "GET", path, headers=headers))


def post(app: App, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Sends a POST request, with bytes or JSON, to an app in this process."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return asyncio.run(send(app, "POST", path, data, headers))


class Toy(NamedTuple):
    """An app, its models and its metrics."""

    app: App
    registry: ModelRegistry
    metrics: Metrics


@contextlib.contextmanager
def serving(folder: Path, limits: Limits | None = None, **settings: Any) -> Iterator[Toy]:
    """Yields an app in this process whose models are loaded."""
    limits = limits or Limits()
    metrics = Metrics()
    token, modules = settings.pop("token", None), settings.pop("node_modules", None)
    registry = ModelRegistry(folder, limits, metrics, **settings)
    try:
        registry.rescan()
        # The host of requests that tests write byte by byte.
        app = create_app(
            registry, limits, metrics, token, node_modules=modules, allowed_hosts=["x"]
        )
        yield Toy(app, registry, metrics)
    finally:
        registry.stop()


@contextlib.contextmanager
def listening(app: App, limits: Limits | None = None, service: Any = None) -> Iterator[str]:
    """Yields the URL of an app that listens on a free port; a gRPC service runs beside it."""
    server = Server(app, limits or Limits(), service)
    with bind("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            until(lambda: server.started)
            yield url_of(listener)
        finally:
            server.should_exit = True
            thread.join()


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Ignores the proxies of the environment."""


def fetch(
    url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Sends GET, or POST if there is a body."""
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}))
    try:
        with OPENER.open(request, timeout=60) as found:
            return Response(found.status, dict(found.headers.items()), found.read())
    except urllib.error.HTTPError as error:
        with error:
            return Response(error.code, dict(error.headers.items()), error.read())


def texts(*values: str) -> np.ndarray[Any, Any]:
    """Returns texts as an array of bytes, as TensorFlow does."""
    return np.array([value.encode() for value in values], dtype=object)


def until(condition: Callable[[], bool]) -> None:
    """Waits until another thread makes a condition true."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true within 60 s"
        time.sleep(0.002)
